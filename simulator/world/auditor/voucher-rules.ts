// Rules 2, 4, 14 and 15 for calls that pay: what a call has cost is always in one place - good for its code,
// spent on a sale, or owed to nobody known -, its code was read after the tariff and before anything was
// paid, and it pays one item of its price, typed at its own machine.
import type { Observation, SeenTransfer } from '../observations.ts'
import type { Breaks, Premises, Rules } from './auditor.ts'
import type { Seen, SeenSale } from './seen-sale.ts'

/** Wrong codes of one offer after which nothing that is typed is looked at. */
const triesOfOffer = 3

interface Call {
  readonly amountMinor: number
  readonly direct: boolean
  heardTariff: boolean
  readonly codes: Set<string>
  /** Machine numbers that were typed in it, until one has paid for a sale. */
  readonly typed: string[]
  state: string
}

interface Voucher {
  readonly callId: string
  readonly automatonId: string
  endsAt: number | undefined
  goodMinor: number
  paidMinor: number
  lapsedMinor: number
}

/** What was typed at a machine, and for which sale it was the yes. */
interface Typed {
  readonly code: string
  saleId: string | undefined
}

export class VoucherRules implements Rules {
  readonly #seen: Seen
  readonly #premises: Premises
  readonly #breaks: Breaks
  readonly #calls = new Map<string, Call>()
  readonly #vouchers = new Map<string, Voucher>()
  readonly #typed = new Map<string, Typed[]>()
  /** Offers, and codes in the words of machines, by journal and number. */
  readonly #words = new Map<string, { saleId: string; code: string | undefined }>()
  /** Sales whose offer the server has stored. */
  readonly #offered = new Set<string>()
  /** Codes that the server has stored, by sale. */
  readonly #tried = new Map<string, { code: string; at: number }[]>()
  /** What all calls have cost, and what of it is owed to nobody known, as the books have it. */
  #callsMinor = 0
  #unclaimedMinor = 0
  /** Of calls whose code was read, and said to be so only when their vouchers had lapsed unread. */
  #lateMinor = 0

  constructor(seen: Seen, premises: Premises, breaks: Breaks) {
    this.#seen = seen
    this.#premises = premises
    this.#breaks = breaks
  }

  after(observation: Observation, at: number): void {
    switch (observation.type) {
      case 'called': {
        const { callId, amountMinor, direct } = observation
        const heard = { heardTariff: false, codes: new Set<string>(), typed: [], state: '' }
        this.#calls.set(callId, { amountMinor, direct, ...heard })
        return
      }
      case 'callHeard':
        this.#heard(observation)
        return
      case 'callTyped':
        this.#calls.get(observation.callId)?.typed.push(observation.machineNumber)
        return
      case 'callCommitted': {
        const call = this.#calls.get(observation.callId)
        if (call) call.state = observation.state
        return
      }
      case 'codeTyped': {
        const { automatonId, code } = observation
        const all = this.#typed.get(automatonId) ?? []
        this.#typed.set(automatonId, [...all, { code, saleId: undefined }])
        return
      }
      case 'wordStored':
        this.#said(observation)
        return
      case 'inboxCommitted': {
        const word = this.#words.get(`${observation.source.split(' ')[2]} ${observation.key}`)
        if (word) this.#stored(word.saleId, word.code, at)
        return
      }
      case 'accountCommitted':
        this.#account(observation)
        return
      case 'transferCommitted':
        this.#moved(observation.transfer, at)
        return
      default:
        return
    }
  }

  /** All is quiet: what the calls have cost is all accounted for. */
  end(): void {
    const sums = { paid: this.#lateMinor, lapsed: this.#lateMinor }
    for (const [accountId, voucher] of this.#vouchers) {
      const { goodMinor, paidMinor, lapsedMinor } = voucher
      sums.paid += paidMinor
      sums.lapsed += lapsedMinor
      const spent = this.#spentOf(accountId)
      const money = `${paidMinor} paid: ${goodMinor} good, ${spent} spent, ${lapsedMinor} lapsed`
      const found = `the voucher of ${voucher.callId}: ${money}`
      if (paidMinor !== goodMinor + spent + lapsedMinor) this.#breaks(4, found)
      this.#endOf(voucher, spent, found)
    }
    if (this.#callsMinor !== -sums.paid)
      this.#breaks(4, `calls have cost ${sums.paid}, and their account says ${-this.#callsMinor}`)
    if (this.#unclaimedMinor !== sums.lapsed)
      this.#breaks(4, `${sums.lapsed} have lapsed, and ${this.#unclaimedMinor} are said to be unclaimed`)
  }

  #endOf({ callId, goodMinor, endsAt }: Voucher, spent: number, found: string): void {
    const state = this.#calls.get(callId)?.state
    if (goodMinor > 0 && endsAt === undefined) this.#breaks(5, `${found}, and will never lapse`)
    if (spent > 0 && endsAt !== undefined) this.#breaks(4, `${found}, and is yet to lapse`)
    if (goodMinor > 0 && state === 'used') this.#breaks(2, `${found}, and its code is used up`)
    if (spent > 0 && state !== 'used') this.#breaks(2, `${found}, and its code is ${state}`)
    if (state === 'bound') this.#breaks(5, `${found}, and its call still waits for its sale`)
  }

  #heard({ callId, what, code }: Extract<Observation, { type: 'callHeard' }>): void {
    const call = this.#calls.get(callId)
    if (!call) return
    if (what.startsWith('tariff')) call.heardTariff = true
    if (code === undefined) return
    call.codes.add(code)
    if (!call.heardTariff) this.#breaks(14, `${callId} is read its code before it has heard what it costs`)
  }

  #said({ saleId, kind, text }: Extract<Observation, { type: 'wordStored' }>): void {
    if (kind !== 'offer' && !text.includes('"code"')) return
    const { journalId, seq, code } = JSON.parse(text)
    this.#words.set(`${journalId} ${seq}`, { saleId, code: typeof code === 'string' ? code : undefined })
  }

  /** A code that overtook its offer is not looked at: there is no sale yet that it could be for. */
  #stored(saleId: string, code: string | undefined, at: number): void {
    if (code === undefined) this.#offered.add(saleId)
    else if (this.#offered.has(saleId)) {
      this.#tried.set(saleId, [...(this.#tried.get(saleId) ?? []), { code, at }])
    }
  }

  #account({ accountId, voucher }: Extract<Observation, { type: 'accountCommitted' }>): void {
    if (!voucher) return
    const { callId, automatonId, endsAt } = voucher
    const known = this.#vouchers.get(accountId)
    if (known) known.endsAt = endsAt
    else {
      const none = { goodMinor: 0, paidMinor: 0, lapsedMinor: 0 }
      this.#vouchers.set(accountId, { callId, automatonId, endsAt, ...none })
    }
  }

  #moved({ kind, paymentId, entries }: SeenTransfer, at: number): void {
    let isOfCalls = 0
    for (const { accountId, layer, amountMinor } of entries) {
      if (layer !== 'posted') continue
      if (/^centre:voice:[^:]+:calls:/.test(accountId)) isOfCalls += amountMinor
      if (accountId.startsWith('centre:unclaimed:')) this.#unclaimedMinor += amountMinor
    }
    this.#callsMinor += isOfCalls
    const isLate = kind === 'lapse' && !entries.some(({ accountId }) => this.#vouchers.has(accountId))
    if (isLate) this.#lateMinor -= isOfCalls
    for (const { accountId, layer, amountMinor } of entries) {
      const voucher = this.#vouchers.get(accountId)
      if (!voucher || layer !== 'posted') continue
      voucher.goodMinor += amountMinor
      if (kind === 'lapse') voucher.lapsedMinor -= amountMinor
      if (isOfCalls !== 0) this.#paid(voucher, -isOfCalls)
    }
    const sale = this.#seen.saleOfPayment(paymentId)
    const payer = this.#vouchers.get(sale?.payments.get(paymentId)?.accountId ?? '')
    if (sale && payer && (kind === 'debit' || kind === 'hold')) this.#charged(sale, payer, at)
  }

  /** The carrier owes for a call as soon as its code has been read, or is typed; a direct one at once. */
  #paid(voucher: Voucher, amountMinor: number): void {
    voucher.paidMinor += amountMinor
    const call = this.#calls.get(voucher.callId)
    if (!call || (call.codes.size === 0 && !call.direct))
      this.#breaks(15, `${voucher.callId} has to pay, and was never read a code`)
  }

  #charged(sale: SeenSale, { callId, automatonId }: Voucher, at: number): void {
    const call = this.#calls.get(callId)
    const { saleId, amountMinor } = sale
    if (!call || call.amountMinor !== amountMinor)
      this.#breaks(14, `${saleId} at ${amountMinor} is charged to ${callId} of ${call?.amountMinor}`)
    if (automatonId !== sale.automatonId)
      this.#breaks(14, `${saleId} is charged to ${callId}, whose caller stood before ${automatonId}`)
    const typed = (this.#typed.get(sale.automatonId) ?? []).filter(({ code }) => call?.codes.has(code))
    const yes =
      typed.find((each) => each.saleId === saleId) ?? typed.find((each) => each.saleId === undefined)
    if (yes) {
      yes.saleId = saleId
      this.#notGuessed(sale, yes.code, at)
      return
    }
    const number = this.#premises.machineNumberOf.get(sale.automatonId) ?? ''
    const place = call?.typed.indexOf(number) ?? -1
    if (call?.direct && place >= 0) call.typed.splice(place, 1)
    else this.#breaks(14, `${saleId} is charged to ${callId}, whose code nobody typed for it`)
  }

  /** What came with others in one commit may have been looked at before them. */
  #notGuessed({ saleId }: SeenSale, code: string, at: number): void {
    const tried = this.#tried.get(saleId) ?? []
    const right = tried.find((each) => each.code === code)?.at ?? at
    const wrong = tried.filter((each) => each.at < right && !this.#isAnyones(each.code))
    if (wrong.length >= triesOfOffer)
      this.#breaks(15, `${saleId} is charged on the code that came after ${wrong.length} wrong ones`)
  }

  #isAnyones(code: string): boolean {
    for (const { codes } of this.#calls.values()) if (codes.has(code)) return true
    return false
  }

  #spentOf(accountId: string): number {
    let spent = 0
    for (const { payments } of this.#seen.sales.values()) {
      for (const money of payments.values()) if (money.accountId === accountId) spent -= money.postedMinor
    }
    return spent
  }
}
