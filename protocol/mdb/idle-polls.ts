// Most of a bus is polls that nothing comes of. For people they are left out of what a listener heard,
// after the first of each run.
import type { HeardBlock } from './bus-listener.ts'

export class IdlePolls<Heard extends { readonly heard: HeardBlock }> {
  #poll: Heard | undefined
  #idle = false
  #left = 0

  /** How many were left out so far. */
  get leftOut(): number {
    return this.#left
  }

  /** @returns what is worth showing, in order; a poll is held back until it is known what came of it */
  push(next: Heard): Heard[] {
    const poll = this.#poll
    this.#poll = undefined
    if (poll && isNothing(next.heard)) return this.#nothing(poll, next)
    const held = poll && next.heard.name === 'poll' ? this.#nothing(poll) : poll ? [poll] : []
    if (next.heard.name === 'poll') {
      this.#poll = next
      return held
    }
    this.#idle = false
    return [...held, next]
  }

  #nothing(...exchange: Heard[]): Heard[] {
    const again = this.#idle
    this.#idle = true
    if (again) this.#left++
    return again ? [] : exchange
  }
}

/** The peripheral only acknowledges. */
function isNothing({ from, kind }: HeardBlock): boolean {
  return from === 'peripheral' && kind === 'control'
}
