// Are the books right? Recomputed from the transfers alone and compared with what is stored. Knows nothing of
// how the postings are made, so a mistake made there shows here.
import { added, type Balance, centreAccountId, emptyBalance, sumOf, type Transfer } from '../books/ledger.ts'
import type { Account, PaymentRecord } from '../books/records.ts'

export type StoredBalance = Balance & { readonly accountId: string }

/** @returns what is wrong, a line each for a person */
export function bookFaults(
  stored: readonly StoredBalance[],
  transfers: readonly Transfer[],
  payments: readonly PaymentRecord[],
  accounts: readonly Account[] = [],
): string[] {
  return [
    ...transfers.flatMap(unbalanced),
    ...differences(stored, transfers),
    ...holdFaults(transfers, [...payments, ...accounts.flatMap(({ voucher }) => voucher ?? [])]),
    ...payments.flatMap((payment) => paymentFault(payment)),
    ...owedFaults(stored, payments),
    ...voucherFaults(stored, accounts),
  ]
}

function unbalanced({ id, entries }: Transfer): string[] {
  const { postedMinor, heldMinor } = sumOf(entries)
  return postedMinor === 0 && heldMinor === 0 ? [] : [`transfer ${id} does not sum to zero`]
}

function differences(stored: readonly StoredBalance[], transfers: readonly Transfer[]): string[] {
  const computed = new Map<string, Balance>()
  for (const entry of transfers.flatMap(({ entries }) => entries)) {
    computed.set(entry.accountId, added(computed.get(entry.accountId) ?? emptyBalance, entry))
  }
  const accountIds = new Set([...computed.keys(), ...stored.map(({ accountId }) => accountId)])
  const storedById = new Map(stored.map((balance) => [balance.accountId, balance]))
  return [...accountIds].flatMap((accountId) => {
    const is = storedById.get(accountId) ?? emptyBalance
    const shouldBe = computed.get(accountId) ?? emptyBalance
    const same = is.postedMinor === shouldBe.postedMinor && is.heldMinor === shouldBe.heldMinor
    const words = `stored ${is.postedMinor} (held ${is.heldMinor})`
    return same
      ? []
      : [`account ${accountId}: ${words}, entries say ${shouldBe.postedMinor} (${shouldBe.heldMinor})`]
  })
}

/** Every hold ends once, and is open exactly while its payment, or its voucher, waits. */
function holdFaults(
  transfers: readonly Transfer[],
  holders: readonly { readonly holdId?: string }[],
): string[] {
  const ends = transfers.flatMap(({ endsHold }) => endsHold ?? [])
  const ended = new Set<string>()
  const twice = ends.filter((id) => ended.size === ended.add(id).size)
  const open = new Set(transfers.flatMap(({ kind, id }) => (kind === 'hold' && !ended.has(id) ? [id] : [])))
  const waiting = new Set(holders.flatMap(({ holdId }) => holdId ?? []))
  return [
    ...twice.map((id) => `hold ${id} was ended twice`),
    ...[...open]
      .filter((id) => !waiting.has(id))
      .map((id) => `hold ${id} is open and no payment waits for it`),
    ...[...waiting]
      .filter((id) => !open.has(id))
      .map((id) => `a payment waits for hold ${id}, which is not open`),
  ]
}

function paymentFault({
  id,
  status,
  holdId,
  amountMinor,
  refundedMinor,
  owedMinor,
  position,
}: PaymentRecord) {
  const waits = status === 'reserved' || status === 'pending_validation'
  if (waits !== (holdId !== undefined))
    return [`payment ${id} is ${status} with${holdId ? '' : 'out'} a hold`]
  if (refundedMinor + owedMinor > amountMinor) return [`payment ${id} was given back more than once`]
  if (status === 'succeeded' && position === 'none') return [`payment ${id} succeeded and was never posted`]
  return []
}

function owedFaults(stored: readonly StoredBalance[], payments: readonly PaymentRecord[]): string[] {
  return [...new Set(payments.map(({ currency }) => currency))].flatMap((currency) => {
    const accountId = centreAccountId('owed', currency)
    const is = stored.find((balance) => balance.accountId === accountId)?.postedMinor ?? 0
    const shouldBe = payments
      .filter((payment) => payment.currency === currency)
      .reduce((sum, { owedMinor }) => sum + owedMinor, 0)
    return is === shouldBe ? [] : [`account ${accountId}: ${is}, the payments say ${shouldBe}`]
  })
}

/** A voucher that is good holds its whole amount, and what lapsed is the liability. */
function voucherFaults(stored: readonly StoredBalance[], accounts: readonly Account[]): string[] {
  const balanceOf = (id: string) => stored.find(({ accountId }) => accountId === id) ?? emptyBalance
  const odd = accounts.flatMap(({ id, voucher, dueAt }) => {
    if (!voucher) return []
    const { postedMinor, heldMinor } = balanceOf(id)
    const { amountMinor, state } = voucher
    const isWhole = dueAt !== undefined && state === 'good'
    const right =
      postedMinor >= 0 &&
      postedMinor <= amountMinor &&
      isWhole === (postedMinor === amountMinor && heldMinor === 0) &&
      (state === 'announced') === (heldMinor === amountMinor)
    return right ? [] : [`voucher ${id} holds another amount than it may`]
  })
  const lapsed = accounts.filter(({ voucher }) => voucher?.state === 'lapsed')
  const liabilities = [...new Set(lapsed.map(({ currency }) => currency))].flatMap((currency) => {
    const accountId = centreAccountId('unclaimed', currency)
    const shouldBe = lapsed.reduce(
      (sum, each) => sum + (each.currency === currency ? (each.voucher?.amountMinor ?? 0) : 0),
      0,
    )
    const is = balanceOf(accountId).postedMinor
    return is === shouldBe ? [] : [`account ${accountId}: ${is}, the vouchers say ${shouldBe}`]
  })
  return [...odd, ...liabilities]
}
