// Delivery receipts: what a centre says of a text we sent, in the text of a deliver_sm (appendix B of the
// specification), in optional parameters, or both; the parameters count where both speak.
import { type Tlvs, tag } from './commands.ts'

export interface DeliveryReceipt {
  /** As the centre wrote it; which base and padding it chose only a comparison shows (`sameId`). */
  readonly messageId: string
  readonly what: 'delivered' | 'failed' | 'onItsWay'
  /** `DELIVRD`, `EXPIRED`: the centre's word. */
  readonly state: string
  /** The network's own error, as it stands; empty when none is named. */
  readonly error: string
}

/** Three figures, with most; a log needs no more. */
const longestError = 8

/** `message_state` of clause 5.2.28, and how the text of a receipt calls it. */
const states = ['', 'ENROUTE', 'DELIVRD', 'EXPIRED', 'DELETED', 'UNDELIV', 'ACCEPTD', 'UNKNOWN', 'REJECTD']

/** Undefined when it names no message or no state. */
export function readReceipt(text: string, tlvs: Tlvs): DeliveryReceipt | undefined {
  const state = states[tlvs.get(tag.messageState)?.[0] ?? 0] || wordAfter(text, 'stat').toUpperCase()
  const named = tlvs.get(tag.receiptedMessageId)
  const messageId = (named && cString(named)) || wordAfter(text, 'id')
  const what = meaningOf(state)
  if (messageId === '' || messageId.length > 65 || !what) return undefined
  return { messageId, what, state, error: wordAfter(text, 'err').slice(0, longestError) }
}

/** As the specification's appendix B lays it out. @param stamp `YYMMDDhhmm` */
export function writeReceipt({ messageId, state, error }: DeliveryReceipt, stamp: string): string {
  const delivered = state === 'DELIVRD' ? '001' : '000'
  return (
    `id:${messageId} sub:001 dlvrd:${delivered} submit date:${stamp} done date:${stamp} ` +
    `stat:${state} err:${error || '000'} text:`
  )
}

/** How sure it is that two ids are one: the same figures, or one read as hexadecimal and one as decimal. */
export function sameId(answered: string, receipted: string): 'surely' | 'inAnotherBase' | 'no' {
  if (bare(answered) === bare(receipted)) return 'surely'
  const crossed =
    (isDecimal(receipted) && figuresOf(answered, 16) === figuresOf(receipted, 10)) ||
    (isDecimal(answered) && figuresOf(answered, 10) === figuresOf(receipted, 16))
  return crossed ? 'inAnotherBase' : 'no'
}

/** Without padding and case. */
export function bare(id: string): string {
  return id
    .trim()
    .toLowerCase()
    .replace(/^0+(?=.)/, '')
}

function isDecimal(id: string): boolean {
  return /^\d+$/.test(bare(id))
}

/** @returns different texts for ids that are no figures of the base */
function figuresOf(id: string, base: 10 | 16): string {
  const figures = bare(id)
  if (!(base === 16 ? /^[0-9a-f]{1,65}$/ : /^\d{1,65}$/).test(figures)) return `${base} ${figures}`
  return String(BigInt(base === 16 ? `0x${figures}` : figures))
}

function meaningOf(state: string): DeliveryReceipt['what'] | undefined {
  switch (state) {
    case 'DELIVRD':
      return 'delivered'
    case 'ENROUTE':
    case 'ACCEPTD':
    case 'UNKNOWN':
      return 'onItsWay'
    case 'EXPIRED':
    case 'DELETED':
    case 'UNDELIV':
    case 'REJECTD':
      return 'failed'
    default:
      return undefined
  }
}

/**
 * `id:` and its sisters, the first of each; the last field is the buyer's own text and is never looked at.
 */
function wordAfter(text: string, name: string): string {
  const [fields = ''] = text.split(/\btext:/i)
  return new RegExp(`(?:^|\\s)${name}:([^\\s]+)`, 'i').exec(fields)?.[1] ?? ''
}

function cString(value: Uint8Array): string {
  const end = value.indexOf(0)
  return Buffer.from(end < 0 ? value : value.subarray(0, end)).toString('latin1')
}
