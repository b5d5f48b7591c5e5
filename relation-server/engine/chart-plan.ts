// What one transition of the chart comes to: which states it leaves and enters, and so which actions it
// means, in which order (SCXML, appendix D: exit, transition, entry). It follows from the chart alone,
// whatever a sale remembers. For charts without parallel states, histories, actors and endings of inner
// states.
import type { SaleChart } from '../sale-chart.ts'

export type ChartNode = SaleChart['root']
export type ChartTransition = ReturnType<SaleChart['getTransitionData']>[number]

export interface Plan {
  readonly actions: readonly unknown[]
  /** The state it leads to, without states in it. */
  readonly leaf: ChartNode
}

/** What entering the chart comes to. */
export function beginning(root: ChartNode): Plan {
  return entering(initialsOf(root), root.entry)
}

/** @param leaf the state that the chart is in, without states in it */
export function planOf(leaf: ChartNode, { source, target, reenter, actions }: ChartTransition): Plan {
  if (!target) return { actions, leaf }
  const [to, ...others] = target
  if (!to || others.length > 0)
    throw new Error(`a transition of ${source.id} leads to several states at once`)
  const domain = !reenter && isWithin(to, source) ? source : sharedAncestor(to, source)
  const left = upTo(domain, leaf)
  const entered = [...upTo(domain, to).reverse(), ...initialsOf(to)]
  return entering(entered, [...left.flatMap(({ exit }) => exit), ...actions])
}

function entering(entered: readonly ChartNode[], before: readonly unknown[]): Plan {
  for (const node of entered) {
    const isPlain = node.type === 'compound' || node.type === 'atomic' || node.parent === node.machine.root
    if (!isPlain || node.invoke.length > 0) throw new Error(`the chart's state ${node.id} is of another kind`)
  }
  const leaf = entered.at(-1)
  if (!leaf) throw new Error('a transition that enters nothing')
  return { actions: [...before, ...entered.flatMap(({ entry }) => entry)], leaf }
}

/** The state that a value names, such as `{charging: 'inDoubt'}`. */
export function leafAt(node: ChartNode, value: unknown): ChartNode {
  if (typeof value === 'string') return inner(node, value)
  const [name = '', rest] = Object.entries(value as object)[0] ?? []
  return leafAt(inner(node, name), rest)
}

function inner(node: ChartNode, name: string): ChartNode {
  const states: Readonly<Record<string, ChartNode>> = node.states
  return states[name] ?? missing(`the chart's state ${node.id} has no state "${name}"`)
}

/** A state and those it is in, the innermost first. */
export function lineOf(node: ChartNode): ChartNode[] {
  return node.parent ? [node, ...lineOf(node.parent)] : [node]
}

const isWithin = (node: ChartNode, outer: ChartNode) => lineOf(node).includes(outer)

/** The innermost state that both are in. */
function sharedAncestor(one: ChartNode, other: ChartNode): ChartNode {
  const outer = lineOf(other).slice(1)
  const shared = lineOf(one)
    .slice(1)
    .find((node) => outer.includes(node))
  return shared ?? missing(`no state of the chart holds ${one.id} and ${other.id}`)
}

/** The state and those it is in, the innermost first, below `domain`. */
function upTo(domain: ChartNode, node: ChartNode): ChartNode[] {
  const line = lineOf(node)
  return line.slice(0, line.indexOf(domain))
}

/** The states in which one begins that has states in it, the outermost first. */
function initialsOf(node: ChartNode): ChartNode[] {
  if (node.type !== 'compound') return []
  const [first] = node.initial.target
  return first ? [first, ...initialsOf(first)] : missing(`the chart's state ${node.id} begins nowhere`)
}

function missing(what: string): never {
  throw new Error(what)
}
