// What the machine noticed that is no sale: counted, thinned to one of a kind a second, sent when the link is
// up and otherwise dropped. It never carries money. What still stands (a loss of the hardware, an open door)
// is said again whenever the server has answered our birth, which forgets what it knew.
import type { Clock } from '@concilia/protocol/clock.ts'
import { eventCode, type MachineEventKind } from '@concilia/protocol/machine-state.ts'
import type { Telemetry } from '@concilia/protocol/messages.ts'

const thinnedToMs = 1000

export class TelemetryFeed {
  readonly #clock: Clock
  readonly #names: Pick<Telemetry, 'journalId' | 'boot'>
  readonly #send: (telemetry: Telemetry) => void
  readonly #saidAt = new Map<MachineEventKind, number>()
  #count = 0
  /** What stands, by its EVA-DTS code. */
  readonly #standing = new Map<string, { readonly kind: MachineEventKind; readonly detail: string }>()

  constructor(
    clock: Clock,
    { journalId, boot }: Pick<Telemetry, 'journalId' | 'boot'>,
    send: (telemetry: Telemetry) => void,
  ) {
    this.#clock = clock
    this.#names = { journalId, boot }
    this.#send = send
  }

  /** How many notices were counted; some of them may not have been sent. */
  get count(): number {
    return this.#count
  }

  notice(kind: MachineEventKind, detail: string, sold?: Telemetry['sold']): void {
    const { code, active } = eventCode(kind)
    if (code !== undefined && active === true) this.#standing.set(code, { kind, detail })
    if (code !== undefined && active === false) this.#standing.delete(code)
    this.#count++
    const now = this.#clock.monotonic()
    // What begins and ends is a state: the last word about it must not be the one left out. Nor a sale: they
    // are added up.
    const thinned = active === undefined && sold === undefined
    if (thinned && now - (this.#saidAt.get(kind) ?? Number.NEGATIVE_INFINITY) < thinnedToMs) return
    this.#saidAt.set(kind, now)
    this.#say(kind, detail, sold)
  }

  /** The server listens anew. */
  sayStanding(): void {
    for (const { kind, detail } of this.#standing.values()) {
      this.#count++
      this.#say(kind, detail)
    }
  }

  #say(kind: MachineEventKind, detail: string, sold?: Telemetry['sold']): void {
    const at = this.#clock.now()
    const said = { kind, ...eventCode(kind), detail: detail.slice(0, 200), ...(sold && { sold }) }
    this.#send({ ...this.#names, count: this.#count, at, ...said })
  }
}
