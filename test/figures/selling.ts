// Machines that sell in closed loop: each makes its next offer when its last sale is complete. Measures a
// stretch of the steady state, and what each program spent on it.
import { identityFrom } from '@concilia/platform/identity.ts'
import { Carrier } from './carrier.ts'
import { databaseWork } from './database-work.ts'
import { machineCredentials, machineNumberOf, phoneNumberOf } from './enrolled.ts'
import { FigureMachine, type SaleTimes } from './figure-machine.ts'
import type { Measured } from './premises.ts'
import { cpuMs, familyCpuMs, familyMb, residentMb } from './processor-time.ts'
import { percentile, short } from './statistics.ts'

export interface SellingOptions {
  readonly machines: number
  /** Sales before anything is measured: a program that has just started is still being compiled. */
  readonly warmUpSales: number
  /** That many are waited for no longer than this. */
  readonly warmUpMs: number
  readonly measureMs: number
  readonly certificates: string
}

export type SellingFigures = Readonly<Record<string, number>>

export async function sellingFigures(measured: Measured, options: SellingOptions): Promise<SellingFigures> {
  const crowd = await Crowd.admitted(measured, options)
  try {
    crowd.begin()
    await crowd.warmUp(options)
    const before = await spent(measured)
    crowd.measure()
    await pause(options.measureMs)
    const sales = crowd.measured()
    const after = await spent(measured)
    const figures = figuresOf(sales, before, after)
    return { ...figures, ...memoryOf(measured), refused: crowd.faults }
  } finally {
    await crowd.close()
  }
}

/** The machines of one measurement, with their buyers and the carrier between. */
class Crowd {
  readonly #carrier: Carrier
  #machines: FigureMachine[] = []
  #sales: SaleTimes[] = []
  #goesOn = true
  #open = 0
  #faults: string[] = []
  #idle = () => {}

  private constructor(carrier: Carrier) {
    this.#carrier = carrier
  }

  static async admitted(measured: Measured, options: SellingOptions): Promise<Crowd> {
    const { brokerUrl, gatewayUrl, carrierPort } = measured
    const carrier = new Carrier()
    await carrier.listen(carrierPort)
    await carrier.reach(gatewayUrl)
    const crowd = new Crowd(carrier)
    const credentials = await machineCredentials(options.certificates, options.machines)
    crowd.#machines = credentials.map((files, index) => {
      const identity = identityFrom(files)
      if (typeof identity === 'string') throw new Error(identity)
      return new FigureMachine({
        identity,
        brokerUrl,
        carrier,
        machineNumber: machineNumberOf(index),
        phoneNumber: phoneNumberOf(index),
        sold: (times) => crowd.#sold(times),
        failed: (why) => crowd.#failed(why),
      })
    })
    // A few dozen at a time, as after a restart with jitter.
    for (let first = 0; first < crowd.#machines.length; first += 50) {
      await Promise.all(crowd.#machines.slice(first, first + 50).map((machine) => machine.connect()))
    }
    return crowd
  }

  get faults(): number {
    return this.#faults.length
  }

  begin(): void {
    for (const machine of this.#machines) {
      this.#open += 1
      machine.sell()
    }
  }

  async warmUp({ warmUpSales, warmUpMs }: SellingOptions): Promise<void> {
    const until = performance.now() + warmUpMs
    while (this.#sales.length < warmUpSales && performance.now() < until) await pause(100)
  }

  measure(): void {
    this.#sales = []
  }

  measured(): readonly SaleTimes[] {
    return this.#sales.splice(0)
  }

  /** Lets the sales under way end, for ten seconds at most. */
  async close(): Promise<void> {
    this.#goesOn = false
    const ended = new Promise<void>((resolve) => {
      this.#idle = resolve
    })
    if (this.#open > 0) await Promise.race([ended, pause(10_000)])
    await Promise.all(this.#machines.map((machine) => machine.stop()))
    await this.#carrier.close()
    if (this.#faults.length > 0) {
      console.error(`  ${this.#faults.length} things went another way, such as: ${this.#faults[0]}`)
    }
  }

  #sold(times: SaleTimes): boolean {
    this.#sales.push(times)
    if (this.#goesOn) return true
    this.#open -= 1
    if (this.#open === 0) this.#idle()
    return false
  }

  #failed(why: string): void {
    this.#faults.push(why)
  }
}

interface Spent {
  readonly at: number
  readonly serverMs: number
  readonly centreMs: number
  readonly databaseMs: number
  readonly generatorMs: number
  readonly commits: readonly number[]
  readonly rowsWritten: number
  readonly walBytes: number
}

async function spent({ serverPid, centrePid, postgresPid, adminUrl, databases }: Measured): Promise<Spent> {
  const work = await databaseWork(adminUrl, databases)
  return {
    at: performance.now(),
    serverMs: cpuMs(serverPid),
    centreMs: cpuMs(centrePid),
    databaseMs: familyCpuMs(postgresPid),
    generatorMs: cpuMs(process.pid),
    ...work,
  }
}

function figuresOf(sales: readonly SaleTimes[], before: Spent, after: Spent): SellingFigures {
  const each = (amount: (spent: Spent) => number) =>
    short((amount(after) - amount(before)) / Math.max(1, sales.length))
  const answers = sales.map(({ consented, instructed }) => instructed - consented)
  const standbys = sales.map(({ offered, standby }) => standby - offered)
  const wholes = sales.map(({ offered, complete }) => complete - offered)
  return {
    sales: sales.length,
    salesPerSecond: short((sales.length * 1000) / (after.at - before.at)),
    consentToInstructionP50Ms: short(percentile(answers, 0.5)),
    consentToInstructionP99Ms: short(percentile(answers, 0.99)),
    offerToStandbyP50Ms: short(percentile(standbys, 0.5)),
    offerToStandbyP99Ms: short(percentile(standbys, 0.99)),
    completeP50Ms: short(percentile(wholes, 0.5)),
    serverCpuMs: each(({ serverMs }) => serverMs),
    centreCpuMs: each(({ centreMs }) => centreMs),
    databaseCpuMs: each(({ databaseMs }) => databaseMs),
    generatorCpuMs: each(({ generatorMs }) => generatorMs),
    serverCommits: each(({ commits }) => commits[0] ?? 0),
    centreCommits: each(({ commits }) => commits[1] ?? 0),
    rowsWritten: each(({ rowsWritten }) => rowsWritten),
    walKilobytes: each(({ walBytes }) => walBytes / 1000),
  }
}

function memoryOf({ serverPid, centrePid, postgresPid }: Measured): SellingFigures {
  return {
    serverMb: short(residentMb(serverPid)),
    centreMb: short(residentMb(centrePid)),
    databaseMb: short(familyMb(postgresPid)),
  }
}

function pause(forMs: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, forMs))
}
