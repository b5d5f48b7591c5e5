// The small worlds that mutants are hunted in: fair weather, few machines, and of everything that can go
// wrong only what is asked for.
import { brokenLimits, type Limits } from '@concilia/protocol/limits.ts'
import type { BehaviourName } from '../../behaviours.ts'
import { calmWeather, type FaultKind, type KioskFault, type Swarm, type Twist } from '../swarm.ts'
import type { Weather } from '../weather.ts'

export interface Circumstances {
  readonly charge?: 'debit' | 'hold'
  /** Mean time between two of a kind in the whole world (ms). */
  readonly faults?: Readonly<Partial<Record<FaultKind, number>>>
  readonly crashAtCommit?: number
  readonly commitDoubt?: number
  /** Probabilities, per vend. */
  readonly behaviours?: Readonly<Partial<Record<BehaviourName, number>>>
  /** Probabilities, per visit. */
  readonly twists?: Readonly<Partial<Record<Twist, number>>>
  readonly weather?: Readonly<Partial<Record<'mqtt' | 'http' | 'text', Partial<Weather>>>>
  readonly limits?: Partial<Limits>
  readonly dialogues?: number
  readonly busyGateway?: number
  readonly calls?: number
  readonly pages?: number
  readonly phoneFirst?: number
  readonly machines?: number
  readonly servers?: number
  readonly missedSteps?: number
  readonly largestPurseMinor?: number
  readonly kiosks?: number
  readonly coins?: number
  /** Probabilities, per visit at a kiosk. */
  readonly kioskFaults?: Readonly<Partial<Record<KioskFault, number>>>
}

const fewMachines = 6

export function circumstances(asked: Circumstances = {}): (drawn: Swarm) => Swarm {
  const { charge = 'debit', crashAtCommit = 0, commitDoubt = 0, dialogues = 0, phoneFirst = 0 } = asked
  const { mqtt, http, text } = asked.weather ?? {}
  return (drawn) => ({
    charge,
    servers: asked.servers ?? 1,
    machines: asked.machines ?? fewMachines,
    largestPurseMinor: asked.largestPurseMinor ?? drawn.largestPurseMinor,
    limits: fitting({ ...drawn.limits, ...asked.limits }),
    everyMs: mapOf(asked.faults),
    crashAtCommit,
    commitDoubt,
    behaviours: mapOf(asked.behaviours),
    twists: mapOf(asked.twists),
    kiosks: asked.kiosks ?? 0,
    coins: asked.coins ?? 1,
    kioskFaults: mapOf(asked.kioskFaults),
    sessionMachines: 0,
    onDemandLinks: 0,
    drift: 0,
    weather: {
      mqtt: { ...calmWeather.mqtt, ...mqtt },
      http: { ...calmWeather.http, ...http },
      text: { ...calmWeather.text, ...text },
    },
    busyGateway: asked.busyGateway ?? 0,
    sessionKey: drawn.sessionKey,
    missedSteps: asked.missedSteps ?? 0,
    phoneFirst,
    dialogues,
    calls: asked.calls ?? 0,
    pages: asked.pages ?? 0,
  })
}

/** The programs would not start on others (rule 6), so nothing that happens with them proves anything. */
function fitting(limits: Limits): Limits {
  const broken = brokenLimits(limits)
  if (broken.length > 0) throw new Error(`these limits break rule 6: ${broken.join('; ')}`)
  return limits
}

function mapOf<K extends string>(of: Readonly<Partial<Record<K, number>>> | undefined): Map<K, number> {
  return new Map(Object.entries(of ?? {}) as [K, number][])
}
