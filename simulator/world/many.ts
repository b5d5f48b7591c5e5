import { makeIdentities } from './identities.ts'
import { World } from './world.ts'

const identities = await makeIdentities(20)
const from = Number(process.argv[2] ?? 1),
  to = Number(process.argv[3] ?? 20)
let sales = 0,
  d = 0,
  n = 0,
  u = 0
const started = performance.now()
for (let seed = from; seed <= to; seed++) {
  const world = new World({ seed: String(seed), sales: 200, identities })
  const t = performance.now()
  const r = await world.run()
  sales += r.sales
  d += r.endings.delivered
  n += r.endings.notDelivered
  u += r.endings.unknown
  console.log(
    seed,
    r.sales,
    JSON.stringify(r.endings),
    Math.round(performance.now() - t),
    r.breaches
      .slice(0, 2)
      .map((b) => `R${b.rule}@${Math.round(b.at)} ${b.words.slice(0, 400)}`)
      .join(' | '),
  )
}
console.log({ sales, d, n, u }, Math.round(performance.now() - started))
