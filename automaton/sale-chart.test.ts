import { describe, expect, test } from 'vitest'
import { getSimplePaths } from 'xstate/graph'
import { type CaseEvent, cases, inWords, type Leaf, leaves, saleId } from './sale-chart.cases.ts'
import { decide, saleChart } from './sale-chart.ts'
import type { SaleEvent, SaleEventType } from './sale-events.ts'

const chart = saleChart({ offerWaitMs: 180_000, vendLimitMs: 65_000, reportingMs: 15_000 })

/** Adding an event to the union without listing it here does not compile. */
const eventTypes = Object.keys({
  itemChosen: true,
  codeTyped: true,
  vendCancelled: true,
  vendConcluded: true,
  sessionEnded: true,
  attend: true,
  deliver: true,
  refuse: true,
  report: true,
  told: true,
  acknowledgementChecked: true,
  offerStored: true,
  outcomeStored: true,
  restarted: true,
  journalFailed: true,
  stopping: true,
} satisfies Record<SaleEventType, true>)

function snapshotAt(leaf: Leaf) {
  const [parent = '', child] = leaf.split('.')
  const value = child ? { [parent]: child } : parent
  const sale = leaf === 'standby' ? null : { saleId, price: { amountMinor: 150, currency: 'EUR' as const } }
  const operationId = leaf === 'open.verifying' ? 'op1' : null
  return chart.resolveState({ value: value as 'standby', context: { sale, operationId } })
}

function leafOf(value: unknown): string {
  return typeof value === 'string'
    ? value
    : Object.entries(value as object)
        .flat()
        .join('.')
}

type Transition = ReturnType<typeof chart.getTransitionData>[number]

/**
 * Transitions that an event could take in a leaf: its own first, then its parents', up to the first without a
 * guard.
 */
function candidates(leaf: Leaf, eventType: string): Transition[] {
  const nodes = [chart.root]
  for (const name of leaf.split('.')) nodes.unshift(nodes[0]?.states[name] as typeof chart.root)
  const all = nodes.flatMap((node) => [
    ...(node.transitions.get(eventType) ?? []),
    ...(eventType.startsWith('xstate.') ? [] : (node.transitions.get('*') ?? [])),
  ])
  const last = all.findIndex(({ guard }) => guard === undefined)
  return last < 0 ? all : all.slice(0, last + 1)
}

function timersOf(leaf: Leaf): string[] {
  return snapshotAt(leaf)._nodes.flatMap((node) => node.after.map(({ eventType }) => eventType))
}

describe('the sale chart', () => {
  test.each(cases.map((row) => [`${row.from}: ${JSON.stringify(row.event).slice(0, 120)}`, row] as const))(
    '%s',
    (_, { from, event, to, effects }) => {
      const [next, made] = decide(chart, snapshotAt(from), event)
      expect(leafOf(next.value)).toBe(to)
      expect(made.map(inWords)).toEqual(effects)
      expect(next.status).toBe('active')
    },
  )

  const pairs = leaves.flatMap((leaf) =>
    [...eventTypes, ...timersOf(leaf)].map((eventType) => [leaf, eventType] as const),
  )
  test.each(pairs)('the table has %s on %s with each guard both ways', (leaf, eventType) => {
    const rows = cases.filter(({ from, event }) => from === leaf && event.type === eventType)
    const taken = new Set(
      rows.flatMap(({ event }) => chart.getTransitionData(snapshotAt(leaf), event as SaleEvent)),
    )
    const missing = candidates(leaf, eventType).filter((transition) => !taken.has(transition))
    expect(missing.map(({ source, guard }) => `${source.id} ${String(guard ?? 'unguarded')}`)).toEqual([])
    expect(rows.length).toBeGreaterThan(0)
  })

  test('every leaf of the chart stands in the table', () => {
    const found = Object.entries(chart.root.states).flatMap(([name, node]) => {
      const children = Object.keys(node.states)
      return children.length > 0 ? children.map((child) => `${name}.${child}`) : [name]
    })
    expect(found.sort()).toEqual([...leaves].sort())
  })

  test('a snapshot survives its way through JSON', () => {
    for (const leaf of leaves) {
      const { value, context, status } = snapshotAt(leaf)
      const back = chart.resolveState(JSON.parse(JSON.stringify({ value, context, status })))
      expect([back.value, back.context]).toEqual([value, context])
    }
  })
})

describe('every way through one sale', () => {
  // From the offer to standby, over the table's events that concern this sale.
  const chosen = cases.flatMap(({ event }): CaseEvent[] => {
    if (event.type === 'itemChosen') return []
    if (event.type === 'acknowledgementChecked') return [{ ...event, operationId: 'i1' }]
    return !('saleId' in event) || event.saleId === saleId ? [event] : []
  })
  const events = [...new Map(chosen.map((event) => [JSON.stringify(event), event])).values()]
  const paths = getSimplePaths(chart, {
    fromState: snapshotAt('open.offering'),
    events: events as SaleEvent[],
    stopWhen: ({ value }) => value === 'standby',
    // Each event that brings standby back is an ending of its own.
    serializeState: ({ value }, event) => JSON.stringify([value, value === 'standby' && event]),
  })

  test('paths reach every state', () => {
    expect(new Set(paths.map(({ state }) => leafOf(state.value)))).toEqual(new Set(leaves))
  })

  test('one promise is made at most, an approval follows its promise, and a last word ends the sale', () => {
    const endings = new Set<string>()
    for (const { steps } of paths) {
      let snapshot = snapshotAt('open.offering')
      const said: string[] = []
      for (const { event } of steps.slice(1)) {
        const [next, effects] = decide(chart, snapshot, event)
        said.push(
          ...effects.map(inWords).filter((words) => /^(withdraw|promise|approve|outcome)/.test(words)),
        )
        snapshot = next
      }
      const words = said.map((effect) => effect.split(' ')[0]).join(' ')
      const leaf = leafOf(snapshot.value)
      if (leaf.startsWith('open')) expect(words).toBe('')
      if (leaf === 'delivering') expect(words).toBe('promiseDelivery approve')
      if (leaf === 'reporting') expect(words).toBe('promiseDelivery approve outcome')
      if (leaf === 'standby') {
        expect(['withdraw', 'promiseDelivery approve outcome']).toContain(words)
        endings.add(said.at(-1) ?? '')
      }
    }
    expect([...endings].sort()).toEqual([
      'outcome failed vend-failed',
      'outcome unknown vend-limit',
      'withdraw cancelled',
      'withdraw journalFailed',
      'withdraw readerLost',
      'withdraw refused',
      'withdraw restarted',
      'withdraw waitLimit',
    ])
  })
})
