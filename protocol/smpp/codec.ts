// Reads and writes single PDUs by the table of commands. Reading is total: any bytes give a PDU or a typed
// error, never a throw and never a value from beyond the PDU's own end. Where a PDU ends in a stream is
// pdu-splitter.ts.
import { type CommandName, commands, type Field, type Pdu, type PduOf } from './commands.ts'

/** `unknown`: no such command here. `layout`: its fields or parameters do not read. */
export type PduError = {
  readonly error: 'tooShort' | 'unknown' | 'layout'
  readonly id: number
  readonly sequence: number
}
export type ReadPdu = { readonly ok: true; readonly pdu: Pdu } | ({ readonly ok: false } & PduError)

export const headerLength = 16
/** Texts are read even where a centre makes them longer than the specification does. */
const longestRead = 256

const names = new Map<number, CommandName>(
  Object.entries(commands).map(([name, { id }]) => [id, name as CommandName]),
)
const layouts = new Map(
  Object.entries(commands).map(([name, { fields }]) => [
    name,
    Object.entries(fields) as readonly (readonly [string, Field])[],
  ]),
)

/** Whether an id is that of an answer. */
export function isAnswer(id: number): boolean {
  return id >= 0x8000_0000
}

/** @param frame one whole PDU, its length octets included and not looked at again */
export function readPdu(frame: Uint8Array): ReadPdu {
  const bytes = Buffer.from(frame.buffer, frame.byteOffset, frame.byteLength)
  if (bytes.length < headerLength) return { ok: false, error: 'tooShort', id: 0, sequence: 0 }
  const id = bytes.readUInt32BE(4)
  const status = bytes.readUInt32BE(8)
  const sequence = bytes.readUInt32BE(12)
  const command = names.get(id)
  if (command === undefined) return { ok: false, error: 'unknown', id, sequence }
  const body: Record<string, number | string | Uint8Array> = {}
  // An answer that says no has no fields that count; with some centres neither has any other answer.
  const isBare = isAnswer(id) && (status !== 0 || bytes.length === headerLength)
  let at = headerLength
  for (const [name, field] of layouts.get(command) ?? []) {
    const read = isBare ? { value: emptyOf(field), next: at } : readField(bytes, at, field)
    if (!read) return { ok: false, error: 'layout', id, sequence }
    body[name] = read.value
    at = read.next
  }
  const tlvs = isBare ? new Map<number, Uint8Array>() : readTlvs(bytes, at)
  if (!tlvs) return { ok: false, error: 'layout', id, sequence }
  // The table gave the names and kinds that the type of this command promises.
  return { ok: true, pdu: { command, status, sequence, body, tlvs } as Pdu }
}

function readField(bytes: Buffer, at: number, field: Field) {
  switch (field.kind) {
    case 'octet':
      return at < bytes.length ? { value: bytes[at] ?? 0, next: at + 1 } : undefined
    case 'text': {
      const end = bytes.indexOf(0, at)
      if (end < 0 || end - at > longestRead) return undefined
      return { value: bytes.toString('latin1', at, end), next: end + 1 }
    }
    case 'message': {
      const length = bytes[at]
      if (length === undefined || at + 1 + length > bytes.length) return undefined
      return { value: Uint8Array.from(bytes.subarray(at + 1, at + 1 + length)), next: at + 1 + length }
    }
  }
}

function emptyOf({ kind }: Field): number | string | Uint8Array {
  return kind === 'octet' ? 0 : kind === 'text' ? '' : new Uint8Array()
}

function readTlvs(bytes: Buffer, from: number): Map<number, Uint8Array> | undefined {
  const tlvs = new Map<number, Uint8Array>()
  let at = from
  while (at < bytes.length) {
    if (at + 4 > bytes.length) return undefined
    const tag = bytes.readUInt16BE(at)
    const length = bytes.readUInt16BE(at + 2)
    if (at + 4 + length > bytes.length) return undefined
    if (!tlvs.has(tag)) tlvs.set(tag, Uint8Array.from(bytes.subarray(at + 4, at + 4 + length)))
    at += 4 + length
  }
  return tlvs
}

/** @throws RangeError when a value does not fit its field: that is a mistake of ours, never of the peer */
export function writePdu<Name extends CommandName>(pdu: PduOf<Name>): Buffer {
  const { id } = commands[pdu.command]
  const body = pdu.body as Readonly<Record<string, number | string | Uint8Array>>
  const pieces: Uint8Array[] = [Buffer.alloc(headerLength)]
  // Clause 4: an answer that says no has no body.
  const isRefusal = isAnswer(id) && pdu.status !== 0
  const fields = isRefusal ? [] : (layouts.get(pdu.command) ?? [])
  for (const [name, field] of fields) pieces.push(writeField(name, body[name], field))
  for (const [tag, value] of isRefusal ? [] : pdu.tlvs) {
    const head = Buffer.alloc(4)
    head.writeUInt16BE(tag, 0)
    head.writeUInt16BE(value.length, 2)
    pieces.push(head, value)
  }
  const whole = Buffer.concat(pieces)
  whole.writeUInt32BE(whole.length, 0)
  whole.writeUInt32BE(id, 4)
  whole.writeUInt32BE(pdu.status, 8)
  whole.writeUInt32BE(pdu.sequence, 12)
  return whole
}

function writeField(name: string, value: number | string | Uint8Array | undefined, field: Field): Buffer {
  if (field.kind === 'octet' && typeof value === 'number' && value >= 0 && value <= 255) {
    return Buffer.from([value])
  }
  if (field.kind === 'text' && typeof value === 'string') {
    const octets = Buffer.from(value, 'latin1')
    if (octets.length < field.longest && !octets.includes(0)) return Buffer.concat([octets, Buffer.alloc(1)])
  }
  if (field.kind === 'message' && value instanceof Uint8Array && value.length <= 254) {
    return Buffer.concat([Buffer.from([value.length]), value])
  }
  throw new RangeError(`the field ${name} does not fit a PDU`)
}
