// Rules 14 and 15: nobody is charged who did not say yes, from that very phone, to that machine at that
// price; and a yes is good for one sale.
import type { Observation } from '../observations.ts'
import type { Breaks, Premises, Rules } from './auditor.ts'
import { PageProof } from './page-proof.ts'
import type { Seen } from './seen-sale.ts'

/** A price that a buyer has read: by text or on a page, with a code; on a screen, with a figure to type. */
interface Quote {
  readonly machineNumber: string
  readonly amountMinor: number
  readonly code: string | undefined
  readonly figure: string | undefined
  /** On whose screen. */
  readonly dialogue: number | undefined
  readonly readAt: number
  saidYes: boolean
  saleId: string | undefined
}

type Told = Pick<Quote, 'machineNumber' | 'amountMinor' | 'code'> &
  Partial<Pick<Quote, 'figure' | 'dialogue'>>

/** A quote read again within this is the same one: the text came twice, or was asked for again (ms). */
const sameQuoteMs = 200_000

export class ConsentRules implements Rules {
  readonly #seen: Seen
  readonly #premises: Premises
  readonly #breaks: Breaks
  readonly #quotes = new Map<string, Quote[]>()
  readonly #pages: PageProof
  readonly #codesOfTwoPrices = new Set<string>()
  #hadCodeOfTwoSales = false

  constructor(seen: Seen, premises: Premises, breaks: Breaks) {
    this.#seen = seen
    this.#premises = premises
    this.#breaks = breaks
    this.#pages = new PageProof(breaks)
  }

  after(observation: Observation, at: number): void {
    this.#pages.see(observation)
    if (observation.type === 'read') this.#read(observation, at)
    if (observation.type === 'said') this.#said(observation)
    if (observation.type === 'pageShown') this.#shown(observation, at)
    if (observation.type === 'pageTapped') this.#tapped(observation)
    if (observation.type === 'transferCommitted') this.#charged(observation.transfer)
  }

  #read({ buyer, words, dialogue }: Extract<Observation, { type: 'read' }>, at: number): void {
    const [, machineNumber, whole, cents] = /^Machine (\d+): (\d+)\.(\d\d) EUR/.exec(words) ?? []
    const code = /\bYES (\d+)/.exec(words)?.[1]
    const figure = /^(\d) Pay/m.exec(words)?.[1]
    if (machineNumber === undefined || (code ?? figure) === undefined) return
    const amountMinor = Number(whole) * 100 + Number(cents)
    this.#quote(buyer, { machineNumber, amountMinor, code, figure, dialogue }, at)
  }

  /** Only what a browser with a proven number shows is somebody's to accept. */
  #shown({ browser, ...quote }: Extract<Observation, { type: 'pageShown' }>, at: number): void {
    const number = this.#pages.numberOf(browser)
    if (number !== undefined) this.#quote(number, quote, at)
  }

  #tapped({ browser, code }: Extract<Observation, { type: 'pageTapped' }>): void {
    const number = this.#pages.numberOf(browser)
    for (const quote of this.#quotes.get(number ?? '') ?? []) if (quote.code === code) quote.saidYes = true
  }

  #quote(buyer: string, told: Told, at: number): void {
    const { machineNumber, amountMinor, code, figure, dialogue } = told
    const quotes = this.#quotes.get(buyer) ?? []
    this.#quotes.set(buyer, quotes)
    const before = quotes.filter(
      (quote) =>
        code !== undefined &&
        quote.code === code &&
        quote.machineNumber === machineNumber &&
        at - quote.readAt < sameQuoteMs,
    )
    const same = before.find((quote) => quote.amountMinor === amountMinor)
    if (same && !this.#isOfNextSale(same)) return
    if (!same && before.length > 0) this.#twoPrices(code ?? '')
    const unanswered = { saidYes: false, saleId: undefined }
    quotes.push({ machineNumber, amountMinor, code, figure, dialogue, readAt: at, ...unanswered })
  }

  /**
   * Whether a quote that is read again has paid its sale, and the machine has offered since: then chance gave
   * the code again, which wants a yes of its own. Once in a world; more often it is no chance.
   */
  #isOfNextSale({ saleId }: Quote): boolean {
    const paid = this.#seen.sales.get(saleId ?? '')
    if (!paid || this.#hadCodeOfTwoSales) return false
    this.#hadCodeOfTwoSales = [...this.#seen.sales.values()].some(
      ({ automatonId, offeredAt }) => automatonId === paid.automatonId && offeredAt > paid.offeredAt,
    )
    return this.#hadCodeOfTwoSales
  }

  /** Chance gives a buyer the same code again once in ten thousand times, so once proves nothing. */
  #twoPrices(code: string): void {
    this.#codesOfTwoPrices.add(code)
    if (this.#codesOfTwoPrices.size === 2)
      this.#breaks(14, `codes ${[...this.#codesOfTwoPrices].join(' and ')} each stand for two prices`)
  }

  #said({ buyer, words, dialogue }: Extract<Observation, { type: 'said' }>): void {
    const quotes = this.#quotes.get(buyer) ?? []
    const code = /^YES (\d+)$/.exec(words)?.[1]
    for (const quote of quotes) if (code !== undefined && quote.code === code) quote.saidYes = true
    // What is typed answers the screen that its dialogue showed last.
    const onScreen = quotes.findLast((quote) => quote.figure !== undefined && quote.dialogue === dialogue)
    if (onScreen?.figure === words) onScreen.saidYes = true
  }

  #charged({ kind, paymentId }: { kind: string; paymentId: string }): void {
    if (kind !== 'debit' && kind !== 'hold') return
    const sale = this.#seen.saleOfPayment(paymentId)
    const account = this.#seen.accounts.get(sale?.payments.get(paymentId)?.accountId ?? '')
    // What a call pays, a code typed at the machine has said yes to: voucher-rules.ts.
    if (!sale || !account || sale.payments.get(paymentId)?.accountId.startsWith('voucher:')) return
    const buyer = this.#premises.numberOfHash.get(account.subscriberHash) ?? ''
    const machineNumber = this.#premises.machineNumberOf.get(sale.automatonId)
    const fitting = (this.#quotes.get(buyer) ?? []).filter(
      (quote) =>
        quote.saidYes && quote.machineNumber === machineNumber && quote.amountMinor === sale.amountMinor,
    )
    if (fitting.some(({ saleId }) => saleId === sale.saleId)) return
    const quote = fitting.find(({ saleId }) => saleId === undefined)
    if (quote) {
      quote.saleId = sale.saleId
      return
    }
    const rule = fitting.length > 0 ? 14 : 15
    const why = rule === 14 ? 'whose yes was for another sale' : 'who has not said yes to it'
    this.#breaks(
      rule,
      `${sale.saleId} (${sale.amountMinor}, machine ${machineNumber}) is charged to a buyer ${why}`,
    )
  }
}
