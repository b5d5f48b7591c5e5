// One run of chaos from its seed to its verdict: the house goes up, buyers buy while things break, then
// nothing breaks any more and all must come to rest by itself, and the judge compares what each party has
// to say.
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { Happenings } from '@concilia/simulator/start/happenings.ts'
import { Disorder } from './disorder.ts'
import { type Evidence, gather, machinesSeen, restOf } from './evidence.ts'
import { judge, type Verdict } from './judge.ts'
import { housePlan, machinesOf, visitPlan } from './plan.ts'
import { emptyRecords, type Records } from './records.ts'
import { Visit } from './visit.ts'
import { moreBuyers, World } from './world.ts'

export interface ChaosOptions {
  readonly seed: number
  /** How many are offered by machines. */
  readonly sales: number
  readonly machines: number
  /** No new visit begins after this (s). */
  readonly seconds: number
  /** How long all may take to come to rest once nothing breaks any more (s). */
  readonly restSeconds: number
  readonly data: string
  /** Ends the visits early; all then comes to rest and is judged as usual. */
  readonly enough?: AbortSignal
  readonly tell: (words: string) => void
}

export interface ChaosResult extends Verdict {
  readonly records: Records
}

export async function runChaos(options: ChaosOptions): Promise<ChaosResult> {
  const { seed, tell, data } = options
  const happenings = new Happenings()
  const records = emptyRecords()
  writeDown(happenings, records)
  const plan = housePlan(seed)
  tell(`money is taken by ${plan.charge}, links are ${plan.linkMode}`)
  const world = new World(data, plan, machinesOf(options.machines), happenings)
  try {
    await world.start()
    readTexts(world, happenings)
    const disorder = new Disorder(world, seed, records.faults)
    disorder.start()
    await play(world, records, options).finally(() => disorder.end())
    tell(`nothing breaks any more; ${records.faults.length} faults so far`)
    const unrest = await comeToRest(world, options.restSeconds)
    const seen = await machinesSeen(world)
    await world.stopAutomata()
    const evidence: Evidence = { ...(await gather(world, records)), machines: seen }
    writeFileSync(join(data, 'evidence.json'), JSON.stringify(evidence, undefined, 1))
    const verdict = judge(evidence)
    return { ...verdict, breaches: [...unrest, ...verdict.breaches], records }
  } finally {
    await world.stop()
  }
}

/** Each machine has its own buyers, one after the other, until there have been enough sales. */
async function play(world: World, records: Records, options: ChaosOptions): Promise<void> {
  const { seed, sales, seconds, enough, tell } = options
  const { machines, buyers } = world
  const until = performance.now() + seconds * 1000
  const begun = () => records.offered.length
  let told = 0
  const queue = async (first: number) => {
    for (let visit = first; begun() < sales; visit += machines.length) {
      if (enough?.aborted || performance.now() > until) return
      await new Visit(world, records, visitPlan(seed, visit, machines, buyers)).run()
      if (begun() < told + 10) continue
      told = begun()
      tell(`${told} of ${sales} sales, ${records.faults.length} faults`)
    }
  }
  await Promise.all(machines.map((_, index) => queue(index)))
  tell(`${begun()} sales of ${records.visits.length} visits are over`)
}

/** @returns what was still under way when patience was over */
async function comeToRest(world: World, restSeconds: number): Promise<string[]> {
  const until = performance.now() + restSeconds * 1000
  for (;;) {
    const { openSales, outbox, notSelling } = await restOf(world)
    if (openSales === 0 && Object.keys(outbox).length === 0 && notSelling.length === 0) return []
    if (performance.now() > until) return [`rule 5: not at rest ${restSeconds} s after the last fault`]
    await new Promise((done) => setTimeout(done, 500))
  }
}

function writeDown(happenings: Happenings, records: Records): void {
  happenings.listen((happening) => {
    const { at } = happening
    if (happening.kind === 'machine') {
      if (happening.event.event === 'display') return
      records.hardware.push({ at, machine: happening.machine, event: happening.event })
    }
    if (happening.kind === 'step' && happening.step === 'ST4' && happening.party.startsWith('automaton')) {
      records.offered.push(happening.saleId ?? '')
    }
    if (happening.kind === 'text') {
      records.texts.push({ at, buyer: happening.buyer.name, words: happening.words })
    }
    if (happening.kind === 'news') records.news.push(happening.words)
  })
}

/** Of the buyers that the house itself does not know. */
function readTexts(world: World, happenings: Happenings): void {
  for (const buyer of moreBuyers) {
    const next = (): Promise<void> =>
      world.house.simulator
        .call('nextText', { number: buyer.number, timeoutMs: 2 ** 31 - 1 })
        .then((words) => happenings.tell({ kind: 'text', at: Date.now(), buyer, words }))
        .then(next)
    // Until the phones go with their process.
    next().catch(() => {})
  }
}
