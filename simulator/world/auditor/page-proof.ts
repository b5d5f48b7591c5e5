// Whose browsers have proven which number (rule 15): by a code that stood in a text to that number, typed in
// that browser before three wrong ones were.
import type { Observation } from '../observations.ts'
import type { Breaks } from './auditor.ts'

const tries = 3

interface Visit {
  readonly number: string
  wrong: number
  isProven: boolean
}

export class PageProof {
  readonly #breaks: Breaks
  readonly #visits = new Map<string, Visit>()
  readonly #codes = new Map<string, Set<string>>()

  constructor(breaks: Breaks) {
    this.#breaks = breaks
  }

  /** The number that a browser may pay for. */
  numberOf(browser: string): string | undefined {
    const visit = this.#visits.get(browser)
    return visit?.isProven ? visit.number : undefined
  }

  see(observation: Observation): void {
    switch (observation.type) {
      case 'read': {
        const code = /: (\d{6}) proves your number/.exec(observation.words)?.[1]
        if (code === undefined) return
        const codes = this.#codes.get(observation.buyer) ?? new Set()
        this.#codes.set(observation.buyer, codes.add(code))
        return
      }
      case 'pageNumber':
        this.#visits.set(observation.browser, { number: observation.number, wrong: 0, isProven: false })
        return
      case 'pageCodeTyped': {
        const visit = this.#visits.get(observation.browser)
        if (visit && !this.#isOf(visit, observation.code)) visit.wrong++
        return
      }
      case 'pageProven':
        this.#proven(observation)
        return
      default:
        return
    }
  }

  #proven({ browser, code }: Extract<Observation, { type: 'pageProven' }>): void {
    const visit = this.#visits.get(browser)
    if (!visit) return
    if (!this.#isOf(visit, code)) {
      this.#breaks(15, `${browser} is taken for ${visit.number} by a code that was never sent there`)
      return
    }
    if (visit.wrong >= tries)
      this.#breaks(15, `${browser} has proven ${visit.number} after ${visit.wrong} wrong codes`)
    visit.isProven = true
  }

  #isOf({ number }: Visit, code: string): boolean {
    return this.#codes.get(number)?.has(code) ?? false
  }
}
