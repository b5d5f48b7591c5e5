// Wherever a sale is, whatever it remembers and whatever happens to it: the engine's step comes to the same
// as XState's own.
import { expect, test } from 'vitest'
import { initialTransition, transition } from 'xstate'
import { eventOf, happenings, input, leaves, memories, now, timers } from '../sale-chart.cases.ts'
import { saleChart } from '../sale-chart.ts'
import { newSale, type SaleContext } from '../sale-context.ts'
import type { SaleEvent } from '../sale-events.ts'
import { beginChart, stepChart } from './chart-step.ts'

type ByXState = ReturnType<typeof transition<typeof saleChart>>
type Ours = ReturnType<typeof beginChart>

const inShort = ([{ value, context, status }, effects]: ByXState | Ours) => ({
  ...{ value, context, status },
  effects: (effects as { type: string; params: unknown }[]).map(({ type, params }) => ({ type, params })),
})

function valueAt(leaf: string) {
  const [parent = '', child] = leaf.split('.')
  return (child === undefined ? parent : { [parent]: child }) as 'voiding'
}

/** Each at once, and a day later. */
const events = [...Object.keys(happenings), ...Object.keys(timers)].flatMap((words) =>
  [now, now + 25 * 3_600_000].map((at) => ({ ...eventOf(words), at }) as unknown as SaleEvent),
)

test('a sale begins alike', () => {
  expect(inShort(beginChart(saleChart, input))).toEqual(inShort(initialTransition(saleChart, input)))
})

test.each(leaves)('%s', (leaf) => {
  const seen = new Set<string>()
  for (const memory of Object.values(memories)) {
    const context: SaleContext = { ...newSale(input), ...memory }
    const before = saleChart.resolveState({ value: valueAt(leaf), context })
    for (const event of events) {
      const byXState = inShort(transition(saleChart, before, event))
      expect(inShort(stepChart(saleChart, before, event))).toEqual(byXState)
      seen.add(JSON.stringify(byXState.value))
    }
  }
  expect(seen.size).toBeGreaterThan(1)
})
