// The lines of a Qibixx box as generic master of the bus: the host says which block goes to which
// peripheral, the box does the exchange - checksum, mode bits, ACK of data - and says what came back. Which
// blocks there are is in mdb/; the box as a cashless reader is qibixx.ts, whose `V`, `H` and `F,RESET` hold
// here too.
import { longestBlock } from './mdb/bus.ts'

export type MasterHostLine =
  /** From here on the box is master of the bus, or no longer. */
  | { readonly type: 'master'; readonly on: boolean }
  /** One exchange: the first byte of the block with the command's bits, then its data, without checksum. */
  | { readonly type: 'exchange'; readonly command: number; readonly data: readonly number[] }
  /** The transmit line is held active for 100 ms (MDB 4.2, 3): every peripheral starts anew. */
  | { readonly type: 'busReset' }

/** `silence`: nothing that could be read, or a NAK. Whether the command was carried out nobody knows. */
export type MasterAnswer = 'ack' | 'silence' | readonly number[]

export type MasterBoxLine =
  | { readonly type: 'mastered'; readonly accepted: boolean }
  | { readonly type: 'exchanged'; readonly answer: MasterAnswer }

/** Total: undefined for what is none of these lines. */
export function readMasterHostLine(text: string): MasterHostLine | undefined {
  if (text === 'R,RESET') return { type: 'busReset' }
  const [, on] = /^M,([01])$/.exec(text) ?? []
  if (on !== undefined) return { type: 'master', on: on === '1' }
  const [, command, hex = ''] = /^R,([0-9A-Fa-f]{2})(?:,((?:[0-9A-Fa-f]{2})+))?$/.exec(text) ?? []
  const data = bytesOf(hex)
  if (command === undefined || data.length > longestBlock - 2) return undefined
  return { type: 'exchange', command: Number.parseInt(command, 16), data }
}

/** Without the line's end. */
export function writeMasterHostLine(line: MasterHostLine): string {
  if (line.type === 'busReset') return 'R,RESET'
  if (line.type === 'master') return `M,${line.on ? 1 : 0}`
  return line.data.length === 0
    ? `R,${hexOf([line.command])}`
    : `R,${hexOf([line.command])},${hexOf(line.data)}`
}

/** Total: undefined for what is none of these lines. */
export function readMasterBoxLine(text: string): MasterBoxLine | undefined {
  const [, accepted] = /^m,(N?ACK)$/.exec(text) ?? []
  if (accepted !== undefined) return { type: 'mastered', accepted: accepted === 'ACK' }
  const [, word, hex = ''] = /^p,(?:(N?ACK)|((?:[0-9A-Fa-f]{2})+))$/.exec(text) ?? []
  if (word !== undefined) return { type: 'exchanged', answer: word === 'ACK' ? 'ack' : 'silence' }
  const data = bytesOf(hex)
  return data.length === 0 || data.length > longestBlock - 1 ? undefined : { type: 'exchanged', answer: data }
}

/** Without the line's end. */
export function writeMasterBoxLine(line: MasterBoxLine): string {
  if (line.type === 'mastered') return `m,${line.accepted ? 'ACK' : 'NACK'}`
  if (line.answer === 'ack') return 'p,ACK'
  return line.answer === 'silence' ? 'p,NACK' : `p,${hexOf(line.answer)}`
}

function bytesOf(hex: string): number[] {
  return [...Buffer.from(hex, 'hex')]
}

function hexOf(bytes: readonly number[]): string {
  return Buffer.from(bytes).toString('hex').toUpperCase()
}
