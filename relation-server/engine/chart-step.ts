// XState's `transition` and `initialTransition` as this engine takes them thousands of times a second: the
// same functions of the chart, on one inert surrounding that is made once. XState makes one for each call, an
// actor with its initial snapshot, which cost as much as the step itself.
import { createActor, type SnapshotFrom } from 'xstate'
import type { SaleChart } from '../sale-chart.ts'
import type { SaleInput } from '../sale-context.ts'
import type { SaleEvent } from '../sale-events.ts'
import type { SaleEffect } from '../sale-vocabulary.ts'

type Snapshot = SnapshotFrom<SaleChart>
export type ChartStep = readonly [next: Snapshot, effects: readonly SaleEffect[]]
type Surrounding = Parameters<SaleChart['transition']>[2]

const resolved = new WeakMap<SaleChart, Map<string, Snapshot>>()
const surroundings = new WeakMap<SaleChart, Surrounding>()

export function beginChart(chart: SaleChart, input: SaleInput): ChartStep {
  return collected(chart, (surrounding) => chart.getInitialSnapshot(surrounding, input))
}

export function stepChart(chart: SaleChart, snapshot: Snapshot, event: SaleEvent): ChartStep {
  return collected(chart, (surrounding) => chart.transition(snapshot, event, surrounding))
}

/** The chart's snapshot in a stored state. What follows from the state alone is worked out once for each. */
export function resolveChart(
  chart: SaleChart,
  { value, context }: Pick<Snapshot, 'value' | 'context'>,
): Snapshot {
  const known = resolved.get(chart) ?? new Map<string, Snapshot>()
  resolved.set(chart, known)
  const name = JSON.stringify(value)
  const snapshot = known.get(name) ?? chart.resolveState({ value, context })
  known.set(name, snapshot)
  return { ...snapshot, context } as Snapshot
}

/** XState types its actions side by side (every name with every params); the vocabulary pairs them. */
function collected(chart: SaleChart, step: (surrounding: Surrounding) => Snapshot): ChartStep {
  const effects: unknown[] = []
  const surrounding = surroundingOf(chart)
  const next = step({ ...surrounding, actionExecutor: (effect) => void effects.push(effect) })
  return [next, effects as readonly SaleEffect[]]
}

/** Of a chart that invokes, spawns and sends nothing, so that nothing here is ever called. */
function surroundingOf(chart: SaleChart): Surrounding {
  let surrounding = surroundings.get(chart)
  if (!surrounding) {
    const nothing = () => {}
    // The chart's own context needs an input; this actor is never started.
    const self = createActor(chart, { input: {} as SaleInput })
    const silent = { defer: nothing, logger: nothing, stopChild: nothing, emit: nothing }
    surrounding = { self, system: self.system, id: '', sessionId: '', ...silent, actionExecutor: nothing }
    surroundings.set(chart, surrounding)
  }
  return surrounding
}
