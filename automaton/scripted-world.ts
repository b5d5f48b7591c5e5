// One automaton with a scripted vending machine, a scripted server, a simulated disk and a clock in the
// test's hand. Its process can be ended at any call it makes to the outside and started again on what it
// left.
import { makeAuthority, makeCredentials } from '@concilia/platform/certificate-making.ts'
import { type Identity, identityFrom } from '@concilia/platform/identity.ts'
import { makeLog } from '@concilia/platform/log.ts'
import type { Clock } from '@concilia/protocol/clock.ts'
import { defaultLimits, type Limits } from '@concilia/protocol/limits.ts'
import { ManualClock } from '@concilia/protocol/manual-clock.ts'
import type { Random } from '@concilia/protocol/random.ts'
import type { AuditSource } from './audit/port.ts'
import { Automaton } from './automaton.ts'
import { MemoryJournal, SimulatedDisk } from './journal/memory-journal.ts'
import type { Journal } from './journal/port.ts'
import type { LinkMode } from './link/link-machine.ts'
import { ScriptedMachine } from './scripted-machine.ts'
import { ScriptedServer } from './scripted-server.ts'

export const worldBegins = Date.UTC(2030, 0, 1)

export interface Identities {
  readonly automaton: Identity
  readonly centre: Identity
  /** The same centre's next certificate. */
  readonly renewed: Identity
  /** A payment centre of another root. */
  readonly stranger: Identity
}

export async function enrol(): Promise<Identities> {
  const [ours, theirs] = [await makeAuthority(worldBegins), await makeAuthority(worldBegins)]
  const identity = async (authority: typeof ours, id: string, role: Identity['role'], seller: string) => {
    const made = identityFrom(await makeCredentials(authority, { id, role, seller }, worldBegins))
    if (typeof made === 'string') throw new Error(made)
    return made
  }
  return {
    automaton: await identity(ours, 'automaton-1', 'automaton', 'acme'),
    centre: await identity(ours, 'centre-1', 'payment-centre', ''),
    renewed: await identity(ours, 'centre-1', 'payment-centre', ''),
    stranger: await identity(theirs, 'centre-2', 'payment-centre', ''),
  }
}

/** The end of a process, at one of its calls. */
export class Killed extends Error {}

export interface WorldSettings {
  readonly linkMode?: LinkMode
  readonly limits?: Partial<Limits>
  readonly journalLimitBytes?: number
  /** Where the machine's own counters are read. */
  readonly audit?: AuditSource
  /** What a world before this one left. */
  readonly disk?: SimulatedDisk
}

export class ScriptedWorld {
  readonly clock = new ManualClock(worldBegins)
  readonly disk: SimulatedDisk
  readonly machine = new ScriptedMachine()
  readonly server: ScriptedServer
  readonly logged: { step?: string; msg: string; level: string }[] = []
  /** Each call to the outside, by name; a test that sets `killAt` ends the process at that one. */
  readonly points: string[] = []
  killAt = Number.POSITIVE_INFINITY
  /** Called at each of them, before it takes effect. */
  atPoint: (name: string) => void = () => {}
  automaton: Automaton | undefined
  readonly #identities: Identities
  readonly #settings: WorldSettings
  readonly #random: Random
  #end = () => {}
  #typed: (code: string) => void = () => {}

  constructor(identities: Identities, settings: WorldSettings = {}) {
    this.#identities = identities
    this.#settings = settings
    let drawn = 0
    this.#random = {
      bytes: (length) => Uint8Array.from({ length }, (_, index) => (++drawn * 31 + index * 7) % 256),
    }
    this.disk = settings.disk ?? new SimulatedDisk(this.#random)
    this.server = new ScriptedServer(identities, () => worldBegins + this.clock.monotonic())
  }

  get steps(): string[] {
    return this.logged.flatMap(({ step }) => step ?? [])
  }

  /** A new process on what the last one left. */
  start(): void {
    let alive = true
    this.#end = () => {
      alive = false
    }
    const point = (name: string) => {
      if (!alive) throw new Killed(`a dead process calls ${name}`)
      this.points.push(name)
      this.atPoint(name)
      if (this.points.length !== this.killAt) return
      alive = false
      throw new Killed(name)
    }
    const { automaton: identity } = this.#identities
    const { id: automatonId, seller, signer, chain, rootPem } = identity
    const log = makeLog('automaton', { level: 'info', write: (line) => this.logged.push(JSON.parse(line)) })
    this.automaton = new Automaton(
      {
        hardware: this.machine.driver(point),
        keypad: {
          start: (typed) => {
            this.#typed = typed
          },
          stop: async () => {},
        },
        link: this.server.link(point),
        journal: mortalJournal(new MemoryJournal(this.disk), point),
        audit: this.#settings.audit,
        clock: mortalClock(this.clock, () => alive),
        random: this.#random,
        log,
      },
      {
        seller: { automatonId, machineNumber: '4021', seller, signer },
        identity: { version: '0.1.0', chain },
        configurationHash: 'hash',
        currency: 'EUR',
        reader: 'alwaysIdle',
        rootPem,
        linkMode: this.#settings.linkMode ?? 'permanent',
        language: 'en',
        limits: { ...defaultLimits, ...this.#settings.limits },
        journalLimitBytes: this.#settings.journalLimitBytes ?? 256 * 1024 * 1024,
        audit: { schedule: { everyHours: 24, timesOfDay: [] }, reader: 'cashless2' },
      },
    )
    this.automaton.start()
    this.machine.say({ type: 'ready', reader: 'alwaysIdle' })
  }

  /** Ends the process between two events, as `kill -9` does. */
  kill(): void {
    this.#end()
    this.#typed = () => {}
    this.automaton = undefined
    this.machine.abandon()
    this.server.abandon()
  }

  /** On the keypad of the process that lives. */
  type(code: string): void {
    this.#typed(code)
  }

  /** Lets messages arrive and time pass, a second at a time, as the server repeats what was not answered. */
  pass(seconds: number): void {
    this.server.pump()
    for (let second = 0; second < seconds; second++) {
      this.clock.advance(1000)
      this.server.repeat()
      this.server.pump()
    }
  }

  /** A world that is admitted and on standby. */
  static ready(identities: Identities, settings: WorldSettings = {}): ScriptedWorld {
    const world = new ScriptedWorld(identities, settings)
    world.start()
    world.pass(0)
    return world
  }
}

/** Timers of a process that is gone do not fire. */
function mortalClock(clock: Clock, alive: () => boolean): Clock {
  return {
    now: () => clock.now(),
    monotonic: () => clock.monotonic(),
    after: (delayMs, action) =>
      clock.after(delayMs, () => {
        if (alive()) action()
      }),
  }
}

/** The process may end before a commit and after it. */
function mortalJournal(journal: Journal, point: (name: string) => void): Journal {
  const commit: Journal['commit'] = (change) => {
    point(`before commit of ${change.event.type}`)
    const rows = journal.commit(change)
    point(`after commit of ${change.event.type}`)
    return rows
  }
  const keepConfiguration: Journal['keepConfiguration'] = (configuration, at) => {
    point('before the configuration is kept')
    journal.keepConfiguration(configuration, at)
    point('after the configuration is kept')
  }
  const addWords: Journal['addWords'] = (words, at) => {
    point('before words are added')
    const rows = journal.addWords(words, at)
    point('after words are added')
    return rows
  }
  return new Proxy(journal, {
    get(target, name) {
      if (name === 'commit') return commit
      if (name === 'keepConfiguration') return keepConfiguration
      if (name === 'addWords') return addWords
      const value = Reflect.get(target, name, target)
      return typeof value === 'function' ? value.bind(target) : value
    },
  })
}
