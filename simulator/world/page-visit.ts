// Somebody who pays on a machine's page: types the number, then the code that the text brings, chooses, taps
// once under the price - or twice, too late, on a price that is no more, or with a code that was guessed.
import type { View } from '@concilia/relation-server/phones/web/view.ts'
import type { Browser } from './browser.ts'
import type { Twist } from './swarm.ts'

export interface PageVisitParts {
  readonly browser: Browser
  readonly number: string
  readonly twists: ReadonlySet<Twist>
  /** Whether whoever it is still stands there. */
  readonly isThere: () => boolean
  readonly soon: (action: () => void, slower?: number) => void
  readonly tell: (words: string) => void
  /** Chooses an item on the machine. */
  readonly choose: () => void
  /** Gives the machine's lever a push, and chooses something dearer. */
  readonly changeMind: () => void
  /** The code that the centre has sent, once. */
  readonly centreCode: () => string | undefined
}

const wrong = ['000000', '000001', '000002', '000003']

export class PageVisit {
  readonly #parts: PageVisitParts
  /** Under which a tap has paid, or tried to. */
  readonly #tapped = new Set<string>()
  #hasNumber = false
  #hasArrived = false
  #hasChosen = false

  constructor(parts: PageVisitParts) {
    this.#parts = parts
  }

  begin(): void {
    this.#lookAgain(0)
  }

  /** The text with the page's code is on the phone. */
  codeCame(code: string): void {
    const { browser, twists, soon, tell } = this.#parts
    const guesses = twists.has('guessesCodes') ? wrong : twists.has('wrongCode') ? wrong.slice(1, 2) : []
    const type = (codes: readonly string[]): void => {
      const [next, ...others] = codes
      if (next === undefined) return
      tell(`types ${next} on the page`)
      browser.code(next, () => soon(() => type(others)))
    }
    soon(() => type([...guesses, code]))
  }

  #lookAgain(slower = 1): void {
    this.#parts.soon(() => {
      if (this.#parts.isThere()) this.#parts.browser.look((view) => this.#see(view))
    }, slower)
  }

  #see(view: View | undefined): void {
    const { browser, number, tell } = this.#parts
    this.#lookAgain()
    if (view?.kind === 'askNumber' && !this.#hasNumber) {
      this.#hasNumber = true
      tell('types the number on the page')
      browser.number(number, () => {})
    } else if (view?.kind === 'arrive' && !this.#hasArrived) {
      this.#hasArrived = true
      tell('taps "I am here" on the page')
      browser.tap(`machine ${this.machine}`, (isHeard) => {
        if (!isHeard) this.#hasArrived = false
      })
    } else if (view?.kind === 'said') this.#hear(view.say)
  }

  #hear(say: Extract<View, { kind: 'said' }>['say']): void {
    const { browser, centreCode, choose } = this.#parts
    if (say.kind === 'price') this.#price(say.code)
    else if (say.kind === 'chooseNow' && !this.#hasChosen) {
      this.#hasChosen = true
      choose()
    } else if (say.kind === 'validationAsked') {
      const code = centreCode()
      if (code !== undefined) browser.tap(code, () => {})
    }
  }

  #price(code: string): void {
    const { browser, twists, soon, tell, changeMind } = this.#parts
    if (this.#tapped.has(code) || twists.has('isSilent')) return
    this.#tapped.add(code)
    const pay = () => {
      tell(`taps "pay" on the page (${code})`)
      browser.pay(code, (isHeard) => {
        if (!isHeard) this.#tapped.delete(code)
      })
    }
    if (twists.has('saysNo')) soon(() => browser.tap('0', () => {}))
    else if (twists.has('tapsStale')) {
      changeMind()
      soon(() => browser.tap(`machine ${this.machine}`, () => {}), 2)
      soon(pay, 6)
    } else {
      soon(pay, twists.has('answersLate') ? 15 : 1)
      if (twists.has('answersTwice')) soon(pay)
    }
  }

  get machine(): string {
    return this.#parts.browser.machine
  }
}
