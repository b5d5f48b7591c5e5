// What a wire does to what it carries: delay it, lose it, double it, and by unequal delays put it out of
// order. The weather is drawn for each world (swarm.ts) and clears up when the faults stop.
import type { SeededRandom } from './seeded-random.ts'
import type { Timeline } from './timeline.ts'

export interface Weather {
  /** Mean delay (ms). */
  readonly delayMs: number
  /** Probability of a delay about a hundred times as long. */
  readonly held: number
  readonly lost: number
  readonly doubled: number
}

export const fairWeather: Weather = { delayMs: 8, held: 0, lost: 0, doubled: 0 }

export class Carriage {
  readonly #timeline: Timeline
  readonly #random: SeededRandom
  readonly #weather: () => Weather
  readonly #note: (what: 'lost' | 'doubled' | 'held') => void

  constructor(
    timeline: Timeline,
    random: SeededRandom,
    weather: () => Weather,
    note: (what: 'lost' | 'doubled' | 'held') => void,
  ) {
    this.#timeline = timeline
    this.#random = random
    this.#weather = weather
    this.#note = note
  }

  /** Once, twice or never; when it is never, `lost` is told so at once. */
  carry(arrive: () => void, lost: () => void = () => {}): void {
    const { lost: mayLose, doubled } = this.#weather()
    if (this.#random.chance(mayLose)) {
      this.#note('lost')
      lost()
      return
    }
    this.#timeline.after(this.#delayMs(), arrive)
    if (!this.#random.chance(doubled)) return
    this.#note('doubled')
    this.#timeline.after(this.#delayMs(), arrive)
  }

  #delayMs(): number {
    const { delayMs, held } = this.#weather()
    if (!this.#random.chance(held)) return this.#random.around(delayMs)
    this.#note('held')
    return this.#random.around(delayMs * 100)
  }
}
