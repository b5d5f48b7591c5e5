// One table: each command, what it needs loaded and how it is decided. Pure: the same books, command and desk
// give the same decision, and nothing is changed until the decision's change is applied.

import type { Secrets } from '../secrets.ts'
import {
  decideBar,
  decideClose,
  decideOpen,
  decideRegister,
  decideShow,
  decideTopUp,
  topUps,
} from './account-commands.ts'
import type { Books } from './books.ts'
import { scopesOf, voucherScope } from './caps.ts'
import { decideCharge, decideEligibility } from './charge.ts'
import type { Command, Decision, Desk } from './commands.ts'
import { decideCancel, decideConfirm, decideExpire, decideOutcome, decideValidate } from './payment-life.ts'
import { decideSetPin } from './pin.ts'
import { decideRefund, decideVoid } from './refund.ts'
import { decideRepost } from './repost.ts'
import { decideVoucher, decideVoucherLapse, decideVoucherRead, voucherSubscriber } from './voucher.ts'

/**
 * The rows a batch must have loaded before it decides: buyers' accounts locked, and with them their payments.
 */
export interface Wants {
  readonly subscriberHashes: readonly string[]
  /** Of buyers whose accounts are only looked at: nothing is decided on them that would need a lock. */
  readonly lookedAt: readonly string[]
  readonly paymentIds: readonly string[]
  readonly keys: readonly { readonly client: string; readonly key: string }[]
  /** Keys whose payments are wanted too. */
  readonly paymentsOfKeys: readonly { readonly client: string; readonly key: string }[]
  readonly offers: readonly { readonly seller: string; readonly offerHash: string }[]
  readonly usageScopes: readonly string[]
  readonly clients: readonly string[]
  readonly sellers: readonly string[]
}

type Kinds = Command['kind']
type Row<Kind extends Kinds> = {
  wants(command: Extract<Command, { kind: Kind }>, now: number, secrets: Secrets): Partial<Wants>
  decide(books: Books, command: Extract<Command, { kind: Kind }>, desk: Desk): Decision
}

const thatPayment = ({ paymentId }: { paymentId: string }) => ({ paymentIds: [paymentId] })
const thatSubscriber = ({ subscriberHash }: { subscriberHash: string }) => ({
  subscriberHashes: [subscriberHash],
})

const table: { readonly [Kind in Kinds]: Row<Kind> } = {
  charge: {
    wants: ({ client, key, subscriberHash, money, slip }, at) => {
      const wants = { subscriberHashes: [subscriberHash], keys: [{ client, key }], clients: [client] }
      if (!slip.ok) return wants
      const { seller, offerHash } = slip.payload
      const usageScopes = scopesOf({ subscriberHash, client, seller, currency: money.currency, at })
      return { ...wants, offers: [{ seller, offerHash }], sellers: [seller], usageScopes }
    },
    decide: decideCharge,
  },
  eligibility: {
    wants: ({ client, subscriberHash, seller, money }, at) => ({
      lookedAt: [subscriberHash],
      clients: [client],
      sellers: [seller],
      usageScopes: scopesOf({ subscriberHash, client, seller, currency: money.currency, at }),
    }),
    decide: decideEligibility,
  },
  setPin: { wants: thatSubscriber, decide: decideSetPin },
  validate: { wants: thatPayment, decide: decideValidate },
  confirm: { wants: thatPayment, decide: decideConfirm },
  cancel: { wants: thatPayment, decide: decideCancel },
  outcome: { wants: thatPayment, decide: decideOutcome },
  expire: { wants: thatPayment, decide: decideExpire },
  refund: {
    wants: ({ client, key, paymentId }) => ({ keys: [{ client, key }], paymentIds: [paymentId] }),
    decide: decideRefund,
  },
  void: {
    wants: ({ client, key }, _now, secrets) => ({
      keys: [{ client, key }],
      paymentsOfKeys: [{ client, key }],
      subscriberHashes: [secrets.subscriberHash(voucherSubscriber(key))],
    }),
    decide: decideVoid,
  },
  voucher: {
    wants: ({ client, key, seller, money }, _now, secrets) => ({
      keys: [{ client, key }],
      subscriberHashes: [secrets.subscriberHash(voucherSubscriber(key))],
      clients: [client],
      sellers: [seller],
      usageScopes: [voucherScope(client, money.currency)],
    }),
    decide: decideVoucher,
  },
  voucherRead: { wants: thatSubscriber, decide: decideVoucherRead },
  voucherLapse: { wants: thatSubscriber, decide: decideVoucherLapse },
  repost: {
    wants: ({ client, key, subscriberHash, acknowledgement }) => {
      const wants = { keys: [{ client, key }], subscriberHashes: [subscriberHash] }
      if (!acknowledgement.ok) return wants
      const { paymentId, seller, offerHash } = acknowledgement.payload
      return { ...wants, paymentIds: [paymentId], offers: [{ seller, offerHash }] }
    },
    decide: decideRepost,
  },
  openAccount: {
    wants: ({ subscriber }, _now, secrets) => ({
      subscriberHashes: [secrets.subscriberHash(subscriber)],
    }),
    decide: decideOpen,
  },
  topUp: {
    wants: ({ subscriberHash, key }) => ({
      subscriberHashes: [subscriberHash],
      keys: [{ client: topUps, key }],
    }),
    decide: decideTopUp,
  },
  barAccount: { wants: thatSubscriber, decide: decideBar },
  closeAccount: { wants: thatSubscriber, decide: decideClose },
  showAccount: { wants: thatSubscriber, decide: decideShow },
  registerClient: { wants: () => ({}), decide: (_books, command) => decideRegister(command) },
  registerSeller: { wants: () => ({}), decide: (_books, command) => decideRegister(command) },
}

// The compiler cannot see that a command and the row of its own kind belong together.
function rowOf<Kind extends Kinds>(kind: Kind): Row<Kind> {
  return table[kind]
}

export function decide(books: Books, command: Command, desk: Desk): Decision {
  return rowOf<Kinds>(command.kind).decide(books, command as never, desk)
}

/** Everything that these commands together need. */
export function wantsOf(commands: readonly Command[], now: number, secrets: Secrets): Wants {
  const all = commands.map((command) => rowOf<Kinds>(command.kind).wants(command as never, now, secrets))
  return {
    subscriberHashes: distinct(all.flatMap((wants) => wants.subscriberHashes ?? [])),
    lookedAt: distinct(all.flatMap((wants) => wants.lookedAt ?? [])),
    paymentIds: distinct(all.flatMap((wants) => wants.paymentIds ?? [])),
    keys: all.flatMap((wants) => wants.keys ?? []),
    paymentsOfKeys: all.flatMap((wants) => wants.paymentsOfKeys ?? []),
    offers: all.flatMap((wants) => wants.offers ?? []),
    usageScopes: distinct(all.flatMap((wants) => wants.usageScopes ?? [])),
    clients: distinct(all.flatMap((wants) => wants.clients ?? [])),
    sellers: distinct(all.flatMap((wants) => wants.sellers ?? [])),
  }
}

function distinct(texts: readonly string[]): string[] {
  return [...new Set(texts)]
}
