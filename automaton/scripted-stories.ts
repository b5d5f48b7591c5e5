// Sales as the world outside plays them, for tests that disturb one at each of its moments; and the judgement
// of how every one of them must end, whatever was done to it. Nothing here is used outside of tests.
import { expect } from 'vitest'
import type { ScriptedWorld } from './scripted-world.ts'

/**
 * One sale as the world outside plays it, told apart from the automaton: each act waits for nothing of ours.
 */
export type Script = ((world: ScriptedWorld) => void)[]

const choose = (world: ScriptedWorld) => world.machine.choose()
const pay = (world: ScriptedWorld) => {
  const { lastSale, sales } = world.server
  if (sales.get(lastSale)?.offer) world.server.deliver(lastSale)
}
const refuse = (world: ScriptedWorld) => {
  const saleId = world.server.lastSale
  if (saleId) world.server.instruct({ kind: 'refuse', saleId, reason: 'declined', text: 'Declined' })
}
const settle = (world: ScriptedWorld) => world.machine.settle()
const cancel = (world: ScriptedWorld) => world.machine.cancel()
const jam = (world: ScriptedWorld) => {
  world.machine.jammed = true
}
const report = (world: ScriptedWorld) => {
  const saleId = world.server.lastSale || '1b0d9f8e-7c6b-4a59-8f3e-2d1c0b9a8f7e'
  world.server.instruct({ kind: 'report', saleId })
}
const wait = (world: ScriptedWorld) => world.pass(200)
const configure = (world: ScriptedWorld) => world.server.configure(1, { limits: { offerWaitMs: 160_000 } })

export const scripts: Record<string, Script> = {
  delivered: [choose, pay, settle],
  jammed: [jam, choose, pay, settle],
  refused: [choose, refuse],
  cancelled: [choose, cancel, pay],
  'wait limit, then paid': [choose, wait, pay],
  'hardware silent': [choose, pay, wait],
  'asked about': [choose, report, pay, report, settle, report],
  'asked about a sale never held': [report, report],
  'configured on standby, then a sale': [configure, choose, pay, settle],
  'configured with an open offer': [choose, configure, pay, settle],
  'configured during a delivery, then another sale': [choose, pay, configure, settle, choose, wait],
  'one after the other': [choose, pay, settle, choose, pay, settle],
}

/** Everything is quiet: one last word a sale, one promise, and it agrees with what fell. */
export function judge(world: ScriptedWorld): void {
  const { server, machine, disk } = world
  // A machine asleep answers when it wakes next.
  expect(server.quiet || !server.connected, 'every instruction is answered').toBe(true)
  expect(JSON.parse(disk.snapshot?.json ?? '{}').value).toBe('standby')
  expect(
    [...disk.outbox.keys()].filter((seq) => !disk.stored.has(seq)),
    'every word is stored',
  ).toEqual([])
  const { configuration } = disk
  for (const { answer, inForce } of server.configurationAnswers) {
    expect([answer, inForce]).toEqual(['accepted', configuration?.version])
  }
  let delivered = 0
  let doubtful = 0
  for (const [saleId, { offer, withdrawal, outcome }] of server.sales) {
    if (!offer) {
      expect(outcome).toMatchObject({ result: 'unknown', offerHash: '' })
      continue
    }
    expect(withdrawal === undefined, `one last word of ${saleId}`).toBe(outcome !== undefined)
    const word = outcome ?? withdrawal
    expect(word?.offerHash).toBe(offer.hash)
    expect(disk.promises.get(saleId)?.value).toBe(outcome ? 'deliver' : 'withdraw')
    if (outcome?.result === 'delivered') delivered++
    if (outcome?.result === 'unknown') doubtful++
  }
  expect(machine.dropped).toBeGreaterThanOrEqual(delivered)
  expect(machine.dropped).toBeLessThanOrEqual(delivered + doubtful)
  const promised = [...disk.promises.values()].filter(({ value }) => value === 'deliver').length
  expect(machine.approvals.length, 'no approval without its promise').toBeLessThanOrEqual(promised)
}
