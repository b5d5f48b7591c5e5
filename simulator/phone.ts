// A simulated phone: it texts, dials and reads. Everything goes through the real HTTP forms of its gateway;
// it knows nothing of machines, prices or accounts.
import type { Clock } from '@concilia/protocol/clock.ts'
import { maskedSubscriber } from '@concilia/protocol/subscriber.ts'
import type { Dialogue, PhoneGateway, Request, Shown } from './phone-gateway.ts'

/** What the gateway does for a phone: carries a request to the server, repeated as that gateway repeats. */
export type Carry = (request: Request) => Promise<{ headers: Headers; body: string }>

/** What a dialogue shows. */
export interface Screen extends Shown {
  /** Types something and sends it; only while the dialogue goes on. */
  answer(words: string): Promise<Screen>
}

export interface PhoneLine {
  readonly gateway: PhoneGateway
  readonly carry: Carry
  readonly clock: Clock
  readonly shortCode: string
  readonly ussdCode: string
}

export class Phone {
  readonly number: string
  readonly #line: PhoneLine
  readonly #texts: string[] = []
  #read = 0
  #waiting: (() => void)[] = []

  constructor(number: string, line: PhoneLine) {
    this.number = number
    this.#line = line
  }

  /** Every text received, oldest first. */
  get texts(): readonly string[] {
    return this.#texts
  }

  /** Resolves once the server has taken it. */
  async text(words: string): Promise<void> {
    const { gateway, carry, clock, shortCode } = this.#line
    await carry(gateway.text(this.number, shortCode, words, clock.now()))
  }

  /** @param code such as `*123*4021#`; the service's own code alone when left out */
  dial(code = this.#line.ussdCode): Promise<Screen> {
    const dialogue = this.#line.gateway.dialogue(this.number, this.#line.ussdCode)
    return this.#step(dialogue, dialogue.dialled(code))
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
      const timer = this.#line.clock.after(timeoutMs, () => {
        this.#waiting = this.#waiting.filter((waiting) => waiting !== arrived)
        const who = maskedSubscriber({ realm: 'e164', key: this.number })
        reject(new Error(`no text came to ${who} within ${timeoutMs} ms`))
      })
      this.#waiting.push(arrived)
    })
  }

  async #step(dialogue: Dialogue, request: Request): Promise<Screen> {
    const { headers, body } = await this.#line.carry(request)
    const shown = dialogue.shown(headers, body)
    if (!shown) throw new Error('the carrier ended the dialogue: the server did not answer in its form')
    return {
      ...shown,
      answer: (words) => {
        if (!shown.goesOn) throw new Error('the dialogue has ended; dial again')
        return this.#step(dialogue, dialogue.answered(words))
      },
    }
  }
}
