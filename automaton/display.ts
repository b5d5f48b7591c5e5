// The 32 characters of the vending machine's display: what standby says, an open offer with its countdown, a
// few words at the end of a sale. It decides no sale; its countdown is a picture of the offer's own timer.
import type { Clock, Timer } from '@concilia/protocol/clock.ts'
import type { DisplayTextName } from '@concilia/protocol/machine-configuration.ts'
import { type Money, priceText } from '@concilia/protocol/money.ts'
import type { Scene } from './sale-events.ts'

export type Language = 'en' | 'fr'

export const displayWidth = 32
/** The invitation and the countdown take turns. */
const turnMs = 2000
/** How long the last words of a sale stay. */
const closingMs = 5000

/** ASCII: the displays of vending machines know little else. */
const words = {
  en: {
    left: 'left',
    delivering: 'Paid. Your item is coming',
    delivered: 'Thank you',
    failed: 'Not delivered: money back',
    unknown: 'Fault: see your phone',
    waitLimit: 'Time is over. Nothing charged',
    cancelled: 'Cancelled',
    closed: 'Phone payment closed',
    codeTyped: 'Code taken. Choose your item',
    codeSent: 'Code taken. One moment',
  },
  fr: {
    left: 'reste',
    delivering: 'Paye. Votre article arrive',
    delivered: 'Merci',
    failed: 'Echec: vous etes rembourse',
    unknown: 'Panne: voyez votre telephone',
    waitLimit: 'Temps ecoule. Rien de debite',
    cancelled: 'Annule',
    closed: 'Paiement par telephone ferme',
    codeTyped: 'Code lu. Choisissez un article',
    codeSent: 'Code lu. Un instant',
  },
} as const

export interface DisplaySettings {
  readonly language: Language
  readonly offerWaitMs: number
  /** Words of the operator in place of ours. */
  readonly texts: Partial<Readonly<Record<DisplayTextName, string>>>
  /** What an item is called; undefined when nobody said. */
  readonly labelOf: (item: number) => string | undefined
}

interface OpenOffer {
  readonly price: Money
  readonly label: string | undefined
  /** Monotonic ms. */
  readonly until: number
}

export class Display {
  readonly #put: (text: string) => void
  readonly #clock: Clock
  #settings: DisplaySettings
  #invitation = ''
  #timer: Timer | undefined
  #standby = true
  /** What is shown again after words that come between. */
  #open: OpenOffer | undefined

  constructor(put: (text: string) => void, clock: Clock, settings: DisplaySettings) {
    this.#put = put
    this.#clock = clock
    this.#settings = settings
  }

  /** From the next words on. */
  use(settings: DisplaySettings): void {
    this.#settings = settings
  }

  /** What a buyer is told to do; empty while phone payment cannot be offered. */
  invite(invitation: string): void {
    this.#invitation = invitation
    if (this.#standby) this.#say(invitation)
  }

  show(scene: Scene): void {
    this.#timer?.cancel()
    this.#standby = false
    if (scene.scene !== 'codeTyped' && scene.scene !== 'told') this.#open = undefined
    switch (scene.scene) {
      case 'offer':
        this.#open = {
          price: scene.price,
          label: this.#settings.labelOf(scene.item),
          until: this.#clock.monotonic() + this.#settings.offerWaitMs,
        }
        this.#offer(this.#open)
        break
      case 'delivering':
        this.#say(this.#words.delivering)
        break
      case 'concluded':
        this.#close(this.#words[scene.result])
        break
      case 'codeTyped':
        this.#aside(scene.sent ? this.#words.codeSent : this.#words.codeTyped)
        break
      case 'told':
        this.#aside(scene.text)
        break
      case 'refused':
        this.#close(scene.text)
        break
      case 'withdrawn':
        this.#close(this.#withdrawn(scene.reason))
        break
    }
  }

  stop(): void {
    this.#timer?.cancel()
  }

  get #words(): Readonly<Record<DisplayTextName | 'left' | 'codeTyped' | 'codeSent', string>> {
    const { language, texts } = this.#settings
    return { ...words[language], ...texts }
  }

  /** The pages take turns: what to do, what it is, how long it is still there. */
  #offer(offer: OpenOffer, turn = 0): void {
    const price = priceText(offer.price)
    const leftMs = Math.max(0, offer.until - this.#clock.monotonic())
    const pages = [
      this.#invitation,
      offer.label === undefined ? '' : `${offer.label} ${price}`,
      this.#countdown(price, leftMs),
    ].filter((page) => page !== '')
    this.#say(pages[turn % pages.length] ?? '')
    this.#timer = this.#clock.after(turnMs, () => this.#offer(offer, turn + 1))
  }

  /** `1.50 EUR - 2:58 left`; French puts the word first. */
  #countdown(price: string, leftMs: number): string {
    const seconds = Math.ceil(leftMs / 1000)
    const time = `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, '0')}`
    const { left } = this.#words
    return this.#settings.language === 'fr' ? `${price} - ${left} ${time}` : `${price} - ${time} ${left}`
  }

  #withdrawn(reason: Extract<Scene, { scene: 'withdrawn' }>['reason']): string {
    switch (reason) {
      case 'waitLimit':
        return this.#words.waitLimit
      case 'cancelled':
      case 'readerLost':
      case 'restarted':
        return this.#words.cancelled
      case 'refused':
      case 'journalFailed':
        return this.#words.closed
    }
  }

  /** Words between: then the open offer again, or standby. */
  #aside(text: string): void {
    const offer = this.#open
    if (!offer) {
      this.#close(text)
      return
    }
    this.#say(text)
    this.#timer = this.#clock.after(closingMs, () => this.#offer(offer))
  }

  #close(text: string): void {
    this.#say(text)
    this.#timer = this.#clock.after(closingMs, () => {
      this.#standby = true
      this.#say(this.#invitation)
    })
  }

  #say(text: string): void {
    this.#put(text.slice(0, displayWidth))
  }
}
