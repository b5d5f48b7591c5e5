// One visit of a buyer to a machine, as planned: the button, the phone, and what the buyer does on what is
// read. Knows only what a person at the machine sees; whatever goes wrong is a note, and the visit goes on
// to its end.
import type { Buyer } from '@concilia/simulator/start/buyers.ts'
import type { Happening } from '@concilia/simulator/start/happenings.ts'
import type { MachineEvent } from '@concilia/simulator/vending-machine.ts'
import { chaosLimits, type VisitPlan } from './plan.ts'
import type { Records, VisitRecord } from './records.ts'
import type { World } from './world.ts'

/** How long a machine may be out of service before the next buyer gives up (ms). */
const offeredMs = 12_000
/** A visit whose machine has not come to standby by then is left to the end of the run (ms). */
const visitMs =
  chaosLimits.attendMs + chaosLimits.readerLimitMs + chaosLimits.vendMs + chaosLimits.reportingMs + 6000

const pause = (ms: number) => new Promise<void>((done) => setTimeout(done, ms))

export class Visit {
  readonly #world: World
  readonly #records: Records
  readonly #plan: VisitPlan
  readonly #record: VisitRecord
  readonly #answered = new Set<string>()
  #isAsking = false
  #isOver = false
  #centreCode: { code?: string | undefined; isWanted?: boolean } = {}

  constructor(world: World, records: Records, plan: VisitPlan) {
    this.#world = world
    this.#records = records
    this.#plan = plan
    this.#record = { plan, from: Date.now(), until: 0, asked: false, notes: [] }
    records.visits.push(this.#record)
  }

  async run(): Promise<void> {
    const { machine, behaviour, phoneFirst, way } = this.#plan
    const { simulator, happenings } = this.#world.house
    const stop = happenings.listen((happening) => this.#hear(happening))
    try {
      await simulator.call('behave', { machine: machine.number, behaviours: [behaviour] })
      if (!(await this.#isOffered())) return
      const phone = () => this.#phones(this.#plan.buyer)
      if (phoneFirst || !machine.alwaysIdle) void phone()
      if (machine.alwaysIdle && phoneFirst) await pause(this.#plan.hesitatesMs + 200)
      if (!machine.alwaysIdle) await this.#until('a session', () => this.#isInSession, chaosLimits.attendMs)
      await this.#presses()
      if (!this.#record.asked) return
      if (machine.alwaysIdle && !phoneFirst && way !== 'walksAway') void phone()
      if (way === 'hasRival') void this.#phones(this.#plan.rival)
      if (way === 'textsTwoMachines') {
        void this.#texts(this.#plan.buyer, `PAY ${this.#plan.otherMachine.number}`)
      }
      await this.#until('standby', () => !this.#isAsking, visitMs)
    } catch (error) {
      this.#record.notes.push(String(error))
    } finally {
      this.#isOver = true
      this.#record.until = Date.now()
      stop()
    }
  }

  #isInSession = false

  #hear(happening: Happening): void {
    if (happening.kind === 'machine' && happening.machine === this.#plan.machine.number) {
      this.#see(happening.event)
    }
    if (happening.kind !== 'text') return
    const { buyer, rival, way } = this.#plan
    if (happening.buyer.name === buyer.name) this.#reads(buyer, happening.words)
    else if (way === 'hasRival' && happening.buyer.name === rival.name) this.#reads(rival, happening.words)
  }

  #see({ event }: MachineEvent): void {
    if (event === 'sessionBegun') this.#isInSession = true
    if (event === 'asked') this.#isAsking = true
    if (event === 'standby') {
      this.#isAsking = false
      this.#isInSession = false
    }
  }

  async #isOffered(): Promise<boolean> {
    const { number } = this.#plan.machine
    const until = Date.now() + offeredMs
    for (;;) {
      const { enabled, plugged } = await this.#world.house.simulator.call('look', { machine: number })
      if (enabled && plugged) return true
      if (Date.now() > until) break
      await pause(200)
    }
    this.#record.notes.push('the machine sold for coins only')
    return false
  }

  async #presses(): Promise<void> {
    const { machine, item } = this.#plan
    const until = Date.now() + 3000
    for (;;) {
      const pressed = await this.#world.house.simulator.call('press', { machine: machine.number, item })
      if (pressed === 'asked') this.#record.asked = true
      if (pressed === 'asked' || Date.now() > until) return
      await pause(250)
    }
  }

  async #phones(buyer: Buyer): Promise<void> {
    const { machine, dials } = this.#plan
    const { inDialogue } = this.#world
    if (!dials || buyer !== this.#plan.buyer || inDialogue.has(buyer.number)) {
      return await this.#texts(buyer, `PAY ${machine.number}`)
    }
    inDialogue.add(buyer.number)
    try {
      await this.#dials(buyer)
    } catch (error) {
      this.#record.notes.push(`the dialogue broke off: ${String(error)}`)
    } finally {
      inDialogue.delete(buyer.number)
    }
  }

  /** The same by the menu on the screen, for as long as it goes on. */
  async #dials(buyer: Buyer): Promise<void> {
    const { simulator } = this.#world.house
    const { machine, hesitatesMs, way } = this.#plan
    let screen = await simulator.call('dial', { number: buyer.number, code: `*123*${machine.number}#` })
    const reads = () => this.#records.screens.push({ at: Date.now(), buyer: buyer.name, words: screen.text })
    reads()
    for (let step = 0; screen.goesOn && step < 4 && !this.#isOver; step++) {
      await pause(hesitatesMs)
      const [, figure] = /^(\d) Pay/m.exec(screen.text) ?? []
      const isPrice = figure !== undefined
      const no = isPrice && (way === 'saysNo' || way === 'saysNothing')
      if (isPrice && !no) this.#consents(buyer, screen.text)
      screen = await simulator.call('type', { number: buyer.number, words: no ? '0' : (figure ?? '1') })
      reads()
    }
  }

  #reads(buyer: Buyer, words: string): void {
    this.#centreCode.code ??= /\bYour code is (\d{4,8})\b/.exec(words)?.[1]
    this.#centreCode.isWanted ||= /Reply with that code/.test(words)
    if (this.#centreCode.code && this.#centreCode.isWanted) {
      void this.#texts(buyer, this.#centreCode.code)
      this.#centreCode = {}
    }
    const [, machine, code] = /^Machine (\d+): .*\bYES (\d{4,8})\b/.exec(words) ?? []
    if (machine !== this.#plan.machine.number || code === undefined || this.#answered.has(code)) return
    this.#answered.add(code)
    this.#answers(buyer, code, words).catch((error) => this.#record.notes.push(String(error)))
  }

  async #answers(buyer: Buyer, code: string, price: string): Promise<void> {
    const { machine, item, way, hesitatesMs } = this.#plan
    const { simulator } = this.#world.house
    const here = { machine: machine.number }
    const yes = () => {
      this.#consents(buyer, price)
      return this.#texts(buyer, `YES ${code}`)
    }
    await pause(hesitatesMs)
    switch (way) {
      case 'saysYesTwice':
        await Promise.all([yes(), yes()])
        return
      case 'givesWrongCodeFirst':
        await this.#texts(buyer, `YES ${code === '1111' ? '2222' : '1111'}`)
        return await yes()
      case 'saysNo':
        return await this.#texts(buyer, 'NO')
      case 'saysNothing':
      case 'walksAway':
        return
      case 'saysYesTooLate':
        await this.#until('standby', () => !this.#isAsking, visitMs).catch(() => {})
        return await yes()
      case 'paysInCoins':
        await simulator.call('payInCoins', { ...here, item })
        return
      case 'pushesLever':
        await simulator.call('pushLever', here)
        return
      case 'pullsLine':
        await simulator.call('unplug', here)
        await pause(1000)
        await simulator.call('plug', here)
        return
      default:
        return await yes()
    }
  }

  /** Written down before it is sent: what the buyer may be charged for. */
  #consents({ name: buyer }: Buyer, price: string): void {
    const [, euros = '0', cents = '0'] = /(\d+)\.(\d\d) EUR/.exec(price) ?? []
    const amountMinor = Number(euros) * 100 + Number(cents)
    const machine = /^Machine (\d+)/.exec(price)?.[1] ?? ''
    this.#records.consents.push({ at: Date.now(), buyer, machine, amountMinor })
  }

  async #texts({ number }: Buyer, words: string): Promise<void> {
    try {
      await this.#world.house.simulator.call('text', { number, words })
    } catch (error) {
      this.#record.notes.push(`${words} was not taken: ${String(error)}`)
    }
  }

  /** Looks again at every happening. Rejects when it does not come. */
  async #until(what: string, isSo: () => boolean, limitMs: number): Promise<void> {
    if (isSo()) return
    await this.#world.house.happenings.next(what, limitMs, () => (isSo() ? true : undefined))
  }
}
