// The parts of the figures, by name: what each is for and how it is measured.
import { join } from 'node:path'
import { automatonFigures } from './automaton-start.ts'
import { openBarePremises } from './bare-premises.ts'
import { busFigures } from './bus.ts'
import { idleFigures } from './idle.ts'
import { logicFigures } from './logic.ts'
import { Premises } from './premises.ts'
import { sellingFigures } from './selling.ts'
import { short } from './statistics.ts'
import { textingFigures } from './texting.ts'

export interface Run {
  readonly data: string
  readonly warmUpSales: number
  readonly warmUpMs: number
  readonly measureMs: number
  /** A smoke test: a few machines, a moment. */
  readonly short: boolean
  readonly profile: string | undefined
  readonly tell: (words: string) => void
}

export interface Part {
  readonly says: string
  /** @param before the figures of the parts measured before this one */
  readonly measure: (run: Run, before: Readonly<Record<string, object>>) => Promise<object>
}

const selling = (machines: number): Part => ({
  says:
    machines === 1
      ? 'one machine sells, one sale after the other'
      : `${machines} machines sell in closed loop`,
  measure: (run) => sell(run, run.short ? Math.min(machines, 3) : machines),
})

const bare = (machines: number): Part => ({
  says: `the bare limit with ${machines} machines: the same messages, calls, rows and signatures`,
  measure: (run, before) => bareLimit(run, run.short ? Math.min(machines, 3) : machines, before),
})

const idle = (tls: boolean): Part => ({
  says: `10,000 machines connected, selling nothing, ${tls ? 'over TLS' : 'plain'}; then the broker restarts`,
  measure: (run) => idleFleet(run, run.short ? 20 : 10_000, tls),
})

export const parts = {
  'sell-1': selling(1),
  'sell-50': selling(50),
  'sell-200': selling(200),
  'sell-1000': selling(1000),
  'bare-1': bare(1),
  'bare-200': bare(200),
  idle: idle(false),
  'idle-tls': idle(true),
  logic: {
    says: 'what the relation server itself does for a sale, without sockets and database: user time, memory',
    measure: ({ data, short: isShort }) =>
      logicFigures(join(data, 'certificates'), isShort ? 1 : 100, isShort ? 1 : 6),
  },
  bus: {
    says: 'the MDB codec and the reader on the raw bus, without a line',
    measure: async (run) => busFigures(run.measureMs),
  },
  smpp: {
    says: 'texts in and out over SMPP; then a flood of them in which the server is killed',
    measure: ({ data, measureMs, short: isShort, profile }) =>
      textingFigures({
        data,
        measureMs,
        profile,
        warmUpMs: isShort ? 500 : 10_000,
        flood: isShort ? 0 : 5000,
      }),
  },
  automaton: {
    says: 'start, memory and idle CPU of an automaton, its compile cache kept',
    measure: async (run) => {
      const premises = await Premises.open({ data: run.data, machines: 1, buyers: 0 })
      try {
        return await automatonFigures(premises, run.data, run.short ? 1000 : 10_000)
      } finally {
        await premises.close()
      }
    },
  },
} as const satisfies Record<string, Part>

export type PartName = keyof typeof parts
export const partNames = Object.keys(parts) as PartName[]

async function sell({ data, profile, ...stretch }: Run, machines: number): Promise<object> {
  const premises = await Premises.open({ data, machines, buyers: machines, profile })
  try {
    const { certificates, measured } = premises
    return await sellingFigures(measured, { machines, certificates, ...stretch })
  } finally {
    await premises.close()
  }
}

/** Rows of a sale as the real programs wrote them in this run, or as they usually do. */
async function bareLimit(
  { data, ...stretch }: Run,
  machines: number,
  before: Readonly<Record<string, object>>,
): Promise<object> {
  const real = new Map(Object.entries(before[`sell-${machines}`] ?? {}))
  const rows = Number(real.get('rowsWritten') ?? usualRows)
  const centreRows = Math.round((rows * centreShare) / 2)
  const serverRows = Math.max(1, Math.round((rows - 2 * centreRows) / 8))
  const premises = await openBarePremises(data, { serverRows, centreRows })
  try {
    const { certificates, measured } = premises
    const figures = await sellingFigures(measured, { machines, certificates, ...stretch })
    const realPerSecond = Number(real.get('salesPerSecond') ?? 0)
    const ratio = realPerSecond === 0 ? {} : { ratio: short(realPerSecond / (figures.salesPerSecond ?? 1)) }
    return { ...figures, ...ratio }
  } finally {
    await premises.close()
  }
}

/** Committed rows of a sale in both databases, and the centre's part of them. */
const usualRows = 48
const centreShare = 0.3

async function idleFleet(
  { data, short: isShort, tell, profile }: Run,
  machines: number,
  tls: boolean,
): Promise<object> {
  const premises = await Premises.open({ data, machines, buyers: 0, tls, profile })
  try {
    return await idleFigures(premises, { machines, idleMs: isShort ? 500 : 30_000, tell })
  } finally {
    await premises.close()
  }
}
