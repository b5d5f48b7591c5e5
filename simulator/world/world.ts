// A whole world of machines, phones, servers and a payment centre in one process and in virtual time, drawn
// from one seed: the real programs on simulated wires, disks, clocks and hardware. First anything may go
// wrong; then the faults stop and everything must come to rest. Long, because it puts every part together.

import type { Settings } from '@concilia/relation-server/engine/world.ts'
import { makeSaleChart } from '@concilia/relation-server/sale-chart.ts'
import { Auditor, type Breach } from './auditor/auditor.ts'
import { Broker } from './broker.ts'
import { Browser, type BrowserParts } from './browser.ts'
import { Buyer, type Way } from './buyer.ts'
import { Carrier } from './carrier.ts'
import { CentreSite, hashOfNumber } from './centre-site.ts'
import { CentreBooks } from './centre-store.ts'
import { CentreWire } from './centre-wire.ts'
import { type CoinPlan, coinPlans } from './coin-visit.ts'
import { Database } from './database.ts'
import { type Identities, machineNumberOf, worldBeginsAt } from './identities.ts'
import { Mischief } from './mischief.ts'
import type { Observation } from './observations.ts'
import { Person } from './person.ts'
import { buyerNumbers, centreSettings, openings } from './purses.ts'
import { SeededRandom } from './seeded-random.ts'
import { ServerSite } from './server-site.ts'
import { ServerBooks } from './server-store.ts'
import { Story } from './story.ts'
import { calmWeather, type FaultKind, type Swarm, type Twist } from './swarm.ts'
import { Switchboard } from './switchboard.ts'
import { Timeline } from './timeline.ts'
import { VendingSite } from './vending-site.ts'
import { voiceRules } from './voice-numbers.ts'
import { Carriage, type Weather } from './weather.ts'

export interface WorldSettings {
  readonly seed: string
  /** How many offers are made, and vends begun for coins, before the faults stop. */
  readonly sales: number
  readonly identities: Identities
  readonly print?: (line: string) => void
  readonly swarm: Swarm
}

export interface WorldResult {
  readonly seed: string
  /** Offers to phones. */
  readonly sales: number
  /** Vends that coins paid, at kiosks. */
  readonly cashSales: number
  readonly endings: { readonly delivered: number; readonly notDelivered: number; readonly unknown: number }
  readonly faults: Readonly<Partial<Record<FaultKind, number>>>
  readonly breaches: readonly Breach[]
  readonly checks: number
  readonly digest: string
  /** The end of the story, for whoever looks into a breach. */
  readonly lastLines: readonly string[]
}

const unknownCap = { machine: 3, subscriber: 3 }
const meanVisitGapMs = 4_000
/**
 * So many machines hang on the raw bus, where every poll is worked off byte by byte; the others have boxes.
 */
const rawBuses = 0.3
/** The safety phase ends by then, however few came. */
const longestSafetyMs = 3_600_000
export class World {
  readonly #settings: WorldSettings
  readonly #random: SeededRandom
  readonly #swarm: Swarm
  readonly #timeline = new Timeline(worldBeginsAt)
  readonly #story: Story
  readonly #auditor: Auditor
  readonly #serverDatabase: Database
  readonly #centreDatabase: Database
  readonly #serverBooks: ServerBooks
  readonly #centreBooks: CentreBooks
  readonly #broker: Broker
  readonly #carrier: Carrier
  readonly #switchboard: Switchboard
  readonly #browsers: Carriage
  readonly #centre: CentreSite
  readonly #servers: readonly ServerSite[]
  readonly #sites: readonly VendingSite[]
  readonly #buyers: readonly Buyer[]
  readonly #person: Person
  readonly #mischief: Mischief
  #calm = false
  #offers = 0
  #cashSales = 0

  constructor(settings: WorldSettings) {
    const { identities, seed } = settings
    this.#settings = settings
    this.#random = new SeededRandom(seed)
    this.#swarm = settings.swarm
    this.#story = new Story(this.#timeline, settings.print)
    this.#auditor = new Auditor(this.#premises())
    const observe = (observation: Observation) => this.#observe(observation)
    const timeline = this.#timeline
    const story = this.#story
    const failed = (process: string, error: unknown) => this.#died(process, error)
    const doubt = () => (this.#calm ? 0 : this.#swarm.commitDoubt)
    this.#serverDatabase = new Database(timeline, this.#random.stream('server database'), doubt)
    this.#centreDatabase = new Database(timeline, this.#random.stream('centre database'), doubt)
    this.#serverBooks = new ServerBooks(this.#serverDatabase, observe)
    this.#centreBooks = new CentreBooks(this.#centreDatabase, observe)
    this.#broker = new Broker(timeline, this.#carriage('mqtt'), observe)
    this.#carrier = new Carrier({
      timeline,
      random: this.#random.stream('carrier'),
      carriage: this.#carriage('text'),
      observe,
      servers: () => this.#servers.flatMap(({ running }) => running ?? []),
      toHandset: (number, words, key) =>
        this.#buyers.find((buyer) => buyer.number === number)?.read(words, key),
      busy: () => (this.#calm ? 0 : this.#swarm.busyGateway),
      sessionKey: this.#swarm.sessionKey,
      missed: () => (this.#calm ? 0 : this.#swarm.missedSteps),
    })
    this.#browsers = this.#carriage('http', 'pages')
    this.#switchboard = new Switchboard({
      timeline,
      random: this.#random.stream('switchboard'),
      carriage: this.#carriage('http', 'voice'),
      observe,
      servers: () => this.#servers.flatMap(({ running }) => running ?? []),
    })
    this.#centre = new CentreSite({
      timeline,
      random: this.#random.stream('centre'),
      identity: identities.centre,
      books: this.#centreBooks,
      settings: {
        ...centreSettings,
        holdMs: this.#swarm.limits.holdMs,
        silenceMs: this.#swarm.limits.silenceMs,
      },
      keepMs: this.#swarm.limits.keepMs,
      quietMs: this.#swarm.limits.quietMs,
      clock: this.#clock('centre'),
      story,
      sendText: ({ subscriber, code }) => {
        const reader = this.#buyers.find((buyer) => buyer.number === subscriber.key)
        timeline.after(500, () => reader?.read(`Your code is ${code}`, ''))
      },
      failed,
    })
    const centreWire = new CentreWire({
      timeline,
      carriage: this.#carriage('http'),
      observe,
      listening: () => this.#centre.running,
    })
    this.#servers = Array.from({ length: this.#swarm.servers }, (_, index) => {
      const name = `server ${index + 1}`
      return new ServerSite(name, {
        timeline,
        random: this.#random.stream(name),
        broker: this.#broker,
        carrier: this.#carrier,
        centreWire,
        books: this.#serverBooks,
        settings: this.#serverSettings(),
        clock: this.#clock(name),
        story,
        failed,
      })
    })
    this.#sites = identities.automata.map((_, index) => this.#siteOf(index))
    this.#buyers = buyerNumbers.map((number) => this.#buyerOf(number))
    this.#person = new Person({
      timeline,
      random: this.#random.stream('person'),
      books: this.#serverBooks,
      settings: this.#serverSettings(),
      story,
    })
    this.#mischief = new Mischief({
      timeline,
      random: this.#random.stream('mischief'),
      swarm: this.#swarm,
      observe,
      story,
      sites: this.#sites,
      servers: this.#servers,
      centre: this.#centre,
      centreWire,
      broker: this.#broker,
      messages: this.#carrier.centre,
      serverDatabase: this.#serverDatabase,
      centreDatabase: this.#centreDatabase,
      openings,
    })
  }

  /** Runs the world from its first moment to its last. */
  async run(): Promise<WorldResult> {
    await this.#open()
    this.#mischief.begin()
    this.#visitSoon()
    await this.#timeline.run(
      longestSafetyMs,
      () => this.#isBroken || this.#offers + this.#cashSales >= this.#settings.sales,
    )
    if (!this.#isBroken) await this.#comeToRest()
    const { seed } = this.#settings
    return {
      seed,
      sales: this.#offers,
      cashSales: this.#cashSales,
      endings: this.#auditor.endings,
      faults: Object.fromEntries(this.#mischief.counts),
      breaches: this.#auditor.breaches,
      checks: this.#auditor.checks,
      digest: this.#story.digest(),
      lastLines: this.#story.last(60),
    }
  }

  /** Accounts, machines and their admission; every process is up before the first buyer comes. */
  async #open(): Promise<void> {
    this.#calm = true
    this.#centre.start()
    await this.#timeline.run(200)
    const { largestPurseMinor } = this.#swarm
    const filled = openings.map((each) => ({
      ...each,
      balanceMinor: Math.min(each.balanceMinor, largestPurseMinor),
    }))
    const opened = this.#centre.open(filled)
    await this.#timeline.run(1_000)
    await opened
    for (const site of this.#sites) {
      const enrolled = this.#person.enrol(site.id, site.settings.number)
      await this.#timeline.run(this.#timeline.monotonic() + 200)
      await enrolled
    }
    for (const server of this.#servers) server.start()
    for (const site of this.#sites) site.kiosk?.count()
    for (const site of this.#sites) site.start()
    await this.#timeline.run(this.#timeline.monotonic() + 15_000 + this.#swarm.limits.quietMs)
    this.#person.watch()
    this.#calm = false
  }

  /** The faults stop. What then lasts longer than the longest limits lasts for ever. */
  async #comeToRest(): Promise<void> {
    this.#story.tell('WORLD', 'the faults stop')
    this.#calm = true
    this.#mischief.end()
    const { silenceMs, holdMs } = this.#swarm.limits
    const latest = this.#timeline.monotonic() + silenceMs + holdMs + 600_000
    let left: readonly string[] = ['not looked at']
    while (left.length > 0 && this.#timeline.monotonic() < latest && !this.#isBroken) {
      await this.#timeline.run(this.#timeline.monotonic() + 20_000, () => this.#isBroken)
      left = await this.#whatIsLeft()
    }
    for (const site of this.#sites) site.kiosk?.count()
    const { faults } = await this.#centreBooks.rows.check()
    this.#auditor.end({ isQuiet: left.length === 0, left, bookFaults: faults }, this.#timeline.monotonic())
  }

  async #whatIsLeft(): Promise<string[]> {
    const { rows } = this.#serverBooks
    const open = [...this.#auditor.seen.sales.values()].filter(({ isOpen, state }) => isOpen && state !== '')
    const unheard = this.#sites.filter((site) => !site.atRest)
    const due = await rows.nextDue(Number.POSITIVE_INFINITY)
    const aside = await rows.salesAside()
    return [
      ...open.map(({ saleId, state }) => `sale ${saleId} is ${state}`),
      ...unheard.map(({ id }) => `${id} is not at rest`),
      ...aside.map(({ saleId }) => `sale ${saleId} waits for a person`),
      ...(due === undefined ? [] : [`something is due in ${due - this.#timeline.now()} ms`]),
    ]
  }

  get #isBroken(): boolean {
    return this.#auditor.breaches.length > 0
  }

  #observe(observation: Observation): void {
    if (observation.type === 'offerStored') this.#offers++
    if (observation.type === 'machine' && observation.event === 'approved' && observation.by === 'coins')
      this.#cashSales++
    const before = this.#auditor.breaches.length
    this.#auditor.observe(observation, this.#timeline.monotonic())
    for (const { rule, words } of this.#auditor.breaches.slice(before)) {
      this.#story.tell('AUDITOR', `rule ${rule} is broken: ${words}`)
    }
  }

  #died(process: string, error: unknown): void {
    const words = error instanceof Error ? (error.stack ?? error.message) : String(error)
    this.#observe({ type: 'processDied', process, error: words })
  }

  #visitSoon(): void {
    const random = this.#random.stream(`visit ${this.#timeline.monotonic()} ${this.#offers}`)
    this.#timeline.after(random.around(meanVisitGapMs), () => {
      if (this.#calm) return
      this.#visit(random)
      this.#visitSoon()
    })
  }

  #visit(random: SeededRandom): void {
    const free = this.#buyers.filter((buyer) => !buyer.busy)
    if (free.length === 0) return
    const site = random.pick(this.#sites)
    const drawn = <K>(from: ReadonlyMap<K, number>) =>
      [...from].filter(([, probability]) => random.chance(probability)).map(([kind]) => kind)
    const behaviours = drawn<string>(site.kiosk ? this.#swarm.kioskFaults : this.#swarm.behaviours)
    site.machine.behave(behaviours)
    this.#observe({ type: 'behaves', automatonId: site.id, behaviours })
    const twists = new Set<Twist>(drawn(this.#swarm.twists))
    const phoneFirst = !site.settings.alwaysIdle || random.chance(this.#swarm.phoneFirst)
    const coins = site.kiosk ? this.#coinsOf(random.stream('coins')) : undefined
    const byPhone = coins === undefined || coins === 'part' || coins === 'during'
    const way = byPhone ? this.#wayOf(random) : 'coins'
    random.pick(free).begin({ site, item: random.pick([1, 1, 2, 3]), phoneFirst, way, twists, coins })
  }

  #coinsOf(random: SeededRandom): CoinPlan | undefined {
    return random.chance(this.#swarm.coins) ? random.pick(coinPlans) : undefined
  }

  #wayOf(random: SeededRandom): Way {
    const { dialogues, calls, pages } = this.#swarm
    if (random.chance(dialogues)) return 'dialogue'
    if (random.chance(calls)) return 'call'
    return random.chance(pages) ? 'page' : 'text'
  }

  #siteOf(index: number): VendingSite {
    const random = this.#random.stream(`machine ${index}`)
    const identity = this.#settings.identities.automata[index]
    if (!identity) throw new Error(`there is no identity for machine ${index}`)
    const { limits, sessionMachines, onDemandLinks, crashAtCommit, calls } = this.#swarm
    const isKiosk = index < this.#swarm.kiosks
    const site: VendingSite = new VendingSite(
      {
        identity,
        number: machineNumberOf(index),
        isKiosk,
        alwaysIdle: !random.chance(sessionMachines) || isKiosk,
        bridge: random.stream('bridge').chance(isKiosk ? 0.5 : rawBuses) ? 'raw' : 'qibixx',
        keypad: calls > 0,
        linkMode: random.chance(onDemandLinks) ? 'onDemand' : 'permanent',
        limits,
        clock: this.#clock(identity.id),
      },
      {
        timeline: this.#timeline,
        random,
        broker: this.#broker,
        observe: (observation) => this.#observe(observation),
        story: this.#story,
        crashAtCommit: () => (this.#calm ? 0 : crashAtCommit),
        hear: (event) => {
          this.#story.tell(`machine ${machineNumberOf(index)}`, describe(event))
          for (const buyer of this.#buyers) {
            if (event.event === 'sessionBegun') buyer.sessionBegun(site)
            else buyer.machineSays(site, event.event)
          }
        },
        failed: (process, error) => this.#died(process, error),
      },
    )
    return site
  }

  #buyerOf(number: string): Buyer {
    const random = this.#random.stream(`buyer ${number}`)
    return new Buyer(number, {
      timeline: this.#timeline,
      random,
      carrier: this.#carrier,
      switchboard: this.#switchboard,
      browserOf: (name) => new Browser(this.#browsing(number), name),
      observe: (observation) => this.#observe(observation),
      story: this.#story,
      another: () => random.pick(this.#buyers),
      anotherSite: () => random.pick(this.#sites),
    })
  }

  #browsing(number: string): BrowserParts {
    return {
      timeline: this.#timeline,
      random: this.#random.stream(`browser ${number}`),
      carriage: this.#browsers,
      observe: (observation) => this.#observe(observation),
      servers: () => this.#servers.flatMap(({ running }) => running ?? []),
    }
  }

  #premises() {
    const { limits, drift } = this.#swarm
    const { silenceMs, offerWaitMs, readerLimitMs, vendMs } = limits
    const { automata } = this.#settings.identities
    return {
      silenceMs,
      offerWaitMs,
      readerLimitMs,
      vendMs,
      drift,
      unknownsOfMachine: unknownCap.machine,
      numberOfHash: new Map(buyerNumbers.map((number) => [hashOfNumber(number), number])),
      machineNumberOf: new Map(automata.map(({ id }, index) => [id, machineNumberOf(index)])),
    }
  }

  #serverSettings(): Settings {
    const { limits, charge } = this.#swarm
    return {
      limits,
      chart: makeSaleChart(limits),
      charge,
      rootPem: this.#settings.identities.centre.rootPem,
      invitation: 'Text {number} to 36000',
      proof: [],
      unknownCap,
      voice: voiceRules,
    }
  }

  #clock(whose: string) {
    const random = this.#random.stream(`clock of ${whose}`)
    const { drift } = this.#swarm
    return { offsetMs: 0, rate: 1 + drift * (2 * random.fraction() - 1) }
  }

  #carriage(which: 'mqtt' | 'http' | 'text', name: string = which): Carriage {
    const weather = (): Weather => (this.#calm ? calmWeather[which] : this.#swarm.weather[which])
    const note = (what: string) => this.#story.tell('wire', `${name} ${what}`)
    return new Carriage(this.#timeline, this.#random.stream(`wire ${name}`), weather, note)
  }
}

function describe(event: object): string {
  return Object.values(event).join(' ')
}
