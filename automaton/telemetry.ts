// What the machine noticed that is no sale: counted, thinned to one of a kind a second, sent when the link is
// up and otherwise dropped. It never carries money. A loss of the hardware that still stands is said again
// whenever the server has answered our birth, which forgets what it knew.
import type { Clock } from '@concilia/protocol/clock.ts'
import type { Telemetry } from '@concilia/protocol/messages.ts'

const thinnedToMs = 1000

export class TelemetryFeed {
  readonly #clock: Clock
  readonly #names: Pick<Telemetry, 'journalId' | 'boot'>
  readonly #send: (telemetry: Telemetry) => void
  readonly #saidAt = new Map<Telemetry['kind'], number>()
  #count = 0
  /** Why the hardware is lost; undefined while it is there. */
  #loss: string | undefined

  constructor(
    clock: Clock,
    { journalId, boot }: Pick<Telemetry, 'journalId' | 'boot'>,
    send: (telemetry: Telemetry) => void,
  ) {
    this.#clock = clock
    this.#names = { journalId, boot }
    this.#send = send
  }

  notice(kind: Telemetry['kind'], detail: string): void {
    if (kind === 'hardwareLost') this.#loss = detail
    if (kind === 'hardwareBack') this.#loss = undefined
    this.#count++
    const now = this.#clock.monotonic()
    // The loss and the return of the hardware are a state: the last of them must not be the one left out.
    const thinned = kind !== 'hardwareLost' && kind !== 'hardwareBack'
    if (thinned && now - (this.#saidAt.get(kind) ?? Number.NEGATIVE_INFINITY) < thinnedToMs) return
    this.#saidAt.set(kind, now)
    this.#say(kind, detail)
  }

  /** The server listens anew. */
  sayStanding(): void {
    if (this.#loss === undefined) return
    this.#count++
    this.#say('hardwareLost', this.#loss)
  }

  #say(kind: Telemetry['kind'], detail: string): void {
    const at = this.#clock.now()
    this.#send({ ...this.#names, count: this.#count, at, kind, detail: detail.slice(0, 200) })
  }
}
