// What a sale remembers between two events, and the pure questions its chart asks of that memory. Plain JSON:
// it is stored with the snapshot. Phones appear as subscriber ids only.
import type { Currency } from '@concilia/protocol/money.ts'
import type { ConsentProof, UndoReason } from './payments/port.ts'
import type { PhoneInSale, SaleEvent } from './sale-events.ts'

/** A sale begins with its offer. */
export interface SaleInput {
  readonly saleId: string
  readonly automatonId: string
  readonly machineNumber: string
  readonly seller: string
  readonly item: number
  readonly offerHash: string
  readonly slip: string
  readonly amountMinor: number
  readonly currency: Currency
  readonly waitMs: number
  /** Server time at which the offer arrived. */
  readonly offeredAt: number
  /** How this centre charges: at once, or by a hold that delivery confirms. */
  readonly charge: 'debit' | 'hold'
}

export interface SaleContext extends Omit<SaleInput, 'charge'> {
  /**
   * `none` once a hold is known to be gone. A debit that the centre wants validated is a hold until
   * confirmed.
   */
  readonly charge: 'debit' | 'hold' | 'none'
  readonly phones: readonly PhoneInSale[]
  /** Wrong codes of calls typed for this offer. */
  readonly wrongCodes?: number
  readonly payerId: string | null
  readonly consent: ConsentProof | null
  /** The payment operation whose answer this sale waits for; answers to any other are stale. */
  readonly operationId: string | null
  /** Part of the charge's key; the one before was refused for good (rule 3). */
  readonly attempt: number
  /** The centre wants the buyer's code: a debit is asked for as a hold, validated and confirmed (ST12). */
  readonly byHold: boolean
  /** Figures the payer sent while the charge had no answer: the code, if the centre turns out to want one. */
  readonly earlyCode: string | null
  readonly paymentId: string | null
  readonly authorizationId: string | null
  readonly acknowledgement: string | null
  readonly honouredUntil: number | null
  /** A confirm of the hold is under way while the machine still delivers. */
  readonly confirming: boolean
  readonly instructedAt: number
  readonly asked: number
  /** How the sale ends once its charge is voided. */
  readonly voidInto: 'withdrawn' | 'expired' | 'refused'
  /** Null as long as the money is not to go back; also of an unknown outcome that a person wrote off. */
  readonly because: UndoReason | null
  /** Part of the re-credit's key from the second on. */
  readonly refundAttempt?: number
  readonly evidence: string | null
  /** `delivered`, heard after the buyer had the money back: books only (rule 2). */
  readonly learnt: string | null
}

export function newSale(input: SaleInput): SaleContext {
  return {
    ...input,
    phones: [],
    payerId: null,
    consent: null,
    operationId: null,
    attempt: 1,
    byHold: false,
    earlyCode: null,
    paymentId: null,
    authorizationId: null,
    acknowledgement: null,
    honouredUntil: null,
    confirming: false,
    instructedAt: 0,
    asked: 0,
    voidInto: 'expired',
    because: null,
    evidence: null,
    learnt: null,
  }
}

/** The phone that an event speaks of; undefined when it is none of this sale's. */
export function speaker({ phones }: SaleContext, event: SaleEvent): PhoneInSale | undefined {
  if (!('identificationId' in event)) return undefined
  return phones.find(({ identificationId }) => identificationId === event.identificationId)
}

/** The phone whose account the centre was asked about, when this is the answer to that question. */
export function checkedPhone({ phones }: SaleContext, event: SaleEvent): PhoneInSale | undefined {
  if (event.type !== 'paymentAnswered') return undefined
  return phones.find((phone) => phone.step === 'checking' && phone.operationId === event.operationId)
}

export function payerOf({ phones, payerId }: SaleContext): PhoneInSale | undefined {
  return phones.find(({ identificationId }) => identificationId === payerId)
}

/** Nobody else is still thinking: when this phone is out, so is the sale. */
export function isLast({ phones }: SaleContext, phone: PhoneInSale | undefined): boolean {
  return (
    phone !== undefined &&
    phone.step !== 'out' &&
    phones.every((each) => each === phone || each.step === 'out')
  )
}

export type Audience = 'speaker' | 'checked' | 'payer' | 'others' | 'live'

/** Whom a sentence is for, as identification ids. `others`: still in the sale, but not the speaker. */
export function audience(context: SaleContext, event: SaleEvent, who: Audience): string[] {
  const { phones } = context
  const ids = (chosen: readonly (PhoneInSale | undefined)[]) =>
    chosen.flatMap((phone) => (phone ? [phone.identificationId] : []))
  switch (who) {
    case 'speaker':
      return 'identificationId' in event ? [event.identificationId] : []
    case 'checked':
      return ids([checkedPhone(context, event)])
    case 'payer':
      return ids([payerOf(context)])
    case 'others':
      return ids(phones.filter((phone) => phone.step !== 'out' && phone !== speaker(context, event)))
    case 'live':
      return ids(phones.filter((phone) => phone.step !== 'out'))
  }
}

/** The same phones, one of them changed. */
export function withPhone(
  { phones }: SaleContext,
  changed: PhoneInSale | undefined,
  change: Partial<PhoneInSale>,
): PhoneInSale[] {
  return phones.map((phone) => (phone === changed ? { ...phone, ...change } : phone))
}
