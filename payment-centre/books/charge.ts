// ST11 to ST14: is this charge allowed, and if so, charge or hold, and promise it with a signed
// acknowledgement. The slip says what is owed to whom; the request only says who pays.

import type { ErrorCode } from '@concilia/protocol/carrier-billing.ts'
import { priceText } from '@concilia/protocol/money.ts'
import type { Slip } from '@concilia/protocol/promises.ts'
import { codeFrom, uuidFrom } from '@concilia/protocol/random.ts'
import { pinAuthorizationId, pinSalt } from '../pin-stretching.ts'
import { acknowledged } from './acknowledgement.ts'
import { jsonAnswer, paymentBody, refused } from './answers.ts'
import { allOf, type Books } from './books.ts'
import { usageOf } from './caps.ts'
import { type Permission, permit } from './charge-permission.ts'
import type { Charge, CodeText, Decision, Desk, News, PaymentCommand } from './commands.ts'
import { badSignature, type Signed, signatureRefusal } from './evidence.ts'
import { once } from './idempotency.ts'
import { debit, hold, type Posting } from './postings.ts'
import type { Account, PaymentRecord } from './records.ts'
import { isVoucher, spent, termsOf } from './voucher.ts'

/** Why a payment is refused, in words for whoever reads the client's log. */
const words: { readonly [Code in ErrorCode]?: string } = {
  IDENTIFIER_NOT_FOUND:
    'There is no account for this buyer here. The buyer opens one with the payment centre.',
  SERVICE_NOT_APPLICABLE:
    'This account cannot be charged: barred, kept in another currency, or a voucher for something else.',
  'CARRIER_BILLING.UNAUTHORIZED_AMOUNT':
    'One purchase may not cost this much here, or not without a code, which this centre cannot send.',
  'CONCILIA.NO_PIN': 'The buyer has no PIN that can be used now, and this purchase is not allowed without.',
  'CONCILIA.VALIDATION_WANTED':
    'The buyer is to return a code first. Prepare it, under a new clientCorrelator.',
  'CARRIER_BILLING.USER_AMOUNT_THRESHOLD_OVERPASSED':
    'The buyer has reached the limit of purchases for this hour, day or month.',
  'CARRIER_BILLING.PAYMENT_DENIED': 'There is not enough credit on the account.',
  PERMISSION_DENIED: 'This client may not charge for this seller, or not this much. Ask the payment centre.',
}

export function decideCharge(books: Books, command: Charge, desk: Desk): Decision {
  return once(books, command, 'charge', desk, () => {
    const { slip, subscriberHash, client, money, charge } = command
    if (!slip.ok) return signatureRefusal(slip)
    const refusal = slipRefusal(command, slip) ?? offerRefusal(books, slip)
    if (refusal) return refusal
    const permission = permit(
      books,
      {
        ...{ subscriberHash, client, seller: slip.payload.seller, money, charge },
        automatonId: slip.by.id,
        proof: command.consent.proof,
      },
      desk,
    )
    return 'code' in permission
      ? refused(permission.code, words[permission.code] ?? permission.code)
      : charged(books, command, slip, permission, desk)
  })
}

function slipRefusal({ money, merchant }: Charge, { payload, by }: Signed<Slip>): Decision | undefined {
  if (payload.seller !== by.seller) {
    return badSignature('The slip names another seller than its signer works for.')
  }
  const agrees =
    payload.amountMinor === money.amountMinor &&
    payload.currency === money.currency &&
    (merchant === undefined || merchant === payload.seller)
  return agrees ? undefined : badSignature('The request asks for other terms than the price slip signs for.')
}

function offerRefusal(books: Books, { payload }: Signed<Slip>): Decision | undefined {
  if (!books.paymentOfOffer(payload.seller, payload.offerHash)) return undefined
  return refused(
    'CONCILIA.OFFER_CHARGED',
    'This offer was charged under another clientCorrelator. Void that one before a new attempt.',
  )
}

/** ST10. A purchase that a code could still allow is possible, so the terms of a hold are asked. */
export function decideEligibility(
  books: Books,
  command: Extract<PaymentCommand, { kind: 'eligibility' }>,
  desk: Desk,
): Decision {
  const permission = permit(books, { ...command, charge: 'hold' }, desk)
  const [answer, words] =
    'code' in permission
      ? [{ eligible: false, code: permission.code }, `not eligible: ${permission.code}`]
      : [{ eligible: true }, 'the buyer has an account and enough on it']
  return { answer: jsonAnswer(200, answer), news: [{ step: 'ST10', reference: command.seller, words }] }
}

function charged(
  books: Books,
  command: Charge,
  slip: Signed<Slip>,
  { account, validation }: Permission,
  desk: Desk,
): Decision & { paymentId: string } {
  const drafted = draft(command, slip, account, desk)
  const pending = validation && pendingValidation(books, drafted, command, validation, desk)
  const posting = pending ? hold(pending.payment, desk) : reservedOrPaid(drafted, desk)
  const { payment } = posting
  const usage = usageOf(payment, command.subscriberHash, 1, payment.amountMinor)
  return {
    answer: jsonAnswer(201, paymentBody(payment, command.subscriber)),
    change: allOf([isVoucher(account) ? spent(account, desk) : {}, posting.change, { usage }]),
    paymentId: payment.id,
    ...(pending?.text ? { text: pending.text } : {}),
    news: newsOf(payment),
  }
}

function newsOf(payment: PaymentRecord): News[] {
  const { referenceCode: reference, status, charge } = payment
  const price = priceText(payment)
  if (status === 'pending_validation') {
    const what = payment.validation?.by === 'pin' ? 'is asked for the PIN' : 'is sent a code to confirm with'
    return [{ step: 'ST12', reference, words: `the buyer ${what}` }]
  }
  const done = charge === 'debit' ? `account debited with ${price}` : `${price} held on the account`
  return [
    { step: 'ST13', reference, words: `payment of ${price} validated` },
    { step: 'ST131', reference, words: done },
    { step: 'ST14', reference, words: 'authorisation signed for the relation server' },
  ]
}

function draft(command: Charge, { payload, by }: Signed<Slip>, account: Account, desk: Desk): PaymentRecord {
  return {
    id: uuidFrom(desk.random),
    client: command.client,
    key: command.key,
    referenceCode: command.referenceCode,
    accountId: account.id,
    seller: by.seller,
    automatonId: by.id,
    offerHash: payload.offerHash,
    amountMinor: command.money.amountMinor,
    currency: command.money.currency,
    description: command.description,
    consent: command.consent,
    charge: command.charge,
    status: 'processing',
    position: 'none',
    refundedMinor: 0,
    owedMinor: 0,
    createdAt: desk.now,
    withdrawn: false,
    learntMinor: 0,
    live: true,
    ...(account.voucher && termsOf(account.voucher)),
  }
}

function reservedOrPaid(drafted: PaymentRecord, desk: Desk): Posting {
  const payment = drafted.charge === 'hold' ? reserved(drafted, desk) : acknowledged(drafted, desk)
  return payment.charge === 'hold' ? hold(payment, desk) : debit(payment, desk)
}

/** From here on the amount is honoured until `dueAt`, and the acknowledgement says so. */
export function reserved(payment: PaymentRecord, desk: Desk): PaymentRecord {
  return acknowledged({ ...payment, status: 'reserved', dueAt: desk.now + desk.settings.holdMs }, desk)
}

/** ST12: held already, acknowledged only when the code that was sent to the number has come back. */
function pendingValidation(
  books: Books,
  drafted: PaymentRecord,
  { subscriber, subscriberHash }: Charge,
  { waitMs, digits, tries, by }: NonNullable<Permission['validation']>,
  desk: Desk,
): { payment: PaymentRecord; text?: CodeText } {
  const waiting = { ...drafted, status: 'pending_validation', dueAt: desk.now + waitMs } as const
  const id = uuidFrom(desk.random)
  if (by === 'pin') {
    const salt = pinSalt(subscriberHash, desk.secrets)
    const authorizationId = pinAuthorizationId(salt, id)
    return { payment: { ...waiting, validation: { authorizationId, codeHash: '', triesLeft: tries, by } } }
  }
  const code = codeFrom(desk.random, digits)
  const payment: PaymentRecord = {
    ...waiting,
    validation: {
      authorizationId: id,
      codeHash: desk.secrets.hash(`code\n${drafted.id}\n${code}`),
      triesLeft: tries,
    },
  }
  const text: CodeText = {
    subscriber,
    code,
    money: { amountMinor: payment.amountMinor, currency: payment.currency },
    payee: books.sellers.get(payment.seller)?.name ?? payment.seller,
    reference: payment.referenceCode,
  }
  return { payment, text }
}
