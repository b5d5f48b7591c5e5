// The part of SMPP 3.4 that we speak, as one table: every command with its fields in the order of the wire,
// their kinds and their longest forms (clause 4 of the specification), statuses and optional parameters that
// mean something to us. codec.ts reads and writes by it; nothing here is a function of bytes.

/** `octet`: one byte. `text`: ended by NUL, `longest` with it. `message`: one byte of length, then bytes. */
interface Octet {
  readonly kind: 'octet'
}
interface Text {
  readonly kind: 'text'
  readonly longest: number
}
interface Message {
  readonly kind: 'message'
}
export type Field = Octet | Text | Message

const octet: Octet = { kind: 'octet' }
const text = (longest: number): Text => ({ kind: 'text', longest })
const message: Message = { kind: 'message' }

const bind = {
  systemId: text(16),
  password: text(9),
  systemType: text(13),
  interfaceVersion: octet,
  addressTon: octet,
  addressNpi: octet,
  addressRange: text(41),
}
const bound = { systemId: text(16) }
const addresses = (longest: number) => ({
  serviceType: text(6),
  sourceTon: octet,
  sourceNpi: octet,
  source: text(longest),
  destinationTon: octet,
  destinationNpi: octet,
  destination: text(longest),
  esmClass: octet,
})
const shortMessage = {
  ...addresses(21),
  protocolId: octet,
  priority: octet,
  scheduled: text(17),
  validity: text(17),
  registeredDelivery: octet,
  replaceIfPresent: octet,
  dataCoding: octet,
  cannedMessage: octet,
  shortMessage: message,
}
const taken = { messageId: text(65) }

export const commands = {
  genericNack: { id: 0x8000_0000, fields: {} },
  bindReceiver: { id: 0x01, fields: bind },
  bindReceiverResp: { id: 0x8000_0001, fields: bound },
  bindTransmitter: { id: 0x02, fields: bind },
  bindTransmitterResp: { id: 0x8000_0002, fields: bound },
  submitSm: { id: 0x04, fields: shortMessage },
  submitSmResp: { id: 0x8000_0004, fields: taken },
  deliverSm: { id: 0x05, fields: shortMessage },
  deliverSmResp: { id: 0x8000_0005, fields: taken },
  unbind: { id: 0x06, fields: {} },
  unbindResp: { id: 0x8000_0006, fields: {} },
  bindTransceiver: { id: 0x09, fields: bind },
  bindTransceiverResp: { id: 0x8000_0009, fields: bound },
  enquireLink: { id: 0x15, fields: {} },
  enquireLinkResp: { id: 0x8000_0015, fields: {} },
  dataSm: { id: 0x103, fields: { ...addresses(65), registeredDelivery: octet, dataCoding: octet } },
  dataSmResp: { id: 0x8000_0103, fields: taken },
} as const satisfies Record<string, { readonly id: number; readonly fields: Readonly<Record<string, Field>> }>

export type CommandName = keyof typeof commands

type ValueOf<F> = F extends Octet ? number : F extends Text ? string : Uint8Array
export type BodyOf<Name extends CommandName> = {
  readonly [Key in keyof (typeof commands)[Name]['fields']]: ValueOf<(typeof commands)[Name]['fields'][Key]>
}
/** Optional parameters by tag, in the order of the wire; of one that is repeated the first. */
export type Tlvs = ReadonlyMap<number, Uint8Array>

export type PduOf<Name extends CommandName> = {
  readonly [Each in Name]: {
    readonly command: Each
    /** 0 in a request, and in an answer that says yes. */
    readonly status: number
    readonly sequence: number
    readonly body: BodyOf<Each>
    readonly tlvs: Tlvs
  }
}[Name]
export type Pdu = PduOf<CommandName>

/** A request that is answered. */
export type RequestName = Exclude<CommandName, 'genericNack' | `${string}Resp`>

export const status = {
  ok: 0,
  invalidCommandLength: 0x02,
  invalidCommandId: 0x03,
  wrongBindState: 0x04,
  alreadyBound: 0x05,
  systemError: 0x08,
  bindFailed: 0x0d,
  invalidPassword: 0x0e,
  invalidSystemId: 0x0f,
  queueFull: 0x14,
  throttled: 0x58,
  /** Of a receiver: come again, never come again. */
  temporaryError: 0x64,
  permanentError: 0x65,
} as const

export const tag = {
  userMessageReference: 0x0204,
  sarReference: 0x020c,
  sarTotal: 0x020e,
  sarNumber: 0x020f,
  scInterfaceVersion: 0x0210,
  receiptedMessageId: 0x001e,
  messagePayload: 0x0424,
  messageState: 0x0427,
  ussdServiceOp: 0x0501,
  itsSessionInfo: 0x1383,
} as const

/** Bits of `esmClass`: what a message is (the type in bits 5 to 2), and whether a header comes before it. */
export const esm = { typeBits: 0x3c, receipt: 0x04, intermediate: 0x20, userDataHeader: 0x40 } as const

/** Values of `ussd_service_op`; the abort is a vendor's. */
export const ussdOperation = {
  begin: 1,
  menu: 2,
  notify: 3,
  last: 17,
  answer: 18,
  notified: 19,
  abort: 129,
} as const

export const noTlvs: Tlvs = new Map()

const shortMessageDefaults: BodyOf<'submitSm'> = {
  serviceType: '',
  sourceTon: 0,
  sourceNpi: 0,
  source: '',
  destinationTon: 0,
  destinationNpi: 0,
  destination: '',
  esmClass: 0,
  protocolId: 0,
  priority: 0,
  scheduled: '',
  validity: '',
  registeredDelivery: 0,
  replaceIfPresent: 0,
  dataCoding: 0,
  cannedMessage: 0,
  shortMessage: new Uint8Array(),
}

/** The body of a submit_sm or deliver_sm: whatever is not said is empty or 0. */
export function shortMessageBody(said: Partial<BodyOf<'submitSm'>>): BodyOf<'submitSm'> {
  return { ...shortMessageDefaults, ...said }
}
