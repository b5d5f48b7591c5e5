// Which faults a world has, and how many of each: drawn from the seed, most kinds left out of most worlds. A
// world with every fault at once mostly stands still; many worlds with a few each find more.
import type { Limits } from '@concilia/protocol/limits.ts'
import { brokenLimits, defaultLimits } from '@concilia/protocol/limits.ts'
import type { SessionKey } from '@concilia/relation-server/phones/smpp/profile.ts'
import type { BehaviourName } from '../behaviours.ts'
import { boardFaults } from '../kiosk/board-faults.ts'
import { changerFaults } from '../kiosk/changer-faults.ts'
import type { SeededRandom } from './seeded-random.ts'
import { fairWeather, type Weather } from './weather.ts'

/** Faults that come by themselves; a world has a mean time between two of a kind (ms). */
export const faultKinds = [
  'automatonCrash',
  'automatonStop',
  'serverCrash',
  'serverStop',
  'serverLongStop',
  'centreCrash',
  'centreStop',
  'centreLongAway',
  'serverDatabaseFall',
  'centreDatabaseFall',
  'brokerFall',
  'wayCut',
  'wayDeafUp',
  'wayDeafDown',
  'clockJump',
  'diskFull',
  'journalLost',
  'unplugged',
  'boxRestart',
  'poisoned',
  'accountReopened',
  'forgedYes',
  'replayedYes',
  'linkCut',
  'linkDeaf',
] as const
/** What somebody with a key of ours could do; only where it is asked for, never drawn. */
export const attackKinds = ['chargedAgain'] as const
export type FaultKind = (typeof faultKinds)[number] | (typeof attackKinds)[number]

/** What a buyer may do instead of what is expected. */
export const twists = [
  'mistypes',
  'doublePresses',
  'saysNo',
  'isSilent',
  'wrongCode',
  'answersTwice',
  'answersLate',
  'walksAway',
  'pushesLever',
  'paysInCoins',
  'secondPhone',
  'textsTwoMachines',
  'spendsTwice',
  'hangsUp',
  'typesTwice',
  'typesLate',
  'typesElsewhere',
  'guessesCodes',
  'typesAgain',
  'tapsStale',
  'othersNumber',
] as const
export type Twist = (typeof twists)[number]

const sessionKeys: readonly SessionKey[] = ['its_session_info', 'user_message_reference', 'none']
export const usualMachines = 20

export interface Swarm {
  readonly machines: number
  /** No prepaid account has more when the world begins. */
  readonly largestPurseMinor: number
  readonly charge: 'debit' | 'hold'
  readonly servers: number
  readonly limits: Limits
  readonly everyMs: ReadonlyMap<FaultKind, number>
  /** Probability, per call, that an automaton ends just before or just after what it does to its disk. */
  readonly crashAtCommit: number
  /** Probability, per commit, that a database breaks off instead of answering; half of them have happened. */
  readonly commitDoubt: number
  /** Probabilities, per vend. */
  readonly behaviours: ReadonlyMap<BehaviourName, number>
  /** So many of the machines are kiosks. */
  readonly kiosks: number
  /** Probability that a visit at one of them has to do with coins. */
  readonly coins: number
  /** Probabilities, per visit at one of them. */
  readonly kioskFaults: ReadonlyMap<KioskFault, number>
  /** Probabilities, per visit. */
  readonly twists: ReadonlyMap<Twist, number>
  /** Share of machines. */
  readonly sessionMachines: number
  readonly onDemandLinks: number
  /** Clocks gain or lose up to this part of time. */
  readonly drift: number
  readonly weather: { readonly mqtt: Weather; readonly http: Weather; readonly text: Weather }
  /** Probability that the gateway refuses a text for the time being. */
  readonly busyGateway: number
  /** How the message centre numbers dialogues; probability that it misses that a step was taken. */
  readonly sessionKey: SessionKey
  readonly missedSteps: number
  readonly phoneFirst: number
  readonly dialogues: number
  /** Of the visits that are no dialogue, and of those the rest. */
  readonly calls: number
  readonly pages: number
}

const behaviourNames: readonly BehaviourName[] = [
  'twice',
  'jam',
  'silent',
  'reset',
  'slow',
  'unplugged',
  'coins',
  'garbage',
  'boxRestart',
]

/** Goods that no sensor sees are left out: what is said then is wrong, and nobody can know it. */
const kioskFaults = [...changerFaults, ...boardFaults].filter((fault) => fault !== 'dropUnseen')
export type KioskFault = (typeof kioskFaults)[number]

export function drawSwarm(random: SeededRandom): Swarm {
  // Each kind is drawn from a stream of its own: a new kind does not change what a seed drew before.
  const some = <K extends string>(kinds: readonly K[], among: number, draw: (own: SeededRandom) => number) =>
    new Map(
      kinds.flatMap((kind) => {
        const own = random.stream(kind)
        return own.chance(among) ? [[kind, draw(own)] as const] : []
      }),
    )
  const doubts = random.stream('commitDoubt')
  const weather = (delayMs: number): Weather => ({
    delayMs: random.around(delayMs),
    held: random.chance(0.4) ? random.fraction() * 0.05 : 0,
    lost: random.chance(0.5) ? random.fraction() * 0.15 : 0,
    doubled: random.chance(0.5) ? random.fraction() * 0.2 : 0,
  })
  return {
    charge: random.pick(['debit', 'hold']),
    servers: random.chance(0.4) ? 2 : 1,
    machines: usualMachines,
    largestPurseMinor: Number.POSITIVE_INFINITY,
    limits: drawLimits(random),
    everyMs: some(faultKinds, 0.3, (own) => 20_000 + own.around(150_000)),
    crashAtCommit: random.chance(0.4) ? random.fraction() * 0.02 : 0,
    commitDoubt: doubts.chance(0.3) ? doubts.fraction() * 0.03 : 0,
    behaviours: some(behaviourNames, 0.35, (own) => own.fraction() * 0.15),
    twists: some(twists, 0.5, (own) => own.fraction() * 0.12),
    ...drawKiosks(random.stream('kiosk')),
    sessionMachines: random.pick([0, 0.2, 0.5]),
    onDemandLinks: random.pick([0, 0.2, 0.5]),
    drift: random.pick([0, 0.001, 0.01]),
    weather: { mqtt: weather(10), http: weather(10), text: weather(1500) },
    busyGateway: random.pick([0, 0, 0.1, 0.4]),
    sessionKey: random.stream('sessionKey').pick(sessionKeys),
    missedSteps: random.stream('missedSteps').pick([0, 0.1, 0.4]),
    phoneFirst: random.pick([0, 0.3, 0.7]),
    dialogues: random.pick([0, 0.3, 0.6]),
    pages: random.stream('pages').pick([0, 0.2, 0.5]),
    calls: random.stream('calls').pick([0, 0.2, 0.5]),
  }
}

/** In one world of four, and there a few. */
function drawKiosks(random: SeededRandom): Pick<Swarm, 'kiosks' | 'coins' | 'kioskFaults'> {
  const kiosks = random.chance(0.25) ? random.pick([1, 2, 2, 3]) : 0
  const coins = random.pick([0.5, 0.8])
  const drawn = kioskFaults.flatMap((fault) => {
    const own = random.stream(fault)
    return own.chance(0.3) ? [[fault, own.fraction() * 0.15] as const] : []
  })
  return { kiosks, coins, kioskFaults: new Map(drawn) }
}

export const calmWeather = { mqtt: fairWeather, http: fairWeather, text: { ...fairWeather, delayMs: 800 } }

/** Shorter than in the field, in the same relations: a world's day is an hour. */
function drawLimits(random: SeededRandom): Limits {
  const limits: Limits = {
    ...defaultLimits,
    textTransitMs: 5_000,
    consentMs: 30_000,
    authorisationMs: random.pick([3_000, 6_000]),
    marginMs: random.pick([2_000, 4_000]),
    offerWaitMs: random.pick([45_000, 60_000]),
    readerLimitMs: 70_000,
    machineVendLimitMs: 90_000,
    vendMs: random.pick([15_000, 30_000]),
    reportingMs: random.pick([2_000, 10_000]),
    attendMs: 30_000,
    identificationWaitMs: random.pick([45_000, 90_000]),
    askOutcomeMs: random.pick([5_000, 20_000]),
    silenceMs: random.pick([300_000, 600_000]),
    quietMs: random.pick([5_000, 20_000]),
    holdMs: random.pick([200_000, 500_000, 1_500_000]),
    confirmBeforeMs: 60_000,
    reconnectCapMs: 10_000,
  }
  const broken = brokenLimits(limits)
  if (broken.length > 0) throw new Error(`these limits break rule 6: ${broken.join('; ')}`)
  return limits
}
