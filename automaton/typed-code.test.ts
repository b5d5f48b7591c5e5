// The code that a phone call has read out, typed at the machine: with the next offer, or for the open one.
import { beforeAll, beforeEach, expect, test } from 'vitest'
import { enrol, type Identities, ScriptedWorld } from './scripted-world.ts'

let identities: Identities
let world: ScriptedWorld
beforeAll(async () => {
  identities = await enrol()
})
beforeEach(() => {
  world = ScriptedWorld.ready(identities)
})

const codes = () => world.server.sales.get(world.server.lastSale)?.codes
const invitation = 'Text 4021 to 36000'

test('typed first, it goes with the offer of the item that is chosen next, and with no other', () => {
  world.type('471123')
  expect([world.machine.shown, world.server.heard]).toEqual(['Code taken. Choose your item', []])
  world.machine.choose()
  world.server.pump()
  expect([world.server.heard, codes()]).toEqual([[1], ['471123']])
  world.machine.cancel()
  world.machine.choose()
  world.server.pump()
  expect(codes()).toBeUndefined()
})

test('typed while the offer is open it follows it, again until it is stored; the offer is shown again', () => {
  world.machine.choose()
  world.server.losing = (direction, channel) => direction === 'up' && channel === 'code'
  world.type('471123')
  expect(world.machine.shown).toBe('Code taken. One moment')
  world.pass(2)
  world.server.losing = () => false
  world.pass(5)
  expect(codes()).toEqual(['471123'])
  expect(world.machine.shown).not.toContain('Code')
  world.server.deliver(world.server.lastSale)
  world.server.pump()
  world.machine.conclude()
  world.server.pump()
  expect(world.server.sales.get(world.server.lastSale)?.outcome?.result).toBe('delivered')
})

test('nobody chooses: it is forgotten after a minute, as it is by a restart', () => {
  world.type('471123')
  world.pass(61)
  expect(world.machine.shown).toBe(invitation)
  world.machine.choose()
  world.server.pump()
  expect(codes()).toBeUndefined()
  world.machine.cancel()
  world.type('471123')
  world.kill()
  world.start()
  world.pass(0)
  world.machine.choose()
  world.server.pump()
  expect(codes()).toBeUndefined()
})

test('a machine without phone payment takes no code', () => {
  world.server.brokerUp = false
  world.server.cut()
  world.type('471123')
  expect(world.machine.shown).toBe('')
})

test('what the server tells is shown for a moment, in between or afterwards; while delivering it is not', () => {
  world.machine.choose()
  world.server.pump()
  const saleId = world.server.lastSale
  const tell = (text: string) => world.server.instruct({ kind: 'tell', saleId, text })
  const wrong = tell('Wrong code. 2 tries left')
  world.server.pump()
  expect(world.machine.shown).toBe('Wrong code. 2 tries left')
  expect(world.server.answers.get(wrong)?.answer).toBe('stored')
  world.pass(5)
  expect(world.machine.shown).toBe(invitation)
  world.server.deliver(saleId)
  world.server.pump()
  tell('Too late')
  world.server.pump()
  expect(world.machine.shown).toBe('Paid. Your item is coming')
  world.machine.jammed = true
  world.machine.conclude('failed')
  world.server.pump()
  tell('Same code good for 15 min')
  world.server.pump()
  expect(world.machine.shown).toBe('Same code good for 15 min')
  world.pass(6)
  expect(world.machine.shown).toBe(invitation)
})

test('a machine in sessions opens one for whoever has typed a code', () => {
  world.machine.say({ type: 'ready', reader: 'session' })
  world.type('471123')
  expect(world.machine.calls.at(-1)).toBe('attend 60000')
})

test('the code stands in no log', () => {
  world.type('471123')
  world.machine.choose()
  world.server.pump()
  expect(JSON.stringify(world.logged)).not.toContain('471123')
})
