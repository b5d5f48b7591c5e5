// The lines of a Qibixx box as ears on the bus: both directions, block by block, without a checksum and with
// the time. The blocks themselves are read in mdb/.
import { answerBlock, answerControl, type BusByte, commandBlock, masterControl } from './mdb/bus.ts'

export interface Sniffed {
  readonly from: 'machine' | 'peripheral'
  /** As it was on the bus; the box has taken checksum and mode bits away, and here they are again. */
  readonly bytes: readonly BusByte[]
  /** The box's own clock, in 0.1 ms. */
  readonly atTenths: number
  /** The box says that something was wrong with it. */
  readonly faulty: boolean
}

export function writeSniffer(on: boolean): string {
  return `X,${on ? 1 : 0}`
}

export const snifferAccepted = 'x,ACK'

/** Status: bit 7 tells who spoke, all others what was wrong. */
const fromPeripheral = 0x80

/** Total: undefined for what is no line of the sniffer. */
export function readSniffed(text: string): Sniffed | undefined {
  const pattern = /^x,([0-9A-Fa-f]{2}),(\d{1,10}),([0-9A-Fa-f]{2})?,?((?:[0-9A-Fa-f]{2})*|ACK|NAK|RET)$/
  const [, status, atTenths, command = '', data = ''] = pattern.exec(text) ?? []
  if (status === undefined || command + data === '') return undefined
  const bits = Number.parseInt(status, 16)
  const from = bits & fromPeripheral ? 'peripheral' : 'machine'
  return {
    from,
    bytes: blockOf(from, command, data),
    atTenths: Number(atTenths),
    faulty: (bits & ~fromPeripheral) !== 0,
  }
}

export function writeSniffed({ from, bytes, atTenths, faulty }: Sniffed): string {
  const status = (from === 'peripheral' ? fromPeripheral : 0) | (faulty ? 1 : 0)
  const data = bytes.slice(0, -1).map(hex)
  const control = bytes.length === 1 ? controlName(bytes[0] ?? 0) : undefined
  const [command = '', ...rest] = data
  const words = control
    ? `,${control}`
    : from === 'machine'
      ? `${command},${rest.join('')}`
      : `,${data.join('')}`
  return `x,${hex(status)},${String(atTenths).padStart(10, '0')},${words}`
}

function blockOf(from: Sniffed['from'], command: string, data: string): BusByte[] {
  if (data === 'ACK' || data === 'NAK' || data === 'RET') {
    const control = data.toLowerCase() as 'ack' | 'nak' | 'ret'
    return from === 'machine' || control === 'ret' ? masterControl(control) : answerControl(control)
  }
  const bytes = [...Buffer.from(command + data, 'hex')]
  return from === 'machine' ? commandBlock(bytes) : answerBlock(bytes)
}

function controlName(byte: BusByte): string | undefined {
  return ({ 0: 'ACK', 255: 'NAK', 170: 'RET' } as Record<number, string>)[byte & 0xff]
}

function hex(byte: number): string {
  return (byte & 0xff).toString(16).toUpperCase().padStart(2, '0')
}
