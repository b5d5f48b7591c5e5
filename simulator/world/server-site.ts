// A place for a relation server in the simulated world: the real server on the world's wires and database.
// Its process may end at any moment; the next one finds what was committed, and nothing else.

import { DatabaseClock } from '@concilia/platform/database-clock.ts'
import type { Clock } from '@concilia/protocol/clock.ts'
import { defaultCaps } from '@concilia/relation-server/caps.ts'
import type { Settings } from '@concilia/relation-server/engine/world.ts'
import { MachineDirectory } from '@concilia/relation-server/machine-directory.ts'
import { CamaraPayments } from '@concilia/relation-server/payments/camara-adapter.ts'
import type { Receive } from '@concilia/relation-server/phones/port.ts'
import type { SmppLink } from '@concilia/relation-server/phones/smpp/link.ts'
import { RelationServer } from '@concilia/relation-server/server.ts'
import { SubscriberVault } from '@concilia/relation-server/subscriber-vault.ts'
import type { Broker } from './broker.ts'
import { type Carrier, gatewaysOfServer, type ServedPhones } from './carrier.ts'
import type { CentreWire } from './centre-wire.ts'
import type { SeededRandom } from './seeded-random.ts'
import type { ServerBooks } from './server-store.ts'
import { type ClockFault, SimulatedProcess } from './simulated-process.ts'
import type { Story } from './story.ts'
import type { Timeline } from './timeline.ts'
import { languages, voice, voiceCodes } from './voice-numbers.ts'

export const vaultSecret = Buffer.alloc(32, 7)
const restartMeanMs = 5_000
const answerLimitMs = 10_000
const pages = { provenMs: 600_000, codesPerHour: 1_000 }
/** A world's few phones buy in an hour what a street buys in a week. */
const unlimited = {
  refused: [],
  served: [],
  caps: [{ ...defaultCaps, requestsPerHour: 10_000, failuresPerHour: 1000 }],
}
const house = { serviceName: 'Concilia', helpNumber: '0800 123 456' }

interface Parts {
  readonly timeline: Timeline
  readonly random: SeededRandom
  readonly broker: Broker
  readonly carrier: Carrier
  readonly centreWire: CentreWire
  readonly books: ServerBooks
  readonly settings: Settings
  readonly clock: ClockFault
  readonly story: Story
  readonly failed: (process: string, error: unknown) => void
}

export class ServerSite {
  readonly name: string
  readonly #parts: Parts
  #running: ServedPhones | undefined
  #starts = 0

  constructor(name: string, parts: Parts) {
    this.name = name
    this.#parts = parts
  }

  get running(): ServedPhones | undefined {
    return this.#running
  }

  start(): void {
    const { timeline, books, clock, story, failed } = this.#parts
    const process = new SimulatedProcess(this.name, timeline, clock, (error) => failed(this.name, error))
    process.atEnd(() => this.#again())
    const parts = {
      own: process,
      ask: () => books.nowFor(process),
      jumped: (byMs: number) => story.tell(this.name, `the database's clock was set by ${byMs} ms`),
    }
    process.enter(() => {
      DatabaseClock.start(parts).then(
        (shared) => process.enter(() => this.#serve(process, shared)),
        () => process.kill(),
      )
    })
  }

  #serve(process: SimulatedProcess, clock: Clock): void {
    const { broker, carrier, centreWire, books, settings, story } = this.#parts
    const random = this.#parts.random.stream(`start ${this.#starts++}`)
    const store = books.storeOf(process)
    const directory = new MachineDirectory(store, clock)
    const server = new RelationServer({
      settings,
      centreUrl: 'https://centre.invalid',
      manners: { house, languages, answerLimitMs, checkDigit: false, ...unlimited },
      store,
      directory,
      machines: broker.machinesOf(process, clock),
      payments: new CamaraPayments({
        http: centreWire.doorOf(process),
        clock,
        authorisationMs: settings.limits.authorisationMs,
        chainOf: (kid) => store.chainOf(kid),
      }),
      voice: { configuration: voice, codes: voiceCodes },
      sender: carrier.senderOf(process, () => link),
      vault: new SubscriberVault(vaultSecret, random),
      clock,
      random,
      log: story.logOf(process),
    })
    const { calls } = server
    const receive: Receive = (incoming, stored) => server.receive(incoming, stored)
    const link: SmppLink = carrier.linkOf(process, { receive, clock, random, log: story.logOf(process) })
    this.#running = {
      process,
      clock,
      gateways: gatewaysOfServer,
      calls,
      web: { visits: server.visits(pages), store, random },
      receive: (incoming) => server.receive(incoming),
    }
    server.start()
    link.start()
  }

  crash(): void {
    this.#running?.process.kill()
  }

  #again(): void {
    const { timeline, random, story } = this.#parts
    story.tell(this.name, 'ends')
    timeline.after(random.around(restartMeanMs), () => {
      if (!this.#running?.process.alive) this.start()
    })
  }
}
