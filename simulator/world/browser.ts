// A browser on a machine's page: it asks a server, whichever answers, shows what is said there, and posts
// what is tapped. What HTTP and HTML add is tried in the programs' own tests; visits, taps and pages are the
// real ones. A request that nobody answers failed, and whoever taps may tap again.
import { payWords, sessionOf, type Tap, tap } from '@concilia/relation-server/phones/web/tap.ts'
import { type View, viewOf } from '@concilia/relation-server/phones/web/view.ts'
import type { Language } from '@concilia/relation-server/sale-events.ts'
import type { ServedPhones } from './carrier.ts'
import type { Observe } from './observations.ts'
import type { SeededRandom } from './seeded-random.ts'
import type { Timeline } from './timeline.ts'
import type { Carriage } from './weather.ts'

const answerMs = 8_000
const language: Language = 'en'

export interface BrowserParts {
  readonly timeline: Timeline
  readonly random: SeededRandom
  readonly carriage: Carriage
  readonly observe: Observe
  /** The servers that run now. */
  readonly servers: () => readonly ServedPhones[]
}

export class Browser {
  readonly #parts: BrowserParts
  /** For the auditor. */
  readonly #name: string
  #machine = ''
  /** Its cookie, and what the auditor calls the visit that it stands for. */
  #token: string | undefined
  #visit = ''
  #visits = 0

  constructor(parts: BrowserParts, name: string) {
    this.#parts = parts
    this.#name = name
  }

  get machine(): string {
    return this.#machine
  }

  open(machine: string): void {
    this.#machine = machine
  }

  /** @param shown undefined when the page did not load */
  look(shown: (view: View | undefined) => void): void {
    const machine = this.#machine
    const browser = this.#visit
    this.#ask(
      async ({ web, clock }) => {
        const { visits, store } = web
        const known = await visits.of(this.#token)
        const [page] = known ? await store.pages([sessionOf(known.row, machine)]) : []
        return viewOf(true, known?.visitor, page, clock.now())
      },
      (view) => {
        if (view?.kind === 'said' && view.say.kind === 'price') {
          const { machineNumber, price, code } = view.say
          const { amountMinor } = price
          this.#parts.observe({ type: 'pageShown', browser, machineNumber, amountMinor, code })
        }
        shown(view)
      },
    )
  }

  /** Types a telephone number, which is sent a code. */
  number(key: string, done: () => void): void {
    const subscriber = { realm: 'e164', key } as const
    this.#ask(
      ({ web }) => web.visits.ask(subscriber, { machineNumber: this.#machine, language }),
      (token) => {
        if (token !== undefined) {
          this.#token = token
          this.#visit = `${this.#name} ${++this.#visits}`
          this.#parts.observe({ type: 'pageNumber', browser: this.#visit, number: key })
        }
        done()
      },
    )
  }

  /** Types the code. */
  code(code: string, done: () => void): void {
    const token = this.#token
    if (token === undefined) {
      done()
      return
    }
    const browser = this.#visit
    this.#ask(
      async ({ web }) => ({ next: await web.visits.prove(token, code) }),
      (answered) => {
        // What was not answered may never have been looked at.
        if (answered) this.#parts.observe({ type: 'pageCodeTyped', browser, code })
        if (answered?.next !== undefined) {
          this.#token = answered.next
          this.#parts.observe({ type: 'pageProven', browser, code })
        }
        done()
      },
    )
  }

  /** @param done told whether the server answered */
  tap(words: string, done: (isHeard: boolean) => void): void {
    this.#tap({ words }, done)
  }

  pay(code: string, done: (isHeard: boolean) => void): void {
    this.#parts.observe({ type: 'pageTapped', browser: this.#visit, code })
    this.#tap(payWords(code), done)
  }

  #tap(said: Pick<Tap, 'words' | 'once'>, done: (isHeard: boolean) => void): void {
    const machine = this.#machine
    this.#ask(
      async ({ web, clock, receive }) => {
        const parts = { visits: web.visits, receive, clock, random: web.random }
        await tap(parts, { token: this.#token, machine, language, ...said })
        return true
      },
      (heard) => done(heard === true),
    )
  }

  /** @param done with undefined when no answer came; said once */
  #ask<T>(answer: (server: ServedPhones) => Promise<T>, done: (result: T | undefined) => void): void {
    const { timeline, random, carriage, servers } = this.#parts
    let isOpen = true
    const ended = (result: T | undefined) => {
      if (!isOpen) return
      isOpen = false
      done(result)
    }
    timeline.after(answerMs, () => ended(undefined))
    const running = servers().filter(({ process }) => process.alive)
    if (running.length === 0) return
    const server = random.pick(running)
    const { process } = server
    carriage.carry(() =>
      process.enter(() => {
        answer(server).then(
          (result) => process.leave(() => carriage.carry(() => ended(result))),
          () => process.leave(() => ended(undefined)),
        )
      }),
    )
  }
}
