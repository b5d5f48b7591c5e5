// Breaks programs and wires as planned, one fault after the other and several at a time, and puts all of it
// right again at the end. A program or a wire has one fault at a time.

import { databaseAway } from './judge.ts'
import { type Breakable, type FaultPlan, faultPlan } from './plan.ts'
import type { FaultRecord } from './records.ts'
import { brokerName, type World } from './world.ts'

/** Faults at work at one time. */
const most = 3

export class Disorder {
  readonly #world: World
  readonly #seed: number
  readonly #records: FaultRecord[]
  readonly #breakable: Breakable
  readonly #broken = new Map<string, Promise<void>>()
  readonly #ends = Promise.withResolvers<void>()
  #isOver = false
  #running: Promise<void> | undefined

  constructor(world: World, seed: number, records: FaultRecord[]) {
    this.#world = world
    this.#seed = seed
    this.#records = records
    this.#breakable = {
      programs: [...world.programNames, brokerName],
      wires: [...world.wires.keys()],
      httpWires: world.httpWires,
    }
  }

  start(): void {
    this.#running = this.#run()
  }

  /** Resolves once every program runs and every wire carries again. */
  async end(): Promise<void> {
    this.#isOver = true
    this.#ends.resolve()
    await this.#running
    await Promise.all(this.#broken.values())
  }

  async #run(): Promise<void> {
    for (let fault = 0; !this.#isOver; fault++) {
      const plan = faultPlan(this.#seed, fault, this.#breakable)
      await this.#pause(plan.pauseMs)
      const what = 'target' in plan ? plan.target : 'wire' in plan ? plan.wire : plan.kind
      if (this.#isOver || this.#broken.has(what) || this.#broken.size >= most) continue
      const record: FaultRecord = { plan, from: Date.now(), until: Number.POSITIVE_INFINITY }
      this.#records.push(record)
      const done = this.#strike(plan).finally(() => {
        record.until = Date.now()
        this.#broken.delete(what)
      })
      this.#broken.set(what, done)
    }
  }

  async #strike(plan: FaultPlan): Promise<void> {
    switch (plan.kind) {
      case 'kill':
      case 'killForAWhile':
      case 'stopInTime':
        return plan.target === brokerName ? await this.#strikeBroker(plan) : await this.#strikeProgram(plan)
      case 'phonesReachTheOther':
        return this.#world.phonesReachTheOther()
      case 'crashDatabase':
        this.#world.crashDatabase()
        await this.#pause(plan.holdMs)
        return await this.#world.startDatabase()
      default:
        return await this.#strikeWire(plan)
    }
  }

  async #strikeBroker({ kind, holdMs }: FaultPlan): Promise<void> {
    const { broker } = this.#world
    if (kind === 'stopInTime') {
      broker.pause()
      await this.#pause(holdMs)
      return broker.resume()
    }
    await broker.kill()
    if (kind === 'killForAWhile') await this.#pause(holdMs)
    await broker.start()
  }

  async #strikeProgram(plan: FaultPlan & { target: string }): Promise<void> {
    const program = this.#world.program(plan.target)
    if (plan.kind === 'stopInTime') {
      program.pause()
      await this.#pause(plan.holdMs)
      return program.resume()
    }
    program.kill()
    // Its supervisor brings it back, unless it is told to leave it.
    if (plan.kind === 'kill') return await this.#isBack(plan.target)
    await program.stop()
    await this.#pause(plan.holdMs)
    // While its database is away it does not start; whoever supervises it tries again.
    while (!(await program.start().then(() => true, isDatabaseAway))) await this.#pause(500)
  }

  async #isBack(name: string): Promise<void> {
    const { title } = this.#world.program(name).program
    await this.#world.house.happenings.next(`the ${title} is back`, 60_000, (happening) =>
      happening.kind === 'news' && happening.words === `the ${title} is back` ? true : undefined,
    )
  }

  async #strikeWire(plan: Extract<FaultPlan, { wire: string }>): Promise<void> {
    const wire = this.#world.wire(plan.wire)
    switch (plan.kind) {
      case 'cut':
        return wire.cut()
      case 'slow':
        wire.slow(plan.delayMs)
        await this.#pause(plan.holdMs)
        return wire.slow(0)
      case 'halfOpen':
        wire.halfOpen(plan.gone)
        await this.#pause(plan.holdMs)
        return wire.cut()
      case 'blackHole':
        wire.blackHole(true)
        await this.#pause(plan.holdMs)
        return wire.blackHole(false)
      case 'oneWay':
        wire.blackHole(true, [plan.lost])
        await this.#pause(plan.holdMs)
        return wire.blackHole(false)
      case 'double':
        wire.double(true)
        await this.#pause(plan.holdMs)
        return wire.double(false)
    }
  }

  /** Cut short by the end. */
  async #pause(ms: number): Promise<void> {
    await Promise.race([new Promise((done) => setTimeout(done, ms)), this.#ends.promise])
  }
}

/** Rejects with what it is given when that is anything else. */
function isDatabaseAway(error: Error): false {
  if (databaseAway.test(error.message)) return false
  throw error
}
