// The door of the figures: there is nothing but them behind it, and a taken port is told.
import { afterEach, expect, test } from 'vitest'
import { Counter, type Metrics, openMetrics } from './metrics-adapter.ts'

let metrics: Metrics | undefined
afterEach(() => metrics?.close())

test('figures are shown at /metrics and nowhere else; a second server on the port is told', async () => {
  metrics = await openMetrics({ host: '127.0.0.1', port: 0 })
  const { registry, port } = metrics
  new Counter({ name: 'sales_total', help: 'Sales', registers: [registry] }).inc(3)
  const shown = await fetch(`http://127.0.0.1:${port}/metrics`)
  expect(shown.headers.get('content-type')).toMatch(/^text\/plain; version=0\.0\.4/)
  expect(await shown.text()).toMatch(/^sales_total 3$/m)
  expect((await fetch(`http://127.0.0.1:${port}/`)).status).toBe(404)
  expect((await fetch(`http://127.0.0.1:${port}/metrics`, { method: 'POST' })).status).toBe(404)
  await expect(openMetrics({ host: '127.0.0.1', port })).rejects.toMatchObject({
    code: 'metrics-port-taken',
    message: expect.stringContaining(`port ${port}`),
  })
})
