// A short run of chaos on the real processes, as `npm run chaos` makes a long one. The seed is drawn anew
// each time and stands in the title of what failed.
import { rmSync } from 'node:fs'
import { keepForInspection, sweepAbandoned, temporaryData } from '@concilia/simulator/start/temporary-data.ts'
import { expect, test } from 'vitest'
import { type ChaosResult, runChaos } from './run.ts'
import { summary } from './summary.ts'

const [sales, machines] = [35, 4]

test('sales while programs are killed and wires break: goods, money and what buyers read agree', async () => {
  const seed = Math.floor(Math.random() * 1e6)
  const again = `npm run chaos -- --seed ${seed} --sales ${sales} --machines ${machines}`
  console.log(`seed ${seed}; again: ${again}`)
  await sweepAbandoned()
  const data = temporaryData()
  let result: ChaosResult | undefined
  try {
    result = await runChaos({ seed, sales, machines, seconds: 60, restSeconds: 120, data, tell: () => {} })
  } finally {
    if (!result || result.breaches.length > 0)
      console.log(`kept in ${keepForInspection(data)}; again: ${again}`)
    else rmSync(data, { recursive: true, force: true })
  }
  expect(result.breaches, `${again}\n${summary(result)}`).toEqual([])
  expect(result.records.faults.length).toBeGreaterThan(0)
  expect(result.endings.settled).toBeGreaterThan(0)
}, 280_000)
