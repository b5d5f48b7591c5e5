// The whole house on one bench, and its order: database, certificates, configurations, payment centre,
// relation server, simulator, automata; each started when what it needs is ready, all stopped the other way
// round. Every program is a process of its own; this one owns them all.
import { existsSync, mkdirSync, renameSync, rmSync } from 'node:fs'
import { createDatabase } from '@concilia/platform/create-database.ts'
import { issue } from '@concilia/platform/enrolment.ts'
import { systemClock } from '@concilia/platform/system-clock.ts'
import type { Limits } from '@concilia/protocol/limits.ts'
import type { Store as ServerStore } from '@concilia/relation-server/store/port.ts'
import { openPostgresStore as openServerStore } from '@concilia/relation-server/store/postgres-store.ts'
import { SimulatorControl } from '../control-client.ts'
import {
  type BenchMachine,
  type Buyer,
  benchMachines,
  buyers,
  currency,
  operator,
  shortCode,
  ussdCode,
} from './buyers.ts'
import { CentreDesk } from './centre-desk.ts'
import type { LogLine, Program } from './child-program.ts'
import {
  automatonConfiguration,
  type BenchSettings,
  type BrokerAccess,
  boardLineOf,
  centreConfiguration,
  dexLineOf,
  gatewayUrl,
  keypadLineOf,
  lineOf,
  pagesOrigin,
  serverConfiguration,
  smppAccess,
  writeConfiguration,
} from './configurations.ts'
import type { Happenings } from './happenings.ts'
import { runCommand } from './one-command.ts'
import { claimFolder, releaseFolder } from './owned-processes.ts'
import { choosePorts, type Places, type Ports, placesIn } from './places.ts'
import { stepOf } from './steps.ts'
import { SupervisedPostgres } from './supervised-postgres.ts'
import { SupervisedProgram } from './supervised-program.ts'

export interface HouseOptions {
  /** Everything is kept below it; made when it is not there. */
  readonly data: string
  readonly limits: Limits
  readonly charge: 'debit' | 'hold'
  /** How the automata keep their link; permanent when left out. */
  readonly linkMode?: 'permanent' | 'onDemand'
  /** What stands between machines and automata; Qibixx boxes when left out. */
  readonly bridge?: 'qibixx' | 'raw'
  /** How phones reach the server; Kannel's HTTP when left out. */
  readonly phones?: 'http' | 'smpp'
  readonly logLevel?: 'debug'
  /** Server and centre show their figures. */
  readonly watched?: boolean
  /** Settings of the simulated machines that follow the limits. */
  readonly slowMs?: number
  /** Somebody who stands on the wires: where the programs are looked for instead of where they listen. */
  readonly detour?: (ports: Ports) => Promise<Partial<Ports>>
  /** An MQTT broker that takes the place of the server's own. */
  readonly broker?: BrokerAccess
  /** Those of `npm start` when left out. */
  readonly machines?: readonly BenchMachine[]
}

export class House {
  readonly happenings: Happenings
  readonly places: Places
  readonly #options: HouseOptions
  readonly #programs = new Map<string, SupervisedProgram>()
  #starting: Promise<void> | undefined
  #stopped: Promise<void> | undefined
  #isClaimed = false
  #pages = ''
  #postgres: SupervisedPostgres | undefined
  #simulator: SimulatorControl | undefined
  #voicePort: number | undefined
  #metricsPorts: readonly number[] = []
  #centre: CentreDesk | undefined
  #serverStore: ServerStore | undefined

  constructor(options: HouseOptions, happenings: Happenings) {
    this.#options = options
    this.happenings = happenings
    this.places = placesIn(options.data)
  }

  /** Rejects with an OperatingError; what was started by then is stopped by `stop`. */
  start(): Promise<void> {
    this.#starting = this.#start()
    return this.#starting
  }

  async #start(): Promise<void> {
    const { places } = this
    mkdirSync(places.data, { recursive: true })
    await claimFolder(places.run)
    this.#isClaimed = true
    keepLastLog(places)
    this.#tell('starting the database')
    for (const folder of [places.lines, places.journals]) mkdirSync(folder, { recursive: true })
    const [postgres, ports] = await Promise.all([
      SupervisedPostgres.start(places.postgres, (words) => this.#news(words)),
      choosePorts(),
    ])
    this.#postgres = postgres
    this.#voicePort = ports.voice
    const { limits, charge, linkMode = 'permanent', bridge = 'qibixx', phones = 'http' } = this.#options
    const { detour, broker, logLevel, watched = false } = this.#options
    const reached = { ...ports, ...(await detour?.(ports)) }
    this.#pages = pagesOrigin(reached)
    const played = { limits, charge, linkMode, bridge, phones }
    const told = { watched, ...(logLevel && { logLevel }) }
    if (watched) this.#metricsPorts = [ports.centreMetrics, ports.serverMetrics]
    const settings: BenchSettings = { ...played, ...told, places, ports, reached, broker }
    this.#tell('starting payment centre, relation server and simulator')
    await Promise.all([this.#startSimulator(settings), this.#startServers(settings, postgres)])
    this.#tell('starting the automata')
    await Promise.all(this.machines.map((machine) => this.#startAutomaton(settings, machine)))
  }

  get machines(): readonly BenchMachine[] {
    return this.#options.machines ?? benchMachines
  }

  get simulator(): SimulatorControl {
    return started(this.#simulator)
  }

  get centre(): CentreDesk {
    return started(this.#centre)
  }

  /** Where calls are answered. */
  get voicePort(): number {
    return started(this.#voicePort)
  }

  /** Where centre and server show their figures; none in a house that is not watched. */
  get metricsPorts(): readonly number[] {
    return this.#metricsPorts
  }

  get serverStore(): ServerStore {
    return started(this.#serverStore)
  }

  /** The address of a machine's page, as its QR code would say it. */
  pageOf({ number }: BenchMachine): string {
    return `${this.#pages}/m/${number}`
  }

  get programs(): ReadonlyMap<string, SupervisedProgram> {
    return this.#programs
  }

  /** Automata first, so that their last words are stored; the database last. Also ends a start under way. */
  stop(): Promise<void> {
    this.#stopped ??= this.#stop()
    return this.#stopped
  }

  async #stop(): Promise<void> {
    const stopped = (name: string) => this.#programs.get(name)?.stop()
    await Promise.all(this.machines.map(({ automatonId }) => stopped(automatonId)))
    await stopped('relation-server')
    await Promise.all([stopped('payment-centre'), stopped('simulator')])
    await this.#starting?.catch(() => {})
    await Promise.all([this.#serverStore?.close(), this.#centre?.close()])
    await this.#postgres?.stop()
    if (this.#isClaimed) releaseFolder(this.places.run)
  }

  #tell(words: string): void {
    this.happenings.tell({ kind: 'act', at: systemClock.now(), party: 'bench', words })
  }

  #news(words: string): void {
    this.happenings.tell({ kind: 'news', at: systemClock.now(), words })
  }

  async #startSimulator(settings: BenchSettings): Promise<void> {
    const program = { name: 'simulator', title: 'simulator', script: 'simulator/main.ts', arguments: [] }
    await this.#startProgram(program, async (child) => {
      const control = new SimulatorControl(
        child.process,
        (machine, event) => this.happenings.tell({ kind: 'machine', at: systemClock.now(), machine, event }),
        (machine, event) => this.happenings.tell({ kind: 'kiosk', at: systemClock.now(), machine, event }),
      )
      this.#simulator = control
      for (const machine of this.machines) await this.#createMachine(control, settings, machine)
      const smpp = settings.phones === 'smpp' && { smpp: smppAccess(settings) }
      await control.call('startPhones', { port: settings.ports.carrier, shortCode, ussdCode, ...smpp })
      await control.call('reachServer', { form: 'kannel', url: gatewayUrl(settings) })
      for (const buyer of Object.values(buyers)) void this.#readTexts(control, buyer)
    })
  }

  async #createMachine(
    control: SimulatorControl,
    { places, bridge }: BenchSettings,
    { number: name, items, alwaysIdle, kiosk }: BenchMachine,
  ): Promise<void> {
    const link = lineOf(places, name)
    if (kiosk) {
      const boardLink = boardLineOf(places, name)
      const selections = Object.keys(items).map(Number)
      await control.call('createKiosk', { name, link, boardLink, currency, items: selections, bridge })
      return
    }
    const { slowMs } = this.#options
    await control.call('createMachine', {
      name,
      link,
      dexLink: dexLineOf(places, name),
      keypadLink: keypadLineOf(places, name),
      currency,
      items,
      alwaysIdle,
      bridge,
      ...(slowMs !== undefined && { slowMs }),
    })
  }

  /** Until the simulator is gone. */
  async #readTexts(control: SimulatorControl, buyer: Buyer): Promise<void> {
    const { number } = buyer
    const timeoutMs = 2 ** 31 - 1
    try {
      for (;;) {
        const words = await control.call('nextText', { number, timeoutMs })
        this.happenings.tell({ kind: 'text', at: systemClock.now(), buyer, words })
      }
    } catch {
      // The phones went with their process; the next one is read anew.
    }
  }

  async #startServers(settings: BenchSettings, postgres: SupervisedPostgres): Promise<void> {
    const { places } = settings
    const [centreUrl, serverUrl] = await Promise.all(
      ['payment_centre', 'relation_server'].map((name) => createDatabase(postgres.adminUrl, name, name)),
    )
    const now = systemClock.now()
    const party = (id: 'payment-centre' | 'relation-server') =>
      issue(places.certificates, { id, role: id, seller: '', hosts: ['localhost', '127.0.0.1'] }, now)
    const centreIdentity = await party('payment-centre')
    const centre = configured(places, 'payment-centre', 'payment centre', centreUrl ?? '', {
      ...centreConfiguration(settings, centreIdentity),
    })
    await this.#startProgram(centre)
    this.#centre = await CentreDesk.open(centre, places, centreUrl ?? '')
    await this.#centre.register()
    const server = configured(places, 'relation-server', 'relation server', serverUrl ?? '', {
      ...serverConfiguration(settings, await party('relation-server')),
    })
    this.#serverStore = await openServerStore(serverUrl, systemClock)
    await this.#enrol(server)
    await this.#startProgram(server)
  }

  /** Machines that the server does not know yet. */
  async #enrol(server: Program): Promise<void> {
    const known = new Set((await this.serverStore.machines()).map(({ machineNumber }) => machineNumber))
    const who = ['--who', 'npm start', '--why', 'first start of the bench']
    for (const { automatonId, number } of this.machines.filter((each) => !known.has(each.number))) {
      const machine = ['--id', automatonId, '--number', number, '--seller', operator.id]
      const words = ['machine', 'enrol', ...machine, '--trade-name', operator.name, '--admit', ...who]
      await runCommand(server, this.places.root, words)
    }
  }

  async #startAutomaton(settings: BenchSettings, machine: BenchMachine): Promise<void> {
    const { automatonId: id, number } = machine
    const { certificates } = settings.places
    const identity = await issue(
      certificates,
      { id, role: 'automaton', seller: operator.id },
      systemClock.now(),
    )
    const file = writeConfiguration(settings.places, id, automatonConfiguration(settings, machine, identity))
    await this.#startProgram({
      name: id,
      title: `automaton ${number}`,
      script: 'automaton/main.ts',
      arguments: ['--config', file],
    })
  }

  async #startProgram(
    program: Program,
    furnish?: ConstructorParameters<typeof SupervisedProgram>[3],
  ): Promise<void> {
    const hearing = {
      line: (from: Program, line: LogLine) => this.#hearLine(from, line),
      news: (words: string) => this.#news(words),
    }
    if (this.#stopped) throw new Error('the house is being stopped')
    const supervised = new SupervisedProgram(program, this.places, hearing, furnish)
    this.#programs.set(program.name, supervised)
    await supervised.start()
  }

  #hearLine({ title }: Program, line: LogLine): void {
    const step = stepOf(title, line)
    if (step) this.happenings.tell({ kind: 'step', ...step })
    else if (line.level === 'error') {
      this.happenings.tell({ kind: 'news', at: line.time, words: `${title}: ${line.msg}` })
    }
  }
}

function configured(
  places: Places,
  name: string,
  title: string,
  databaseUrl: string,
  content: object,
): Program {
  const file = writeConfiguration(places, name, content)
  return {
    name,
    title,
    script: `${name}/main.ts`,
    arguments: ['--config', file],
    environment: { DATABASE_URL: databaseUrl },
  }
}

function keepLastLog({ log }: Places): void {
  if (!existsSync(log)) return
  rmSync(`${log}.before`, { recursive: true, force: true })
  renameSync(log, `${log}.before`)
}

function started<Part>(part: Part | undefined): Part {
  if (part === undefined) throw new Error('the house has not been started')
  return part
}
