// Brings the faults that were drawn: each kind comes again and again around its mean time, picks whom it
// strikes and for how long, and stops when the world is to become calm.
import { upTopic } from '@concilia/protocol/topics.ts'
import type { Broker, WayFault } from './broker.ts'
import type { CentreSite, Opening } from './centre-site.ts'
import type { CentreWire } from './centre-wire.ts'
import type { Database } from './database.ts'
import type { MessageCentre } from './message-centre.ts'
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
  readonly centreWire: CentreWire
  readonly broker: Broker
  readonly messages: MessageCentre
  readonly serverDatabase: Database
  readonly centreDatabase: Database
  readonly openings: readonly Opening[]
}

/** One fault as it strikes: a machine and a server were picked in case it is theirs. */
interface Strike {
  readonly stage: Stage
  readonly site: VendingSite
  readonly server: ServerSite
  readonly forMs: number
}

interface Fault {
  /** Whom it strikes; `machine`: the one that was picked. */
  readonly whom: 'machine' | 'server' | 'centre' | 'broker' | 'clock'
  readonly bring: (strike: Strike) => void
}

const day = 86_400_000
const clockErrors = [-day, -60_000, -2_000, 2_000, 30_000]

const trouble = (fault: WayFault): Fault => ({
  whom: 'machine',
  bring: ({ stage, site, forMs }) => {
    stage.broker.trouble(site.id, fault)
    stage.timeline.after(forMs, () => stage.broker.mend(site.id))
  },
})

const faults: Readonly<Record<FaultKind, Fault>> = {
  automatonCrash: { whom: 'machine', bring: ({ site }) => site.crash() },
  automatonStop: { whom: 'machine', bring: ({ site, forMs }) => site.process?.stop(forMs) },
  serverCrash: { whom: 'server', bring: ({ server }) => server.crash() },
  serverStop: { whom: 'server', bring: ({ server, forMs }) => server.running?.process.stop(forMs) },
  serverLongStop: { whom: 'server', bring: ({ server }) => server.running?.process.stop(60_000) },
  centreCrash: { whom: 'centre', bring: ({ stage }) => stage.centre.crash() },
  centreStop: { whom: 'centre', bring: ({ stage, forMs }) => stage.centre.running?.process.stop(forMs) },
  centreLongAway: {
    whom: 'centre',
    bring: ({ stage, forMs }) => stage.centre.running?.process.stop(10 * forMs),
  },
  serverDatabaseFall: { whom: 'server', bring: ({ stage, forMs }) => stage.serverDatabase.fall(forMs) },
  centreDatabaseFall: { whom: 'centre', bring: ({ stage, forMs }) => stage.centreDatabase.fall(forMs) },
  brokerFall: { whom: 'broker', bring: ({ stage, forMs }) => stage.broker.fall(forMs) },
  wayCut: trouble('cut'),
  wayDeafUp: trouble('deafUp'),
  wayDeafDown: trouble('deafDown'),
  clockJump: {
    whom: 'clock',
    bring: ({ stage }) => {
      stage.random.pick(processesOf(stage))?.setClock(stage.random.pick(clockErrors))
    },
  },
  diskFull: { whom: 'machine', bring: ({ site, forMs }) => site.fillDisk(forMs) },
  journalLost: { whom: 'machine', bring: ({ site }) => site.loseJournal() },
  unplugged: { whom: 'machine', bring: ({ site, forMs }) => site.unplug(forMs) },
  boxRestart: { whom: 'machine', bring: ({ site }) => site.machine.restartBox() },
  accountReopened: {
    whom: 'centre',
    bring: ({ stage }) => stage.centre.reopen(stage.random.pick(stage.openings)),
  },
  forgedYes: { whom: 'machine', bring: ({ stage, site }) => stage.broker.forge(site.id, 'madeUp') },
  linkCut: { whom: 'server', bring: ({ stage, server }) => onLink(server, (it) => stage.messages.cut(it)) },
  linkDeaf: {
    whom: 'server',
    bring: ({ stage, server }) => onLink(server, (it) => stage.messages.deafen(it)),
  },
  replayedYes: { whom: 'machine', bring: ({ stage, site }) => stage.broker.forge(site.id, 'replayed') },
  poisoned: { whom: 'machine', bring: poison },
  chargedAgain: { whom: 'centre', bring: ({ stage }) => stage.centreWire.chargeAgain() },
}

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
    for (const process of processesOf(this.#stage)) process?.setClock(0)
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
    const { timeline, random, observe, story, sites, servers } = this.#stage
    const site = random.pick(sites)
    const forMs = random.around(15_000)
    const { whom: struck, bring } = faults[kind]
    const whom = struck === 'machine' ? site.id : struck
    this.counts.set(kind, (this.counts.get(kind) ?? 0) + 1)
    story.tell('FAULT', `${kind}: ${whom} for ${forMs} ms`)
    observe({ type: 'fault', what: kind, whom, untilMs: timeline.monotonic() + forMs })
    bring({ stage: this.#stage, site, server: random.pick(servers), forMs })
  }
}

function processesOf({ sites, servers, centre }: Stage): (SimulatedProcess | undefined)[] {
  const running = [...servers, centre].map((each) => each.running?.process)
  return [...running, ...sites.map(({ process }) => process)]
}

function onLink({ running }: ServerSite, bring: (process: SimulatedProcess) => void): void {
  if (running) bring(running.process)
}

/** Something unreadable, or readable and wrong, under a machine's name. */
function poison({ stage, site }: Strike): void {
  const saleId = '00000000-0000-4000-8000-000000000000'
  const [channel, text] = stage.random.pick([
    ['offer', 'not even JSON'],
    ['outcome', '{"kind":"outcome"}'],
    ['birth', '{}'],
    ['stored', JSON.stringify({ instructionId: saleId, saleId, answer: 'stored' })],
    ['stored', '[]'],
    ['telemetry', '{"boot":-1}'],
  ] as const)
  stage.broker.inject(site.id, upTopic(site.id, channel), text)
}
