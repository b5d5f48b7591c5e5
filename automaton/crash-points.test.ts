// The process ends at each call it makes to the outside, one run a call, and a new one starts on what it
// left: whatever the moment, at most one item a sale, one promise, a last word that agrees with the machine,
// and standby again.
import { beforeAll, describe, expect, test } from 'vitest'
import { enrol, type Identities, Killed, ScriptedWorld } from './scripted-world.ts'

let identities: Identities
beforeAll(async () => {
  identities = await enrol()
})

/**
 * One sale as the world outside plays it, told apart from the automaton: each act waits for nothing of ours.
 */
type Script = ((world: ScriptedWorld) => void)[]

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

const scripts: Record<string, Script> = {
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

/**
 * Plays the script; when the process ends, the next one starts at once and the rest of the script goes on.
 */
function play(script: Script, killAt: number, linkMode: 'permanent' | 'onDemand') {
  const world = new ScriptedWorld(identities, { linkMode })
  world.killAt = killAt
  let restarts = 0
  const surviving = (act: () => void) => {
    try {
      act()
    } catch (error) {
      if (!(error instanceof Killed)) throw error
      restarts++
      world.kill()
      world.start()
    }
  }
  surviving(() => world.start())
  for (const act of script) {
    surviving(() => world.pass(7))
    surviving(() => act(world))
  }
  // What a driver that listens finds out comes within the vend limit.
  for (let round = 0; round < 3; round++) {
    surviving(() => world.pass(30))
    surviving(() => world.machine.settle())
  }
  surviving(() => world.pass(300))
  return { world, restarts }
}

function judge(world: ScriptedWorld): void {
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

describe.each(['permanent', 'onDemand'] as const)('link %s', (linkMode) => {
  test.each(Object.entries(scripts))('killed at each call: %s', (_, script) => {
    const { world: whole } = play(script, Number.POSITIVE_INFINITY, linkMode)
    judge(whole)
    const { points } = whole
    expect(points.length).toBeGreaterThan(5)
    for (let killAt = 1; killAt <= points.length; killAt++) {
      const { world, restarts } = play(script, killAt, linkMode)
      const where = `killed at call ${killAt}, ${points[killAt - 1]}`
      expect(restarts, where).toBe(1)
      try {
        judge(world)
      } catch (error) {
        throw new Error(`${where}: ${error instanceof Error ? error.message : error}`)
      }
    }
  })
})
