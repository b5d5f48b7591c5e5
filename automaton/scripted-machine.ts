// A vending machine behind the hardware port, for the automaton's tests: small state that outlives the
// automaton's process, and a truth of its own about what it gave out.
import type { Money } from '@concilia/protocol/money.ts'
import type { Hardware, HardwareEvent } from './hardware/port.ts'

export type VendResult = Extract<HardwareEvent, { type: 'vendConcluded' }>['result']

export class ScriptedMachine {
  /** Items physically given out. */
  dropped = 0
  /** Whether the next vends work. */
  jammed = false
  /** Prices approved, one entry an approval. */
  readonly approvals: Money[] = []
  readonly calls: string[] = []
  shown = ''
  /** Approved, and its end not yet said. */
  #vending = false
  #listening = false
  #requested = false
  #result: VendResult = 'unknown'
  #hear: (event: HardwareEvent) => void = () => {}

  /** The driver of one process. @param point passed before each call, where a test may end the process */
  driver(point: (name: string) => void): Hardware {
    const called = (name: string) => {
      point(`hardware.${name}`)
      this.calls.push(name)
    }
    return {
      start: (listening, hear) => {
        called(listening ? 'listen' : 'start')
        this.#hear = hear
        // A request that nobody answered is gone with the process that heard it; a vend is not.
        this.#requested = false
        this.#listening = listening
        if (!listening) this.#vending = false
      },
      attend: (forMs) => called(`attend ${forMs}`),
      approve: (price) => {
        called('approve')
        this.approvals.push(price)
        if (!this.#requested) throw new Error('an approval that nobody waits for')
        this.#requested = false
        this.#vending = true
        this.#result = this.jammed ? 'failed' : 'delivered'
        if (!this.jammed) this.dropped++
      },
      deny: () => {
        called('deny')
        this.#requested = false
      },
      display: (text) => {
        this.shown = text
      },
      stop: async () => called('stop'),
    }
  }

  /** The process is gone: nobody hears the machine. */
  abandon(): void {
    this.#hear = () => {}
  }

  say(event: HardwareEvent): void {
    this.#hear(event)
  }

  /** The buttons are dead while an item is on its way. */
  choose(item = 5, amountMinor = 150): void {
    if (this.#vending || this.#listening) return
    this.#requested = true
    this.say({ type: 'vendRequested', price: { amountMinor, currency: 'EUR' }, item })
  }

  cancel(why: 'cancelled' | 'readerLost' = 'cancelled'): void {
    this.#requested = false
    this.say({ type: 'vendCancelled', why })
  }

  /** The vend in progress comes to its end. */
  conclude(result: VendResult = this.#result): void {
    if (!this.#vending) throw new Error('nothing is being vended')
    this.#concluded(result)
  }

  /** The end of a vend that goes its way, or of the limit of a driver that listened and heard nothing. */
  settle(): void {
    if (this.#vending) this.#concluded(this.#result)
    else if (this.#listening) this.#concluded('unknown')
  }

  #concluded(result: VendResult): void {
    this.#vending = false
    this.#listening = false
    this.say({ type: 'vendConcluded', result, detail: `scripted-${result}` })
  }
}
