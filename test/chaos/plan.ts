// What a run of chaos does, drawn from its seed before anything happens: who buys what and how it goes, and
// what breaks when. When it all meets is up to the real processes; a replay repeats the plan, not the
// microsecond.
import type { BehaviourName } from '@concilia/simulator/behaviours.ts'
import type { BenchMachine, Buyer } from '@concilia/simulator/start/buyers.ts'
import { playLimits } from '@concilia/simulator/start/faults.ts'
import type { Direction } from '../tcp-proxy.ts'
import { Draw } from './draw.ts'

/** What the buyer does once the price has been read. */
const ways = {
  pays: 52,
  saysYesTwice: 6,
  givesWrongCodeFirst: 5,
  saysNo: 4,
  saysNothing: 3,
  saysYesTooLate: 5,
  paysInCoins: 4,
  pushesLever: 4,
  pullsLine: 4,
  /** A second buyer wants the same item of the same machine. */
  hasRival: 6,
  /** Has texted another machine, too. */
  textsTwoMachines: 4,
  walksAway: 3,
} as const
export type Way = keyof typeof ways

/** How the machine behaves while it vends. */
const behaviours = {
  good: 68,
  jam: 9,
  silent: 3,
  reset: 4,
  slow: 3,
  unplugged: 4,
  garbage: 5,
  boxRestart: 4,
} as const satisfies Partial<Record<BehaviourName, number>>

export interface VisitPlan {
  readonly visit: number
  readonly machine: BenchMachine
  readonly item: number
  readonly buyer: Buyer
  /** Another buyer, for the ways that need one. */
  readonly rival: Buyer
  readonly otherMachine: BenchMachine
  readonly way: Way
  readonly behaviour: BehaviourName
  /** The phone comes before the button. */
  readonly phoneFirst: boolean
  readonly dials: boolean
  /** Before each answer (ms). */
  readonly hesitatesMs: number
}

/** Limits of a run: those of a play, with waits as short as two loaded processors allow. */
export const chaosLimits = {
  ...playLimits({ says: '' }),
  consentMs: 4500,
  offerWaitMs: 8000,
  readerLimitMs: 10_000,
  machineVendLimitMs: 15_000,
  attendMs: 6000,
  identificationWaitMs: 8000,
  silenceMs: 3_600_000,
}

/** How this run's house is set up. */
export interface HousePlan {
  readonly charge: 'debit' | 'hold'
  readonly linkMode: 'permanent' | 'onDemand'
}

export function housePlan(seed: number): HousePlan {
  const draw = new Draw(seed, 'house')
  return {
    charge: draw.oneOf(['debit', 'debit', 'hold']),
    linkMode: draw.oneOf(['permanent', 'permanent', 'onDemand']),
  }
}

export function machinesOf(count: number): BenchMachine[] {
  return Array.from({ length: count }, (_, index) => ({
    number: String(4021 + index),
    automatonId: `automaton-${4021 + index}`,
    // Every third waits for a session.
    alwaysIdle: index % 3 !== 1,
    items: { 1: 150 + index, 2: 200 + index, 3: 85 + index },
  }))
}

export function visitPlan(
  seed: number,
  visit: number,
  machines: readonly BenchMachine[],
  buyers: readonly Buyer[],
): VisitPlan {
  const draw = new Draw(seed, `visit ${visit}`)
  const machine = machines[visit % machines.length] ?? draw.oneOf(machines)
  const buyer = draw.oneOf(buyers)
  return {
    visit,
    machine,
    item: draw.oneOf(Object.keys(machine.items).map(Number)),
    buyer,
    rival: draw.oneOf(buyers.filter((each) => each !== buyer)),
    otherMachine: draw.oneOf(machines),
    way: draw.weighted(ways),
    behaviour: draw.weighted(behaviours),
    phoneFirst: draw.fraction() < 0.2,
    dials: draw.fraction() < 0.15,
    hesitatesMs: draw.between(0, 400),
  }
}

export type FaultPlan = {
  readonly fault: number
  /** After the fault before it began (ms). */
  readonly pauseMs: number
  readonly holdMs: number
} & (
  | { readonly kind: 'kill' | 'killForAWhile' | 'stopInTime'; readonly target: string }
  | { readonly kind: 'cut' | 'blackHole' | 'double'; readonly wire: string }
  | { readonly kind: 'slow'; readonly wire: string; readonly delayMs: number }
  | { readonly kind: 'halfOpen'; readonly wire: string; readonly gone: 'near' | 'far' }
  | { readonly kind: 'oneWay'; readonly wire: string; readonly lost: Direction }
  | { readonly kind: 'phonesReachTheOther' }
  /** As after a power cut of its computer: what was under way is undone, and it recovers from its log. */
  | { readonly kind: 'crashDatabase' }
)

const faultKinds = {
  kill: 20,
  killForAWhile: 8,
  stopInTime: 16,
  cut: 14,
  slow: 12,
  halfOpen: 10,
  blackHole: 10,
  oneWay: 8,
  double: 6,
  phonesReachTheOther: 6,
  crashDatabase: 4,
} as const

export interface Breakable {
  /** Names of programs, the broker among them. */
  readonly programs: readonly string[]
  readonly wires: readonly string[]
  /** Wires on which a request may come twice; MQTT would be another conversation. */
  readonly httpWires: readonly string[]
}

export function faultPlan(seed: number, fault: number, { programs, wires, httpWires }: Breakable): FaultPlan {
  const draw = new Draw(seed, `fault ${fault}`)
  const kind = draw.weighted(faultKinds)
  const when = { fault, pauseMs: draw.between(300, 1800), holdMs: draw.between(200, 4500) }
  switch (kind) {
    case 'kill':
    case 'killForAWhile':
    case 'stopInTime':
      return { ...when, kind, target: draw.oneOf(programs) }
    case 'cut':
    case 'blackHole':
      return { ...when, kind, wire: draw.oneOf(wires) }
    case 'double':
      return { ...when, kind, wire: draw.oneOf(httpWires) }
    case 'slow':
      return { ...when, kind, wire: draw.oneOf(wires), delayMs: draw.between(20, 900) }
    case 'halfOpen':
      return { ...when, kind, wire: draw.oneOf(wires), gone: draw.oneOf(['near', 'far']) }
    case 'oneWay':
      return { ...when, kind, wire: draw.oneOf(wires), lost: draw.oneOf(['request', 'answer']) }
    case 'phonesReachTheOther':
    case 'crashDatabase':
      return { ...when, kind }
  }
}
