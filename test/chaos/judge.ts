// Rule 2 and whatever else of the sixteen rules shows from outside, judged on what each party has to say for
// itself. Pure, and shares nothing with the system: hardware, journal, server, ledger and phones are compared
// sale by sale.
import type { Evidence, JournalSale, Payment, ServerSale } from './evidence.ts'
import type { FaultRecord, HardwareEvent } from './records.ts'

export interface Verdict {
  /** Empty when every rule held. */
  readonly breaches: readonly string[]
  /** How many sales ended how. */
  readonly endings: Readonly<Record<string, number>>
  /** Sales that ended as unknown, each with the fault that made it so. */
  readonly unknown: readonly { readonly saleId: string; readonly because: string; readonly fell: boolean }[]
  readonly goods: { readonly forPhones: number; readonly forCoins: number }
  readonly paidMinor: number
}

const delivered = ['settled']
const notDelivered = ['refused', 'withdrawn', 'expired', 'recredited']

/** Everything known of one sale. */
interface Whole {
  readonly journal: JournalSale
  readonly server: ServerSale | undefined
  readonly payments: readonly Payment[]
  readonly approvedAt: readonly number[]
  readonly droppedAt: readonly number[]
}

export function judge(evidence: Evidence): Verdict {
  const goods = goodsOf(evidence)
  const wholes = evidence.journal.map((journal): Whole => {
    const { approvedAt = [], droppedAt = [] } = goods.ofSale.get(journal.saleId) ?? {}
    return {
      journal,
      server: evidence.server.find(({ saleId }) => saleId === journal.saleId),
      payments: evidence.payments.filter(({ saleId }) => saleId === journal.saleId),
      approvedAt,
      droppedAt,
    }
  })
  const unknown = wholes
    .filter(({ server }) => server?.state === 'unknownClosed')
    .map((whole) => ({
      saleId: whole.journal.saleId,
      because: explanation(whole, evidence) ?? '',
      fell: whole.droppedAt.length > 0,
    }))
  const breaches = [
    ...wholes.flatMap((whole) =>
      breachesOf(whole, evidence).map((words) => `${words} (sale ${whole.journal.saleId})`),
    ),
    ...unknown
      .filter(({ because }) => because === '')
      .map(({ saleId }) => `rule 2: ended as unknown, and no fault made it so (sale ${saleId})`),
    ...goods.breaches,
    ...strangers(evidence),
    ...booksOf(evidence),
    ...restOf(evidence),
  ]
  return {
    breaches,
    endings: counted(evidence.server.map(({ state }) => state)),
    unknown,
    goods: { forPhones: goods.forPhones, forCoins: goods.forCoins },
    paidMinor: sum(evidence.payments.map(({ moved }) => -(moved.buyer ?? 0))),
  }
}

/** The rules of a single sale. */
function breachesOf(whole: Whole, evidence: Evidence): string[] {
  const { journal, server, payments, approvedAt, droppedAt } = whole
  const breaches: string[] = []
  const wrong = (rule: number, words: string) => breaches.push(`rule ${rule}: ${words}`)
  if (journal.promise === undefined) wrong(13, 'still open in the journal')
  if (journal.unstored > 0) wrong(9, `${journal.unstored} words of the machine are not stored`)
  if (!server) {
    wrong(9, 'the server knows nothing of it')
    return breaches
  }
  if (server.open) wrong(5, `still open: ${server.state}`)
  if (approvedAt.length > 1 || droppedAt.length > 1) wrong(3, `delivered ${droppedAt.length} times`)
  const paidAt = Math.min(...payments.map(({ createdAt }) => createdAt))
  for (const at of approvedAt) if (!(paidAt <= at + slackMs)) wrong(1, 'approved without a payment before it')
  if (approvedAt.length > 0 && journal.promise !== 'deliver')
    wrong(12, 'approved without the promise to deliver')
  if (journal.outcome === 'delivered' && droppedAt.length === 0)
    wrong(2, 'called delivered, and nothing fell')
  if (journal.outcome === 'failed' && droppedAt.length > 0) wrong(2, 'called failed, and it fell')
  return [
    ...breaches,
    ...moneyOf(whole, server),
    ...consentOf(whole, evidence),
    ...readOf(whole, server, evidence),
  ]
}

/** What the ledger moved, against the ending and what fell. */
function moneyOf({ journal, payments, droppedAt }: Whole, { state }: ServerSale): string[] {
  const moved = (name: string) => sum(payments.map((each) => each.moved[name] ?? 0))
  const isDelivered = delivered.includes(state)
  if (!isDelivered && !notDelivered.includes(state) && state !== 'unknownClosed') {
    return [`rule 2: ended as ${state}`]
  }
  const due = isDelivered ? journal.amountMinor : 0
  const differing = [
    ['taken from the buyer', -moved('buyer'), due],
    ['payable to the operator', moved('payable'), due],
    ['unsettled', moved('unsettled'), 0],
    ['disputed and sales', moved('disputed') + moved('sales'), 0],
    ['owed and borne', moved('owed') + moved('borne'), 0],
  ] as const
  const charged = payments.filter((each) => (each.moved.buyer ?? 0) !== 0)
  return [
    ...differing.flatMap(([name, is, should]) =>
      is === should ? [] : [`rule 2: ended as ${state}, ${name}: ${is}, not ${should}`],
    ),
    ...(charged.length > 1 ? [`rule 3: paid ${charged.length} times`] : []),
    ...(state !== 'unknownClosed' && droppedAt.length !== (isDelivered ? 1 : 0)
      ? [`rule 2: ended as ${state}, and ${droppedAt.length} fell`]
      : []),
    ...payments.flatMap(({ offerHash, amountMinor }) =>
      offerHash === journal.offerHash && amountMinor === journal.amountMinor
        ? []
        : ['rule 1: paid otherwise than was offered'],
    ),
  ]
}

/** Whoever was charged had said yes to that price at that machine. */
function consentOf({ journal, payments }: Whole, { consents }: Evidence): string[] {
  return payments.flatMap(({ buyer, amountMinor, createdAt }) =>
    consents.some(
      (each) =>
        each.buyer === buyer &&
        each.machine === journal.machine &&
        each.amountMinor === amountMinor &&
        each.at >= journal.at - slackMs &&
        each.at <= createdAt + slackMs,
    )
      ? []
      : [`rule 14: ${buyer} was charged without having said yes to it`],
  )
}

/** What buyers read agrees with what they paid. A text may come twice, and then says the same. */
function readOf({ journal, payments }: Whole, { state }: ServerSale, { texts }: Evidence): string[] {
  const [payment] = payments
  const reference = journal.saleId.slice(0, 8)
  const read = (words: RegExp) =>
    texts.filter((each) => each.words.includes(`Ref. ${reference}`) && words.test(each.words))
  const receipts = read(/^Paid /)
  const givenBack = read(/you have your .* back/)
  const wrongReader = [...receipts, ...givenBack].filter(
    ({ buyer }) => !payments.some((p) => p.buyer === buyer),
  )
  const breaches = wrongReader.map(({ buyer }) => `rule 14: ${buyer} reads of a payment of somebody else`)
  if (delivered.includes(state)) {
    if (receipts.length === 0) breaches.push(`rule 2: ${payment?.buyer} paid and never read a receipt`)
    if (givenBack.length > 0) breaches.push(`rule 2: ${payment?.buyer} reads of money back, and paid`)
  } else {
    if (receipts.length > 0) breaches.push(`rule 2: a receipt was read, and it ended as ${state}`)
    const isTold = ['recredited', 'unknownClosed'].includes(state)
    if (isTold && payments.length > 0 && givenBack.length === 0) {
      breaches.push(`rule 2: ${payment?.buyer} was never told of the money back (${state})`)
    }
  }
  return breaches
}

/** Faults that take away from the automaton what the hardware did. A broken network never does. */
function explanation({ journal }: Whole, { visits, faults }: Evidence): string | undefined {
  const { machine, at, promisedAt = at, concludedAt = Number.POSITIVE_INFINITY } = journal
  const visit = visits.find(
    ({ plan, from, until }) =>
      plan.machine.number === machine && from <= at && at <= (until || Number.MAX_VALUE),
  )
  if (visit && ['silent', 'reset', 'slow', 'unplugged', 'boxRestart'].includes(visit.plan.behaviour)) {
    return `the machine: ${visit.plan.behaviour}`
  }
  if (visit?.plan.way === 'pullsLine') return 'the buyer pulled the line'
  const struck = faults.find(
    ({ plan, from, until }) =>
      'target' in plan &&
      plan.target === `automaton-${machine}` &&
      from <= concludedAt + slackMs &&
      until >= promisedAt - slackMs,
  )
  return struck && `the automaton: ${struck.plan.kind}`
}

/** Of two clocks on one computer, one of them the database's, and of a message on its way to the record. */
const slackMs = 500

interface Goods {
  readonly ofSale: ReadonlyMap<string, { approvedAt: number[]; droppedAt: number[] }>
  readonly forPhones: number
  readonly forCoins: number
  readonly breaches: readonly string[]
}

/** Gives each thing that fell, but not for coins, to the sale that was the machine's latest then. */
function goodsOf({ hardware, journal, machines }: Evidence): Goods {
  const ofSale = new Map<string, { approvedAt: number[]; droppedAt: number[] }>()
  const breaches: string[] = []
  let [forPhones, forCoins] = [0, 0]
  const saleAt = ({ machine, at }: HardwareEvent) =>
    journal.filter((sale) => sale.machine === machine && sale.at <= at).at(-1)?.saleId
  for (const seen of hardware) {
    const { machine, event, at } = seen
    if (event.event !== 'approved' && event.event !== 'dropped') continue
    if (event.event === 'dropped' && event.by === 'coins') {
      forCoins += 1
      continue
    }
    const saleId = saleAt(seen)
    if (event.event === 'dropped') forPhones += 1
    if (saleId === undefined) {
      breaches.push(`rule 1: machine ${machine} ${event.event} something, and its journal knows no sale`)
      continue
    }
    const goods = ofSale.get(saleId) ?? { approvedAt: [], droppedAt: [] }
    ofSale.set(saleId, goods)
    if (event.event === 'approved') goods.approvedAt.push(at)
    else goods.droppedAt.push(at)
  }
  const counted = sum(machines.flatMap(({ dropped }) => Object.values(dropped)))
  if (counted !== forPhones + forCoins) {
    breaches.push(`rule 2: the machines counted ${counted} goods, ${forPhones + forCoins} were seen to fall`)
  }
  return { ofSale, forPhones, forCoins, breaches }
}

/** Money or sales that belong to no sale of any machine. */
function strangers({ journal, server, payments }: Evidence): string[] {
  const known = new Set(journal.map(({ saleId }) => saleId))
  const keys = payments.map(({ key }) => key)
  return [
    ...server.flatMap(({ saleId }) =>
      known.has(saleId) ? [] : [`rule 9: the server made up sale ${saleId}`],
    ),
    ...payments.flatMap(({ saleId }) => (known.has(saleId) ? [] : [`rule 1: paid for no sale: ${saleId}`])),
    ...(new Set(keys).size === keys.length ? [] : ['rule 10: a key made two payments']),
  ]
}

function booksOf({ accounts, unbalanced }: Evidence): string[] {
  const ofAll = counted([])
  for (const { currency, postedMinor, heldMinor } of accounts) {
    ofAll[currency] = (ofAll[currency] ?? 0) + postedMinor + heldMinor
  }
  return [
    ...unbalanced.map((id) => `rule 4: transfer ${id} does not come to nothing`),
    ...Object.entries(ofAll).flatMap(([currency, rest]) =>
      rest === 0 ? [] : [`rule 4: ${rest} too much in ${currency}`],
    ),
    ...accounts.flatMap(({ accountId, postedMinor, heldMinor, entries, floorMinor }) => [
      ...(postedMinor === entries.postedMinor && heldMinor === entries.heldMinor
        ? []
        : [`rule 4: account ${accountId} is not the sum of its entries`]),
      ...(floorMinor !== undefined && postedMinor + Math.min(heldMinor, 0) < floorMinor
        ? [`rule 4: account ${accountId} is overdrawn`]
        : []),
      ...(heldMinor === 0 ? [] : [`rule 5: ${heldMinor} is still held on account ${accountId}`]),
    ]),
  ]
}

function restOf({ machines, outbox, quarantined, server, news }: Evidence): string[] {
  return [
    ...machines.flatMap(({ machine, sellsByPhone }) =>
      sellsByPhone ? [] : [`rule 5: machine ${machine} does not sell by phone again`],
    ),
    ...Object.entries(outbox).map(([kind, count]) => `rule 8: the server has still ${count} to do: ${kind}`),
    ...quarantined.map((error) => `rule 16: an event went to quarantine: ${error}`),
    ...server.flatMap(({ saleId, aside }) =>
      aside === null ? [] : [`rule 16: set aside for a person: ${aside} (sale ${saleId})`],
    ),
    // Those that were killed were ended by SIGKILL.
    ...news
      .filter((words) => /ended with code|cannot start|SIG(?!KILL|TERM)/.test(words))
      .filter((words) => !databaseAway.test(words))
      .map((words) => `rule 16: ${words}`),
  ]
}

/** Why a program may end when it is started: its database had been crashed. */
export const databaseAway = /postgres at \S+ does not answer/

/** For the summary of a run. */
export function faultWords(faults: readonly FaultRecord[]): string {
  const kinds = counted(faults.map(({ plan }) => plan.kind))
  return Object.entries(kinds)
    .map(([kind, count]) => `${count} ${kind}`)
    .join(', ')
}

function counted(words: readonly string[]): Record<string, number> {
  const counts: Record<string, number> = {}
  for (const each of words) counts[each] = (counts[each] ?? 0) + 1
  return counts
}

function sum(amounts: readonly number[]): number {
  return amounts.reduce((total, amount) => total + amount, 0)
}
