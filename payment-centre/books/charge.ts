// ST11 to ST14: is this charge allowed, and if so, charge or hold, and promise it with a signed acknowledgement. The
// slip says what is owed to whom; the request only says who pays.

import type { ErrorCode } from '@concilia/protocol/carrier-billing.ts'
import { priceText } from '@concilia/protocol/money.ts'
import { acknowledgementKind, promise } from '@concilia/protocol/promises.ts'
import { codeFrom, uuidFrom } from '@concilia/protocol/random.ts'
import { jsonAnswer, paymentBody, refused } from './answers.ts'
import { allOf, type Books } from './books.ts'
import { usageOf } from './caps.ts'
import { needsCode, payerRefusal } from './charge-permission.ts'
import type { Charge, CodeText, Decision, Desk, PaymentCommand, ValidationSettings } from './commands.ts'
import { badSignature, signatureRefusal } from './evidence.ts'
import { once } from './idempotency.ts'
import { debit, hold, type Posting } from './postings.ts'
import type { Account, PaymentRecord } from './records.ts'

/** Why a payment is refused, in words for whoever reads the client's log. */
const words: { readonly [Code in ErrorCode]?: string } = {
  IDENTIFIER_NOT_FOUND:
    'There is no account for this buyer here. The buyer opens one with the payment centre.',
  SERVICE_NOT_APPLICABLE: 'This account cannot be charged: it is barred, or kept in another currency.',
  'CARRIER_BILLING.UNAUTHORIZED_AMOUNT':
    'One purchase may not cost this much here, or needs a code from the buyer: prepare it instead.',
  'CARRIER_BILLING.USER_AMOUNT_THRESHOLD_OVERPASSED':
    'The buyer has reached the limit of purchases for this hour, day or month.',
  'CARRIER_BILLING.PAYMENT_DENIED': 'There is not enough credit on the account.',
  PERMISSION_DENIED: 'This client may not charge for this seller, or not this much. Ask the payment centre.',
}
const refusedFor = (code: ErrorCode): Decision => refused(code, words[code] ?? code)

export function decideCharge(books: Books, command: Charge, desk: Desk): Decision {
  return once(books, command, 'charge', desk, () => {
    const refusal = slipRefusal(command) ?? offerRefusal(books, command)
    if (refusal) return refusal
    const { subscriberHash, client, money, slip, charge } = command
    if (!slip.ok) return badSignature('the slip is not valid')
    const asked = { subscriberHash, client, seller: slip.payload.seller, money, charge }
    const code = payerRefusal(books, asked, desk)
    if (code) return refusedFor(code)
    const account = books.accountOf(subscriberHash)
    return account ? charged(books, command, account, desk) : refusedFor('IDENTIFIER_NOT_FOUND')
  })
}

function slipRefusal({ slip, money, merchant }: Charge): Decision | undefined {
  if (!slip.ok) return signatureRefusal(slip)
  const { payload, by } = slip
  if (payload.seller !== by.seller)
    return badSignature('The slip names another seller than its signer works for.')
  const agrees =
    payload.amountMinor === money.amountMinor &&
    payload.currency === money.currency &&
    (merchant === undefined || merchant === payload.seller)
  return agrees ? undefined : badSignature('The request asks for other terms than the price slip signs for.')
}

function offerRefusal(books: Books, { slip, charge: _mode }: Charge): Decision | undefined {
  const charged = slip.ok && books.paymentOfOffer(slip.payload.seller, slip.payload.offerHash)
  if (!charged) return undefined
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
  const code = payerRefusal(books, { ...command, charge: 'hold' }, desk)
  const words = code ? `not eligible: ${code}` : 'the buyer has an account and enough on it'
  return {
    answer: jsonAnswer(200, code ? { eligible: false, code } : { eligible: true }),
    news: [{ step: 'ST10', reference: command.seller, words }],
  }
}

function charged(
  books: Books,
  command: Charge,
  account: Account,
  desk: Desk,
): Decision & { paymentId?: string } {
  const { slip, money, subscriberHash, client, charge } = command
  if (!slip.ok) return badSignature('the slip is not valid')
  const { validation } = desk.settings
  const purchase = {
    subscriberHash,
    client,
    seller: slip.payload.seller,
    currency: money.currency,
    at: desk.now,
  }
  const asksCode =
    charge === 'hold' && needsCode(books, account, purchase, money.amountMinor, desk.settings.caps)
  const drafted = draft(command, slip.payload.offerHash, slip.by, account, desk)
  const pending =
    asksCode && validation ? pendingValidation(books, drafted, account, validation, desk) : undefined
  const posting = pending ? hold(pending.payment, desk) : reservedOrPaid(drafted, desk)
  const { payment } = posting
  const usage = usageOf(payment, subscriberHash, 1, money.amountMinor)
  const subscriber = desk.secrets.openSubscriber(account.sealedSubscriber ?? '')
  const reference = payment.referenceCode
  return {
    answer: jsonAnswer(201, paymentBody(payment, subscriber)),
    change: allOf([posting.change, { usage }]),
    paymentId: payment.id,
    ...(pending ? { text: pending.text } : {}),
    news: pending
      ? [{ step: 'ST12', reference, words: 'the buyer is sent a code to confirm with' }]
      : [
          { step: 'ST13', reference, words: `payment of ${priceText(money)} validated` },
          {
            step: 'ST131',
            reference,
            words:
              charge === 'debit' ? `account debited with ${priceText(money)}` : `${priceText(money)} held`,
          },
          { step: 'ST14', reference, words: 'authorisation signed and sent to the relation server' },
        ],
  }
}

function draft(
  command: Charge,
  offerHash: string,
  by: { id: string; seller: string },
  account: Account,
  desk: Desk,
): PaymentRecord {
  return {
    id: uuidFrom(desk.random),
    client: command.client,
    key: command.key,
    referenceCode: command.referenceCode,
    accountId: account.id,
    seller: by.seller,
    automatonId: by.id,
    offerHash,
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

function acknowledged(payment: PaymentRecord, desk: Desk): PaymentRecord {
  const { offerHash, amountMinor, currency, seller, charge, dueAt } = payment
  const acknowledgement = promise(acknowledgementKind, desk.signer, {
    offerHash,
    amountMinor,
    currency,
    seller,
    paymentId: payment.id,
    charge,
    ...(dueAt === undefined ? {} : { honouredUntil: dueAt }),
    at: desk.now,
  })
  return { ...payment, acknowledgement }
}

/** ST12: held already, acknowledged only when the code that was sent to the number has come back. */
function pendingValidation(
  books: Books,
  drafted: PaymentRecord,
  account: Account,
  { waitMs, digits, tries }: ValidationSettings,
  desk: Desk,
): { payment: PaymentRecord; text: CodeText } {
  const code = codeFrom(desk.random, digits)
  const payment: PaymentRecord = {
    ...drafted,
    status: 'pending_validation',
    dueAt: desk.now + waitMs,
    validation: {
      authorizationId: uuidFrom(desk.random),
      codeHash: desk.secrets.hash(`code\n${drafted.id}\n${code}`),
      triesLeft: tries,
    },
  }
  const text: CodeText = {
    subscriber: desk.secrets.openSubscriber(account.sealedSubscriber ?? ''),
    code,
    money: { amountMinor: payment.amountMinor, currency: payment.currency },
    payee: books.sellers.get(payment.seller)?.name ?? payment.seller,
    reference: payment.referenceCode,
  }
  return { payment, text }
}
