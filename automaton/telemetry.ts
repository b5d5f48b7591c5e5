// What the machine noticed that is no sale: counted, thinned to one of a kind a second, sent when the link is
// up and otherwise dropped. It never carries money. What still stands (a loss of the hardware, an open door)
// is said again whenever the server has answered our birth, which forgets what it knew.
import type { Clock } from '@concilia/protocol/clock.ts'
import { eventCode, type MachineEventKind } from '@concilia/protocol/machine-state.ts'
import type { Telemetry } from '@concilia/protocol/messages.ts'

const thinnedToMs = 1000

interface About {
  /** Of a cash sale whose price is known. */
  readonly sold?: Telemetry['sold']
  /** Of an event whose EVA-DTS code is its own: the kind `fault`. */
  readonly fault?: ReturnType<typeof eventCode>
}

interface Standing {
  readonly kind: MachineEventKind
  readonly detail: string
  readonly about: About
}

export class TelemetryFeed {
  readonly #clock: Clock
  readonly #names: Pick<Telemetry, 'journalId' | 'boot'>
  readonly #send: (telemetry: Telemetry) => void
  readonly #saidAt = new Map<string, number>()
  #count = 0
  /** What stands, by its EVA-DTS code. */
  readonly #standing = new Map<string, Standing>()

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

  notice(kind: MachineEventKind, detail: string, about: About = {}): void {
    const { code, active } = about.fault ?? eventCode(kind)
    if (code !== undefined && active === true) this.#standing.set(code, { kind, detail, about })
    if (code !== undefined && active === false) this.#standing.delete(code)
    this.#count++
    const now = this.#clock.monotonic()
    const name = kind === 'fault' ? `fault ${code}` : kind
    // What begins and ends is a state: the last word about it must not be the one left out. Nor a sale: they
    // are added up.
    const thinned = active === undefined && about.sold === undefined
    if (thinned && now - (this.#saidAt.get(name) ?? Number.NEGATIVE_INFINITY) < thinnedToMs) return
    this.#saidAt.set(name, now)
    this.#say(kind, detail, about)
  }

  /** The server listens anew. */
  sayStanding(): void {
    for (const { kind, detail, about } of this.#standing.values()) {
      this.#count++
      this.#say(kind, detail, about)
    }
  }

  #say(kind: MachineEventKind, detail: string, { sold, fault = eventCode(kind) }: About): void {
    const at = this.#clock.now()
    const said = { kind, ...fault, detail: detail.slice(0, 200), ...(sold && { sold }) }
    this.#send({ ...this.#names, count: this.#count, at, ...said })
  }
}
