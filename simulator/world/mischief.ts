// Brings the faults that were drawn: each kind comes again and again around its mean time, picks whom it
// strikes and for how long, and stops when the world is to become calm.
import { upTopic } from '@concilia/protocol/topics.ts'
import type { Broker, WayFault } from './broker.ts'
import type { CentreSite } from './centre-site.ts'
import type { Database } from './database.ts'
import type { Observe } from './observations.ts'
import type { SeededRandom } from './seeded-random.ts'
import type { ServerSite } from './server-site.ts'
import type { SimulatedProcess } from './simulated-process.ts'
import type { Story } from './story.ts'
import type { FaultKind, Swarm } from './swarm.ts'
import type { Timeline } from './timeline.ts'
import type { VendingSite } from './vending-site.ts'

export interface Stage {
  readonly timeline: Timeline
  readonly random: SeededRandom
  readonly swarm: Swarm
  readonly observe: Observe
  readonly story: Story
  readonly sites: readonly VendingSite[]
  readonly servers: readonly ServerSite[]
  readonly centre: CentreSite
  readonly broker: Broker
  readonly serverDatabase: Database
  readonly centreDatabase: Database
}

const day = 86_400_000

export class Mischief {
  readonly #stage: Stage
  readonly counts = new Map<FaultKind, number>()
  #isOver = false

  constructor(stage: Stage) {
    this.#stage = stage
  }

  begin(): void {
    for (const [kind, everyMs] of this.#stage.swarm.everyMs) this.#next(kind, everyMs)
  }

  /** Nothing new comes, and what was broken is whole again. */
  end(): void {
    this.#isOver = true
    for (const process of this.#processes()) process?.setClock(0)
    for (const site of this.#stage.sites) {
      site.mend()
      this.#stage.broker.mend(site.id)
    }
  }

  #next(kind: FaultKind, everyMs: number): void {
    const { timeline, random } = this.#stage
    timeline.after(random.around(everyMs), () => {
      if (this.#isOver) return
      this.#strike(kind)
      this.#next(kind, everyMs)
    })
  }

  #strike(kind: FaultKind): void {
    const { timeline, random, observe, story, sites } = this.#stage
    const site = random.pick(sites)
    const forMs = random.around(15_000)
    const whom = struck[kind] === 'machine' ? site.id : struck[kind]
    this.counts.set(kind, (this.counts.get(kind) ?? 0) + 1)
    story.tell('FAULT', `${kind}: ${whom} for ${forMs} ms`)
    observe({ type: 'fault', what: kind, whom, untilMs: timeline.monotonic() + forMs })
    this.#bring(kind, site, forMs)
  }

  #bring(kind: FaultKind, site: VendingSite, forMs: number): void {
    const { random, servers, centre, serverDatabase, centreDatabase, broker } = this.#stage
    const server = random.pick(servers)
    switch (kind) {
      case 'automatonCrash':
        return site.crash()
      case 'automatonStop':
        return site.process?.stop(forMs)
      case 'serverCrash':
        return server.crash()
      case 'serverStop':
        return server.running?.process.stop(random.pick([forMs, 60_000]))
      case 'centreCrash':
        return centre.crash()
      case 'centreStop':
        return centre.running?.process.stop(forMs)
      case 'centreLongAway':
        return centre.running?.process.stop(10 * forMs)
      case 'serverDatabaseFall':
        return serverDatabase.fall(forMs)
      case 'centreDatabaseFall':
        return centreDatabase.fall(forMs)
      case 'brokerFall':
        return broker.fall(forMs)
      case 'wayCut':
      case 'wayDeafUp':
      case 'wayDeafDown':
        return this.#troubleWay(kind, site, forMs)
      case 'clockJump':
        return this.#jump(random.pick(this.#processes()))
      case 'diskFull':
        return site.fillDisk(forMs)
      case 'journalLost':
        return site.loseJournal()
      case 'unplugged':
        return site.unplug(forMs)
      case 'boxRestart':
        return site.machine.box.restart()
      case 'poisoned':
        return this.#poison(site)
    }
  }

  #processes(): (SimulatedProcess | undefined)[] {
    const { sites, servers, centre } = this.#stage
    const running = [...servers, centre].map((each) => each.running?.process)
    return [...running, ...sites.map(({ process }) => process)]
  }

  #troubleWay(kind: 'wayCut' | 'wayDeafUp' | 'wayDeafDown', site: VendingSite, forMs: number): void {
    const { broker, timeline } = this.#stage
    const fault: WayFault = kind === 'wayCut' ? 'cut' : kind === 'wayDeafUp' ? 'deafUp' : 'deafDown'
    broker.trouble(site.id, fault)
    timeline.after(forMs, () => broker.mend(site.id))
  }

  /** Somebody, or a time server, sets a clock. */
  #jump(process: SimulatedProcess | undefined): void {
    const { random } = this.#stage
    process?.setClock(random.pick([-day, -60_000, -2_000, 2_000, 30_000]))
  }

  /** Something unreadable, or readable and wrong, under a machine's name. */
  #poison(site: VendingSite): void {
    const { broker, random } = this.#stage
    const saleId = '00000000-0000-4000-8000-000000000000'
    const answer = { instructionId: saleId, saleId, answer: 'stored' }
    const [channel, text] = random.pick([
      ['offer', 'not even JSON'],
      ['outcome', '{"kind":"outcome"}'],
      ['birth', '{}'],
      ['stored', JSON.stringify(answer)],
      ['stored', '[]'],
      ['telemetry', '{"boot":-1}'],
    ] as const)
    broker.inject(site.id, upTopic(site.id, channel), text)
  }
}

/** Whom a fault strikes; `machine`: one of them. */
const struck: Readonly<Record<FaultKind, string>> = {
  automatonCrash: 'machine',
  automatonStop: 'machine',
  serverCrash: 'server',
  serverStop: 'server',
  centreCrash: 'centre',
  centreStop: 'centre',
  centreLongAway: 'centre',
  serverDatabaseFall: 'server',
  centreDatabaseFall: 'centre',
  brokerFall: 'broker',
  wayCut: 'machine',
  wayDeafUp: 'machine',
  wayDeafDown: 'machine',
  clockJump: 'clock',
  diskFull: 'machine',
  journalLost: 'machine',
  unplugged: 'machine',
  boxRestart: 'machine',
  poisoned: 'machine',
}
