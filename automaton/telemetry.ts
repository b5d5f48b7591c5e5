// What the machine noticed that is no sale: counted, thinned to one of a kind a second, sent when the link is
// up and otherwise dropped. It never carries money.
import type { Clock } from '@concilia/protocol/clock.ts'
import type { Telemetry } from '@concilia/protocol/messages.ts'

const thinnedToMs = 1000

export class TelemetryFeed {
  readonly #clock: Clock
  readonly #boot: number
  readonly #send: (telemetry: Telemetry) => void
  readonly #saidAt = new Map<Telemetry['kind'], number>()
  #count = 0

  constructor(clock: Clock, boot: number, send: (telemetry: Telemetry) => void) {
    this.#clock = clock
    this.#boot = boot
    this.#send = send
  }

  notice(kind: Telemetry['kind'], detail: string): void {
    this.#count++
    const now = this.#clock.monotonic()
    if (now - (this.#saidAt.get(kind) ?? Number.NEGATIVE_INFINITY) < thinnedToMs) return
    this.#saidAt.set(kind, now)
    this.#send({
      boot: this.#boot,
      count: this.#count,
      at: this.#clock.now(),
      kind,
      detail: detail.slice(0, 200),
    })
  }
}
