// A simulated phone: it texts, dials and reads, over whatever line its carrier gives it; it knows nothing of
// machines, prices or accounts.
import type { Clock } from '@concilia/protocol/clock.ts'
import { maskedSubscriber } from '@concilia/protocol/subscriber.ts'
import type { Shown } from './phone-gateway.ts'

/** A dialogue on its way through the carrier; rejects when the carrier ends it. */
export interface Dialogue {
  dialled(code: string): Promise<Shown>
  answered(words: string): Promise<Shown>
}

/** What a dialogue shows. */
export interface Screen extends Shown {
  /** Types something and sends it; only while the dialogue goes on. */
  answer(words: string): Promise<Screen>
}

/** What a carrier does for one phone. */
export interface PhoneLine {
  /** The service's code, such as `*123#`. */
  readonly ussdCode: string
  /** Resolves once the server has taken it. */
  text(words: string): Promise<void>
  dialogue(): Dialogue
}

export class Phone {
  readonly number: string
  readonly #line: PhoneLine
  readonly #clock: Clock
  readonly #texts: string[] = []
  #read = 0
  #waiting: (() => void)[] = []

  constructor(number: string, line: PhoneLine, clock: Clock) {
    this.number = number
    this.#line = line
    this.#clock = clock
  }

  /** Every text received, oldest first. */
  get texts(): readonly string[] {
    return this.#texts
  }

  /** Resolves once the server has taken it. */
  text(words: string): Promise<void> {
    return this.#line.text(words)
  }

  /** @param code such as `*123*4021#`; the service's own code alone when left out */
  dial(code = this.#line.ussdCode): Promise<Screen> {
    const dialogue = this.#line.dialogue()
    return screen(dialogue, dialogue.dialled(code))
  }

  /** The oldest text not yet read; waits for one. Rejects when none comes in time. */
  async nextText(timeoutMs: number): Promise<string> {
    if (this.#read >= this.#texts.length) await this.#arrival(timeoutMs)
    return this.#texts[this.#read++] ?? ''
  }

  /** The gateway delivers a text to the handset. */
  receive(text: string): void {
    this.#texts.push(text)
    this.#waiting.shift()?.()
  }

  #arrival(timeoutMs: number): Promise<void> {
    return new Promise((resolve, reject) => {
      const arrived = () => {
        timer.cancel()
        resolve()
      }
      const timer = this.#clock.after(timeoutMs, () => {
        this.#waiting = this.#waiting.filter((waiting) => waiting !== arrived)
        const who = maskedSubscriber({ realm: 'e164', key: this.number })
        reject(new Error(`no text came to ${who} within ${timeoutMs} ms`))
      })
      this.#waiting.push(arrived)
    })
  }
}

async function screen(dialogue: Dialogue, showing: Promise<Shown>): Promise<Screen> {
  const shown = await showing
  return {
    ...shown,
    answer: (words) => {
      if (!shown.goesOn) throw new Error('the dialogue has ended; dial again')
      return screen(dialogue, dialogue.answered(words))
    },
  }
}
