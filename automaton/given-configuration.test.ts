// What a server gives a machine to run on, told from outside the whole automaton, on scripted ports.
import { beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { enrol, type Identities, ScriptedWorld } from './scripted-world.ts'

let identities: Identities
let world: ScriptedWorld
beforeAll(async () => {
  identities = await enrol()
})
beforeEach(() => {
  world = ScriptedWorld.ready(identities)
})

const toldWithdrawal = () => world.server.sales.get(world.server.lastSale)?.withdrawal?.reason
/** An item is chosen and its offer is at the server. @returns the sale */
function offered(): string {
  world.machine.choose()
  world.server.pump()
  return world.server.lastSale
}

describe('a configuration from the server', () => {
  const answers = () =>
    world.server.configurationAnswers.map(({ version, answer, inForce }) => `${version} ${answer} ${inForce}`)
  const water = { item: 5, label: 'Water', amountMinor: 120 }

  test('on standby is in force at once: waits, words, labels, and the next birth', () => {
    world.server.configure(1, {
      language: 'fr',
      limits: { offerWaitMs: 160_000 },
      priceList: { currency: 'EUR', items: [water] },
    })
    world.server.pump()
    expect(answers()).toEqual(['1 accepted 1'])
    expect(world.server.offerOf(offered()).waitMs).toBe(160_000)
    world.pass(2)
    expect(world.machine.shown).toBe('Water 1.50 EUR')
    world.pass(157)
    expect(toldWithdrawal()).toBeUndefined()
    world.pass(1)
    expect([toldWithdrawal(), world.machine.shown]).toEqual(['waitLimit', 'Temps ecoule. Rien de debite'])
    world.server.cut()
    world.pass(60)
    const { configurationVersion, configurationHash } = world.server.births.at(-1) ?? {}
    expect([configurationVersion, configurationHash]).toEqual([1, world.disk.configuration?.hash])
  })

  test('waits for the end of the sale in hand, answered once by then', () => {
    const saleId = offered()
    world.server.configure(1, { limits: { offerWaitMs: 160_000 } })
    world.pass(10)
    world.server.deliver(saleId)
    world.pass(5)
    expect([answers(), world.disk.configuration]).toEqual([[], undefined])
    world.machine.conclude()
    world.pass(1)
    expect(answers()).toEqual(['1 accepted 1'])
    expect(world.server.offerOf(offered()).waitMs).toBe(160_000)
  })

  test('outlives the process; repeated it is answered the same, an older one is not taken', () => {
    world.server.configure(2, { language: 'fr' })
    world.server.pump()
    world.kill()
    world.start()
    world.pass(1)
    expect(world.server.births.at(-1)?.configurationVersion).toBe(2)
    world.server.configure(2, { language: 'fr' })
    world.server.pump()
    world.server.configure(1, { language: 'en' })
    world.server.pump()
    world.server.configure(2, { language: 'en' })
    world.server.pump()
    expect(answers()).toEqual(['2 accepted 2', '2 accepted 2', '1 rejected 2', '2 rejected 2'])
    offered()
    world.machine.cancel()
    expect(world.machine.shown).toBe('Annule')
  })

  test('that does not fit the machine is rejected with the reason, and changes nothing', () => {
    world.server.configure(1, { limits: { offerWaitMs: 245_000 }, language: 'fr' })
    world.server.pump()
    expect(world.server.configurationAnswers.at(-1)).toMatchObject({
      answer: 'rejected',
      inForce: 0,
      reason: expect.stringContaining('readerLimitMs'),
    })
    expect(world.server.offerOf(offered()).waitMs).toBe(180_000)
    world.machine.cancel()
    expect(world.machine.shown).toBe('Cancelled')
  })

  test('that cannot be read is rejected by its version', () => {
    const hash = 'h'.repeat(43)
    world.server.send('configuration', { version: 7, hash, configuration: 12 })
    world.server.send('configuration', { version: 'seven' })
    world.server.pump()
    expect(answers()).toEqual(['7 rejected 0'])
  })

  test('waits for a disk that fails, and for nothing else', () => {
    world.disk.failing = true
    world.server.configure(1, { language: 'fr' })
    world.pass(3)
    expect([answers(), world.automaton?.offered]).toEqual([[], false])
    world.disk.failing = false
    world.pass(3)
    expect([answers().at(-1), world.automaton?.offered]).toEqual(['1 accepted 1', true])
    offered()
    world.machine.cancel()
    expect(world.machine.shown).toBe('Annule')
  })

  test('fits no longer after our own file was changed: our own file counts, and the birth says so', () => {
    world.server.configure(1, { limits: { offerWaitMs: 230_000 } })
    world.server.pump()
    world.kill()
    world = new ScriptedWorld(identities, { limits: { readerLimitMs: 200_000 }, disk: world.disk })
    world.start()
    world.pass(0)
    expect(world.server.births.at(-1)?.configurationVersion).toBe(0)
    expect(world.server.offerOf(offered()).waitMs).toBe(180_000)
  })

  test('with a price list: a request at another price is sold at it, and reported', () => {
    world.server.configure(1, { priceList: { currency: 'EUR', items: [water] } })
    world.server.pump()
    world.server.deliver(offered())
    world.server.pump()
    expect(world.machine.approvals).toEqual([{ amountMinor: 150, currency: 'EUR' }])
    expect(world.server.telemetry.map((text) => JSON.parse(text))).toMatchObject([
      { kind: 'priceDiffers', detail: 'item 5 (Water) at 1.50 EUR, on the price list 1.20 EUR' },
    ])
  })
})
