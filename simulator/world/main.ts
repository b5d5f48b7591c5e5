// npm run simulate: runs worlds from seeds. Plays one with its story, or many with a summary.
import { makeIdentities } from './identities.ts'
import { World } from './world.ts'

const identities = await makeIdentities(20)
const seed = process.argv[2] ?? '1'
const started = performance.now()
const world = new World({
  seed,
  sales: 200,
  identities,
  ...(process.argv[3] ? { print: (l: string) => console.log(l) } : {}),
})
const result = await world.run()
console.log(
  result.seed,
  result.sales,
  result.endings,
  result.faults,
  result.checks,
  result.digest,
  Math.round(performance.now() - started),
  process.cpuUsage(),
)
for (const b of result.breaches) console.log(b)
if (result.breaches.length) for (const l of result.lastLines) console.log(l)
