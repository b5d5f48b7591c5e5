// What has been seen of each sale, put together from the observations: the auditor's own books, which share
// nothing with the programs' but the facts. Times are the world's, in ms.
import type { Observation, SeenTransfer } from '../observations.ts'

export interface SeenSale {
  readonly saleId: string
  readonly automatonId: string
  readonly amountMinor: number
  readonly boot: number
  readonly offeredAt: number
  promise: 'deliver' | 'withdraw' | undefined
  promisedAt: number
  approvedAt: number | undefined
  fallen: number
  /** The automaton's last signed word. */
  word: 'delivered' | 'failed' | 'unknown' | 'withdrawn' | undefined
  /** Its signed words that the server has stored, each with the state its sale was in then. */
  readonly heard: { readonly word: NonNullable<SeenSale['word']>; readonly state: string }[]
  deliverCommittedAt: number | undefined
  closedByPerson: boolean
  /** The server's state of it, as last committed. */
  state: string
  isOpen: boolean
  readonly payments: Map<string, SeenMoney>
}

/** A payment as the buyer's account feels it. */
export interface SeenMoney {
  readonly paymentId: string
  readonly accountId: string
  readonly amountMinor: number
  /** Below zero while the buyer has paid it. */
  postedMinor: number
  /** Below zero while it is held. */
  heldMinor: number
  /** What the centre owes the buyer of it: the account was closed before the money could go back. */
  owedMinor: number
  /** Paid out to the operator, once the goods are. */
  payableMinor: number
  /** What whoever runs the premium-rate number keeps of it; the buyer paid by a call. */
  voiceMinor: number
}

/** What the buyer cannot spend, and is not owed, because of it. */
export function tiedMinor({ postedMinor, heldMinor, owedMinor }: SeenMoney): number {
  return -(postedMinor + heldMinor + owedMinor)
}

export interface SeenAccount {
  readonly subscriberHash: string
  readonly ceilingMinor: number
  postedMinor: number
  heldMinor: number
}

/** A fault, or a start of a process, that may explain what cannot be known. */
export interface Mishap {
  readonly what: string
  readonly at: number
  untilMs: number
}

export class Seen {
  readonly sales = new Map<string, SeenSale>()
  readonly accounts = new Map<string, SeenAccount>()
  readonly #saleOfPayment = new Map<string, SeenSale>()
  /** Words of machines, by journal and number. */
  readonly #words = new Map<string, { sale: SeenSale; word: NonNullable<SeenSale['word']> }>()
  readonly #boots = new Map<string, number>()
  readonly #mishaps = new Map<string, Mishap[]>()
  /** The sale that a machine is vending, or was the last to vend. */
  readonly #vending = new Map<string, SeenSale>()

  /** Takes in what was observed; the rules look before and after. */
  take(observation: Observation, at: number): void {
    switch (observation.type) {
      case 'booted':
        this.#boots.set(observation.automatonId, observation.boot)
        this.#mishap(observation.automatonId, 'booted', at, at)
        return
      case 'journalLost':
        this.#mishap(observation.automatonId, 'journalLost', at, Number.POSITIVE_INFINITY)
        return
      case 'fault':
        this.#mishap(observation.whom, observation.what, at, observation.untilMs)
        return
      case 'behaves':
        this.#behaves(observation, at)
        return
      case 'offerStored':
        this.#offer(observation, at)
        return
      case 'promiseStored': {
        const sale = this.sales.get(observation.saleId)
        if (!sale) return
        sale.promise ??= observation.promise
        sale.promisedAt = at
        return
      }
      case 'wordStored': {
        const sale = this.sales.get(observation.saleId)
        const word = wordOf(observation.text)
        if (!sale || !word) return
        sale.word = word
        this.#words.set(numberOf(observation.text), { sale, word })
        return
      }
      case 'inboxCommitted': {
        const said = this.#words.get(`${observation.source.split(' ')[2]} ${observation.key}`)
        if (said) said.sale.heard.push({ word: said.word, state: said.sale.state })
        return
      }
      case 'machine':
        this.#machine(observation, at)
        return
      case 'outboxCommitted': {
        const sale = this.sales.get(observation.saleId ?? '')
        if (sale && observation.kind === 'instruction' && instructionKindOf(observation.body) === 'deliver')
          sale.deliverCommittedAt ??= at
        return
      }
      case 'saleCommitted': {
        const sale = this.sales.get(observation.saleId)
        if (sale) Object.assign(sale, { state: observation.state, isOpen: observation.open })
        return
      }
      case 'personCommitted': {
        const sale = this.sales.get(observation.saleId ?? '')
        if (sale) sale.closedByPerson = true
        return
      }
      case 'accountCommitted': {
        const { accountId, subscriberHash, ceilingMinor } = observation
        const { postedMinor = 0, heldMinor = 0 } = this.accounts.get(accountId) ?? {}
        this.accounts.set(accountId, { subscriberHash, ceilingMinor, postedMinor, heldMinor })
        return
      }
      case 'paymentCommitted': {
        const { id, saleId, accountId, amountMinor } = observation.payment
        const sale = this.sales.get(saleId)
        if (!sale || sale.payments.has(id)) return
        sale.payments.set(id, {
          paymentId: id,
          accountId,
          amountMinor,
          postedMinor: 0,
          heldMinor: 0,
          owedMinor: 0,
          payableMinor: 0,
          voiceMinor: 0,
        })
        this.#saleOfPayment.set(id, sale)
        return
      }
      case 'transferCommitted':
        this.#transfer(observation.transfer)
        return
      default:
        return
    }
  }

  saleOfPayment(paymentId: string): SeenSale | undefined {
    return this.#saleOfPayment.get(paymentId)
  }

  bootOf(automatonId: string): number {
    return this.#boots.get(automatonId) ?? 0
  }

  vendingOn(automatonId: string): SeenSale | undefined {
    return this.#vending.get(automatonId)
  }

  /** The sale whose delivery is promised on this machine and not yet approved. */
  promisedOn(automatonId: string): SeenSale | undefined {
    let found: SeenSale | undefined
    for (const sale of this.sales.values()) {
      if (sale.automatonId === automatonId && sale.promise === 'deliver' && sale.approvedAt === undefined)
        found = sale
    }
    return found
  }

  /** Mishaps of somebody that were going on at any time between the two. */
  mishaps(whom: string, from: number, to: number): Mishap[] {
    return (this.#mishaps.get(whom) ?? []).filter(({ at, untilMs }) => at <= to && untilMs >= from)
  }

  #behaves({ automatonId, behaviours }: Extract<Observation, { type: 'behaves' }>, at: number): void {
    for (const mishap of this.#mishaps.get(automatonId) ?? []) {
      if (mishap.what.startsWith('behaviour ')) mishap.untilMs = Math.min(mishap.untilMs, at)
    }
    for (const name of behaviours)
      this.#mishap(automatonId, `behaviour ${name}`, at, Number.POSITIVE_INFINITY)
  }

  #mishap(whom: string, what: string, at: number, untilMs: number): void {
    const known = this.#mishaps.get(whom) ?? []
    known.push({ what, at, untilMs })
    this.#mishaps.set(whom, known)
  }

  #offer(
    { saleId, automatonId, amountMinor }: Extract<Observation, { type: 'offerStored' }>,
    at: number,
  ): void {
    this.sales.set(saleId, {
      saleId,
      automatonId,
      amountMinor,
      boot: this.bootOf(automatonId),
      offeredAt: at,
      promise: undefined,
      promisedAt: 0,
      approvedAt: undefined,
      fallen: 0,
      word: undefined,
      heard: [],
      deliverCommittedAt: undefined,
      closedByPerson: false,
      state: '',
      isOpen: true,
      payments: new Map(),
    })
  }

  #machine({ automatonId, event, by }: Extract<Observation, { type: 'machine' }>, at: number): void {
    if (event === 'approved' && by === 'phone') {
      const sale = this.promisedOn(automatonId)
      if (!sale) return
      sale.approvedAt = at
      this.#vending.set(automatonId, sale)
    } else if (event === 'dropped' && by === 'phone') {
      const sale = this.vendingOn(automatonId)
      if (sale) sale.fallen++
    }
  }

  #transfer({ paymentId, entries }: SeenTransfer): void {
    const money = this.saleOfPayment(paymentId)?.payments.get(paymentId)
    for (const { accountId, layer, amountMinor } of entries) {
      const field = layer === 'posted' ? 'postedMinor' : 'heldMinor'
      const account = this.accounts.get(accountId)
      if (account) account[field] += amountMinor
      if (money?.accountId === accountId) money[field] += amountMinor
      if (money && accountId.startsWith('centre:owed:')) money.owedMinor += amountMinor
      if (money && /^operator:[^:]+:payable:/.test(accountId)) money.payableMinor += amountMinor
      if (money && /^centre:voice:[^:]+:revenue:/.test(accountId)) money.voiceMinor += amountMinor
    }
  }
}

/** The signed word in a message, read here without the programs' own code and without its signature. */
function wordOf(text: string): SeenSale['word'] {
  const { outcome, withdrawal } = JSON.parse(text)
  if (typeof withdrawal === 'string') return 'withdrawn'
  if (typeof outcome !== 'string') return undefined
  return JSON.parse(Buffer.from(outcome.split('.')[1] ?? '', 'base64url').toString('utf8')).result
}

function instructionKindOf(body: string): unknown {
  return JSON.parse(body).instruction?.kind
}

function numberOf(text: string): string {
  const { journalId, seq } = JSON.parse(text)
  return `${journalId} ${seq}`
}
