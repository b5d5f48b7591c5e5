// What is counted of real requests at the door and of what they move in the books.
import { type Metrics, openMetrics } from '@concilia/platform/metrics-adapter.ts'
import { paths } from '@concilia/protocol/carrier-billing.ts'
import { afterEach, expect, test } from 'vitest'
import { prometheusFigures } from './figures.ts'
import { Caller, enrolled } from './http/caller.ts'
import { Standard } from './http/standard.ts'

let metrics: Metrics | undefined
afterEach(() => metrics?.close())

test('a payment counts once, whatever its repeats; requests by operation and class of status', async () => {
  metrics = await openMetrics({ host: '127.0.0.1', port: 0 })
  const figures = prometheusFigures(metrics.registry)
  const [parties, standard] = await Promise.all([enrolled(Date.UTC(2029, 11, 31)), Standard.read()])
  const caller = await Caller.open(parties, new Set(), standard, { figures })
  await caller.introduce()
  const charge = caller.charge('1.50')
  expect([
    await caller.post(paths.payments, charge),
    await caller.post(paths.payments, charge),
  ]).toMatchObject([{ status: 201 }, { status: 201 }])
  const tooMuch = await caller.post(paths.payments, caller.charge('999.00'))
  expect(tooMuch.status).toBe(403)
  await caller.app.inject({ method: 'GET', url: '/+33612345678' })
  await caller.app.close()
  const lines = (await metrics.registry.metrics()).split('\n').filter((line) => line.startsWith('concilia'))
  expect(lines).toEqual(
    expect.arrayContaining([
      'concilia_payments_total{status="succeeded"} 1',
      'concilia_requests_total{operation="createPayment",status="2xx"} 2',
      'concilia_requests_total{operation="createPayment",status="4xx"} 1',
      'concilia_requests_total{operation="none",status="4xx"} 1',
      expect.stringMatching(/^concilia_commit_seconds_count [1-9]/),
    ]),
  )
})
