// What is counted of real sales and shown over HTTP, and what is shown while the books are away.
import { type Metrics, openMetrics } from '@concilia/platform/metrics-adapter.ts'
import { ManualClock } from '@concilia/protocol/manual-clock.ts'
import { afterEach, expect, test } from 'vitest'
import { Scenario } from './engine/scenario.ts'
import { prometheusFigures } from './figures.ts'
import { MemoryStore } from './store/memory-store.ts'

const opened: Metrics[] = []
afterEach(() => Promise.all(opened.splice(0).map((metrics) => metrics.close())))

async function shown(parts: Partial<Parameters<typeof prometheusFigures>[1]> = {}) {
  const metrics = await openMetrics({ host: '127.0.0.1', port: 0 })
  opened.push(metrics)
  const [store, clock] = [new MemoryStore(), new ManualClock()]
  const links = () => [{ name: 'carrier', isUp: true }]
  const figures = prometheusFigures(metrics.registry, { store, clock, links, ...parts })
  const read = async () => {
    const text = await (await fetch(`http://127.0.0.1:${metrics.port}/metrics`)).text()
    return text.split('\n').filter((line) => /^(concilia|nodejs_eventloop_lag_seconds)/.test(line))
  }
  return { figures, store, clock, read }
}

test('sales, inputs, answers and machines are counted; a sale that is told again ends once', async () => {
  const { read, ...parts } = await shown()
  const scenario = await Scenario.open({ ...parts, twice: true })
  const machine = await scenario.machine()
  const phone = scenario.phone('+33612345678')
  const saleId = await machine.offer()
  expect(await read()).toContain('concilia_sales_open 1')
  await phone.identify()
  await phone.yes()
  const instruction = scenario.instructions(saleId).at(-1)
  await machine.answer(instruction?.id ?? '', { saleId, answer: 'stored' })
  await machine.report(saleId, 'delivered')
  expect(await scenario.state(saleId)).toBe('settled')
  const lines = await read()
  expect(lines).toEqual(
    expect.arrayContaining([
      'concilia_sales_ended_total{ending="settled"} 1',
      'concilia_sales_open 0',
      'concilia_sales_aside 0',
      'concilia_payments_in_doubt 0',
      'concilia_machines_admitted 1',
      'concilia_smpp_up{link="carrier"} 1',
      expect.stringMatching(/^concilia_inputs_total\{kind="machine"\} [1-9]/),
      'concilia_payment_answers_total{operation="charge",result="ok"} 1',
      expect.stringMatching(/^concilia_commit_seconds_count [1-9]/),
      expect.stringMatching(/^nodejs_eventloop_lag_seconds /),
    ]),
  )
  await scenario.close()
})

test('while the books cannot be read, what is counted is shown all the same', async () => {
  const { figures, read } = await shown({ store: { standing: () => Promise.reject(new Error('away')) } })
  figures.texted('carrier', 'failed')
  const lines = await read()
  expect(lines).toContain('concilia_texts_total{way="carrier",result="failed"} 1')
  expect(lines.filter((line) => line.startsWith('concilia_sales_open'))).toEqual([])
})
