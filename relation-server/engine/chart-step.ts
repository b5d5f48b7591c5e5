// XState's `initialTransition` and `transition`, as this engine takes them thousands of times a second.
// XState chooses the transition and judges its guards; what a transition comes to is worked out once
// (chart-plan.ts). XState works it out each time, with sets of states and a snapshot for each `assign`: a
// seventh of all that the server allocated. chart-step.test.ts holds the two against each other.
import type { SnapshotFrom } from 'xstate'
import type { SaleChart } from '../sale-chart.ts'
import { newSale, type SaleContext, type SaleInput } from '../sale-context.ts'
import type { SaleEvent } from '../sale-events.ts'
import type { SaleEffect } from '../sale-vocabulary.ts'
import {
  beginning,
  type ChartNode,
  type ChartTransition,
  leafAt,
  lineOf,
  type Plan,
  planOf,
} from './chart-plan.ts'

type Snapshot = SnapshotFrom<SaleChart>
/** Where a sale is in its chart, and what it remembers. */
export type ChartState = Pick<Snapshot, 'value' | 'context' | 'status'>
/** Its state in words, such as `charging.inDoubt`, too. */
export type ChartStep = readonly [next: ChartState & { state: string }, effects: readonly SaleEffect[]]

/** XState's own event of a beginning has no fields of ours. */
type Args = { readonly context: SaleContext; readonly event: SaleEvent | { readonly type: 'xstate.init' } }

/** An action as it stands in the chart: one of XState's own, or one of our effects. */
type Action =
  | { type: 'xstate.assign'; assignment: ((args: Args) => object) | Record<string, unknown> }
  | { type: 'xstate.raise'; id: string; delay: string; event: { type: string } }
  | { type: 'xstate.cancel'; sendId: string }
  | { type: 'of ours'; params: unknown }

/** A state with no states in it, and what was worked out for it. */
interface Place {
  readonly state: string
  /** XState's, of a sale that remembers nothing. */
  readonly snapshot: Snapshot
  readonly plans: Map<ChartTransition, Plan>
  /** Transitions that wait for no event, the innermost first. */
  readonly always: readonly ChartTransition[]
}

const places = new WeakMap<ChartNode, Place>()

export function beginChart(chart: SaleChart, input: SaleInput): ChartStep {
  return follow(chart, beginning(chart.root), { context: newSale(input), event: { type: 'xstate.init' } })
}

export function stepChart(chart: SaleChart, { value, context }: ChartState, event: SaleEvent): ChartStep {
  const leaf = leafAt(chart.root, value)
  const { snapshot } = placeOf(chart, leaf)
  const [transition] = chart.getTransitionData({ ...snapshot, context } as Snapshot, event)
  return follow(chart, transition ? planned(chart, leaf, transition) : { actions: [], leaf }, {
    context,
    event,
  })
}

/** And on through all states that are left at once. */
function follow(chart: SaleChart, { actions, leaf }: Plan, { context, event }: Args): ChartStep {
  const effects: SaleEffect[] = []
  let memory = context
  for (const action of actions) memory = perform(chart, action as Action, { context: memory, event }, effects)
  const { state, snapshot, always } = placeOf(chart, leaf)
  const args = { context: memory, event }
  const next = always.find(({ guard }) => isOpen(chart, guard, args))
  if (!next) return [{ state, value: snapshot.value, context: memory, status: snapshot.status }, effects]
  const [end, more] = follow(chart, planned(chart, leaf, next), args)
  return [end, [...effects, ...more]]
}

/** @returns what the sale remembers afterwards */
function perform(chart: SaleChart, action: Action, args: Args, effects: SaleEffect[]): SaleContext {
  switch (action.type) {
    case 'xstate.assign':
      return { ...args.context, ...changeOf(action.assignment, args) }
    case 'xstate.raise': {
      const { type, id, event } = action
      const delayOf = chart.implementations.delays[action.delay] as (args: Args) => number
      effects.push({ type, params: { id, event, delay: delayOf(args) } })
      return args.context
    }
    case 'xstate.cancel':
      effects.push({ type: action.type, params: { sendId: action.sendId } })
      return args.context
    default: {
      const { type, params } = action
      // XState types its actions side by side (every name with every params); the vocabulary pairs them.
      effects.push({ type, params: resolvedBy(params, args) } as unknown as SaleEffect)
      return args.context
    }
  }
}

function changeOf(assignment: Extract<Action, { assignment: unknown }>['assignment'], args: Args): object {
  if (typeof assignment === 'function') return assignment(args)
  const change: Record<string, unknown> = {}
  for (const name in assignment) change[name] = resolvedBy(assignment[name], args)
  return change
}

function resolvedBy(given: unknown, args: Args): unknown {
  return typeof given === 'function' ? given(args) : given
}

/** The chart names all its guards. */
function isOpen(chart: SaleChart, guard: ChartTransition['guard'], args: Args): boolean {
  if (guard === undefined) return true
  const judge = chart.implementations.guards[guard as string] as (args: Args, params: undefined) => boolean
  return judge(args, undefined)
}

function planned(chart: SaleChart, leaf: ChartNode, transition: ChartTransition): Plan {
  const { plans } = placeOf(chart, leaf)
  const plan = plans.get(transition) ?? planOf(leaf, transition)
  plans.set(transition, plan)
  return plan
}

function placeOf(chart: SaleChart, leaf: ChartNode): Place {
  const known = places.get(leaf)
  if (known) return known
  const value = leaf.path.reduceRight<unknown>((inner, name) => (inner === '' ? name : { [name]: inner }), '')
  const place = {
    state: leaf.path.join('.'),
    snapshot: chart.resolveState({ value: value as Snapshot['value'], context: {} as SaleContext }),
    plans: new Map<ChartTransition, Plan>(),
    always: lineOf(leaf).flatMap((node) => node.always ?? []),
  }
  places.set(leaf, place)
  return place
}
