// Pictures of the charts for the documents: Mermaid text made from the very chart that runs. They show how
// one state leads to another, on which event and under which guard; what a state answers without being left
// is not drawn.
import type { AnyStateMachine } from 'xstate'

type Node = AnyStateMachine['root']

/** A page with the picture. `about` is a paragraph. */
export function chartPage(title: string, about: string, chart: AnyStateMachine): string {
  const how =
    'Made from the chart by `npm run documents`. An arrow carries the event and, in brackets, its guard; ' +
    '`after` is a time limit by its name. An event that a state answers without being left is not drawn.'
  return `# ${title}\n\n${about}\n\n${how}\n\n\`\`\`mermaid\n${mermaidOf(chart)}\n\`\`\`\n`
}

export function mermaidOf(chart: AnyStateMachine): string {
  const lines = [...statesWithin(chart.root), ...arrowsFrom(chart.root)]
  return ['stateDiagram-v2', ...lines.map((line) => `  ${line}`)].join('\n')
}

/** Mermaid's ids have no dots; the id without the chart's own name is unique within the chart. */
function idOf(node: Node): string {
  return node.path.join('_')
}

function statesWithin(parent: Node): string[] {
  const lines = childrenOf(parent).flatMap((node) => {
    const within = statesWithin(node)
    const state = `state "${node.key}" as ${idOf(node)}`
    return within.length > 0 ? [`${state} {`, ...within.map((line) => `  ${line}`), '}'] : [state]
  })
  const initial = parent.type === 'compound' ? parent.initial.target[0] : undefined
  const endings = childrenOf(parent).filter(({ type }) => type === 'final')
  return [
    ...lines,
    ...(initial ? [`[*] --> ${idOf(initial)}`] : []),
    ...endings.map((node) => `${idOf(node)} --> [*]`),
  ]
}

function arrowsFrom(node: Node): string[] {
  const labels = new Map<string, string[]>()
  for (const transition of [...[...node.transitions.values()].flat(), ...(node.always ?? [])]) {
    for (const [from, to] of (transition.target ?? []).flatMap((target) => endsOf(node, target))) {
      const arrow = `${idOf(from)} --> ${idOf(to)}`
      labels.set(arrow, [...(labels.get(arrow) ?? []), labelOf(transition)])
    }
  }
  const arrows = [...labels].map(([arrow, texts]) => `${arrow} : ${[...new Set(texts)].join('<br/>')}`)
  return [...arrows, ...childrenOf(node).flatMap(arrowsFrom)]
}

/**
 * Mermaid draws no arrow from a state to itself or into itself when that state has states within: such a one
 * is drawn from each state within. One from the root holds in every state and is not drawn: it would cover
 * the picture.
 */
function endsOf(source: Node, target: Node): [Node, Node][] {
  if (source.path.length === 0) return []
  const goesInward = source.path.every((key, depth) => target.path[depth] === key)
  if (!goesInward || childrenOf(source).length === 0) return [[source, target]]
  return leavesOf(source).map((leaf) => [leaf, firstLeafOf(target)])
}

function leavesOf(node: Node): Node[] {
  return childrenOf(node).length === 0 ? [node] : childrenOf(node).flatMap(leavesOf)
}

function firstLeafOf(node: Node): Node {
  const first = childrenOf(node).length > 0 ? node.initial.target[0] : undefined
  return first ? firstLeafOf(first) : node
}

function childrenOf(node: Node): Node[] {
  return Object.values(node.states)
}

function labelOf({ eventType, guard }: { eventType: string; guard?: unknown }): string {
  const [, limit] = /^xstate\.after\.([^.]+)\./.exec(eventType) ?? []
  const event = limit ? `after ${limit}` : eventType || 'at once'
  return guard ? `${event} [${nameOf(guard)}]` : event
}

function nameOf(guard: unknown): string {
  if (typeof guard === 'string') return guard
  if (typeof guard === 'object' && guard !== null && 'type' in guard) return String(guard.type)
  return 'guarded'
}
