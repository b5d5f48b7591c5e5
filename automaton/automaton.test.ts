// Scenarios of the whole automaton, from the vending machine's request to the server's *stored*, on scripted
// ports. Long, because each story is short and they are read side by side.

import { presenceCode, presenceEveryMs } from '@concilia/protocol/presence-code.ts'
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

function answerTo(id: string) {
  const answer = world.server.answers.get(id)
  return answer && [answer.answer, answer.reason].filter(Boolean).join(' ')
}
function told(saleId = world.server.lastSale) {
  const { withdrawal, outcome } = world.server.sales.get(saleId) ?? {}
  return { withdrawal: withdrawal?.reason, outcome: outcome?.result }
}
/** An item is chosen and its offer is at the server. @returns the sale */
function offered(): string {
  world.machine.choose()
  world.server.pump()
  return world.server.lastSale
}

describe('a sale', () => {
  test('goes from the choice to standby again, step by step', () => {
    expect(world.machine.shown).toBe('Text 4021 to 36000')
    const saleId = offered()
    expect(world.server.offerOf(saleId)).toMatchObject({
      automatonId: 'automaton-1',
      machineNumber: '4021',
      item: 5,
      amountMinor: 150,
      currency: 'EUR',
      waitMs: 180_000,
    })
    const id = world.server.deliver(saleId)
    world.server.pump()
    expect(world.machine.approvals).toEqual([{ amountMinor: 150, currency: 'EUR' }])
    expect(world.machine.shown).toBe('Paid. Your item is coming')
    expect(answerTo(id)).toBe('stored')
    world.machine.conclude()
    world.server.pump()
    expect(told()).toEqual({ withdrawal: undefined, outcome: 'delivered' })
    expect(world.machine.shown).toBe('Thank you')
    expect(world.steps).toEqual(['ST1', 'ST2', 'ST3', 'ST4', 'ST5', 'ST52', 'ST6', 'ST1'])
    world.pass(6)
    expect([world.machine.shown, world.machine.dropped]).toEqual(['Text 4021 to 36000', 1])
  })

  test('that jams is reported as failed, with what the hardware said', () => {
    world.machine.jammed = true
    world.server.deliver(offered())
    world.server.pump()
    world.machine.conclude()
    world.server.pump()
    expect(world.server.sales.get(world.server.lastSale)?.outcome).toMatchObject({
      result: 'failed',
      detail: 'scripted-failed',
    })
  })

  test('of which the hardware says nothing more is unknown after the vend limit', () => {
    world.server.deliver(offered())
    world.pass(64)
    expect(told().outcome).toBeUndefined()
    world.pass(2)
    expect(told().outcome).toBe('unknown')
  })

  test('past the wait limit is withdrawn and the request denied; a late yes changes nothing', () => {
    const saleId = offered()
    world.pass(179)
    expect(told().withdrawal).toBeUndefined()
    world.pass(1)
    expect([told().withdrawal, world.machine.calls.at(-1)]).toEqual(['waitLimit', 'deny'])
    expect(world.machine.shown).toBe('Time is over. Nothing charged')
    const id = world.server.deliver(saleId)
    world.server.pump()
    expect([answerTo(id), world.machine.approvals]).toEqual(['rejected notOpen', []])
    expect(world.server.heard.filter((seq) => seq === 2)).toHaveLength(2)
  })

  test.each([
    ['cancelled', 'cancelled'],
    ['readerLost', 'readerLost'],
  ] as const)('whose request is %s is withdrawn', (why, reason) => {
    offered()
    world.machine.cancel(why)
    world.server.pump()
    expect([told().withdrawal, world.machine.calls.includes('deny')]).toEqual([reason, false])
  })

  test("that the server refuses is withdrawn, and the buyer reads the server's words", () => {
    const id = world.server.instruct({
      kind: 'refuse',
      saleId: offered(),
      reason: 'declined',
      text: 'Not enough credit',
    })
    world.server.pump()
    expect([told().withdrawal, answerTo(id)]).toEqual(['refused', 'stored'])
    expect([world.machine.shown, world.machine.calls.at(-1)]).toEqual(['Not enough credit', 'deny'])
  })

  test('follows at once on one whose outcome is not stored yet', () => {
    world.server.deliver(offered())
    world.server.pump()
    const first = world.server.lastSale
    world.server.losing = (direction, channel) => direction === 'up' && channel === 'outcome'
    world.machine.conclude()
    world.machine.choose(6, 200)
    world.server.pump()
    const second = world.server.lastSale
    expect([second === first, told(first).outcome]).toEqual([false, undefined])
    world.server.losing = () => false
    world.pass(2)
    expect(told(first).outcome).toBe('delivered')
    world.server.deliver(second)
    world.server.pump()
    expect(world.machine.approvals).toHaveLength(2)
  })

  test('of an item chosen anew without a cancellation begins anew; the first offer is withdrawn', () => {
    const first = offered()
    world.machine.choose(6, 200)
    world.server.pump()
    expect([told(first).withdrawal, world.server.lastSale === first]).toEqual(['cancelled', false])
    const id = world.server.deliver(first)
    world.server.pump()
    expect([answerTo(id), world.machine.approvals]).toEqual(['rejected notOpen', []])
  })
})

describe('an acknowledgement', () => {
  const bad: [string, (saleId: string) => string, string][] = [
    ['of another price', (id) => world.server.deliver(id, { amountMinor: 140 }), 'wrongTerms'],
    ['of another currency', (id) => world.server.deliver(id, { currency: 'GBP' }), 'wrongTerms'],
    ['of another offer', (id) => world.server.deliver(id, { offerHash: 'x'.repeat(43) }), 'wrongTerms'],
    ['for another seller', (id) => world.server.deliver(id, { seller: 'other' }), 'wrongTerms'],
    ['of a hold without an end', (id) => world.server.deliver(id, { charge: 'hold' }), 'wrongTerms'],
    [
      'of a hold that lapses during the vend',
      (id) => world.server.deliver(id, { charge: 'hold', honouredUntil: world.clock.now() + 64_000 }),
      'wrongTerms',
    ],
    ['of a stranger', (id) => world.server.deliver(id, {}, identities.stranger.signer), 'badAcknowledgement'],
    [
      'that we signed ourselves',
      (id) => world.server.deliver(id, {}, identities.automaton.signer),
      'badAcknowledgement',
    ],
  ]
  test.each(bad)('%s delivers nothing and leaves the offer open', (_, deliver, reason) => {
    const saleId = offered()
    const id = deliver(saleId)
    world.server.pump()
    expect([answerTo(id), world.machine.approvals]).toEqual([`rejected ${reason}`, []])
    world.server.deliver(saleId)
    world.server.pump()
    expect(world.machine.approvals).toHaveLength(1)
  })

  test('of a hold that is honoured long enough delivers', () => {
    world.server.deliver(offered(), { charge: 'hold', honouredUntil: world.clock.now() + 66_000 })
    world.server.pump()
    expect(world.machine.approvals).toHaveLength(1)
  })

  test("is judged on the server's time, whatever our own clock says", () => {
    world.clock.setNow(Date.UTC(1970, 0, 2))
    world.server.deliver(offered(), { at: 0 })
    world.server.pump()
    expect(world.machine.approvals).toHaveLength(1)
  })

  test('of a server that wants buyers to stand there shows its number with figures that change', () => {
    const { boot } = world.server.births.at(-1) ?? { boot: 0 }
    const presence = { secret: 'a secret of two alone' }
    const serverTime = Date.UTC(2031, 0, 1)
    world.server.send('admission', {
      ...{ boot, admission: 'accepted', serverTime, centreChains: [identities.centre.chain] },
      ...{ invitation: 'Text {code} to 36000', presence },
    })
    world.server.pump()
    // By the server's time, whatever the automaton's own clock says.
    const shownAt = (at: number) => `Text ${presenceCode(presence.secret, '4021', at)} to 36000`
    expect(world.machine.shown).toBe(shownAt(serverTime))
    world.clock.advance(presenceEveryMs)
    expect(world.machine.shown).toBe(shownAt(serverTime + presenceEveryMs))
  })

  test('of a centre that the newest admission no longer names delivers nothing', () => {
    const saleId = offered()
    const { boot } = world.server.births.at(-1) ?? { boot: 0 }
    const accepted = { boot, admission: 'accepted', serverTime: world.clock.now(), invitation: '' }
    world.server.send('admission', { ...accepted, centreChains: [identities.renewed.chain] })
    const id = world.server.deliver(saleId)
    world.server.pump()
    expect([answerTo(id), world.machine.approvals]).toEqual(['rejected badAcknowledgement', []])
    world.server.deliver(saleId, {}, identities.renewed.signer)
    world.server.pump()
    expect(world.machine.approvals).toHaveLength(1)
  })

  test('delivers once, however often it comes', () => {
    const saleId = offered()
    const first = world.server.deliver(saleId)
    world.server.pump()
    const again = world.server.deliver(saleId)
    world.server.pump()
    world.machine.conclude()
    const late = world.server.deliver(saleId)
    world.pass(1)
    expect([first, again, late].map(answerTo)).toEqual(['stored', 'stored', 'stored'])
    expect([world.machine.approvals.length, world.machine.dropped]).toEqual([1, 1])
  })
})

describe('phone payment is not offered, and cash goes on', () => {
  test.each(['pending', 'rejected'] as const)('while the server says %s', (admission) => {
    world = new ScriptedWorld(identities)
    world.server.admission = admission
    world.start()
    world.pass(0)
    world.machine.choose()
    expect(world.machine.calls).toEqual(['start', 'deny'])
    world.server.admission = 'accepted'
    world.pass(61)
    expect(offered()).not.toBe('')
  })

  test('while the link is down, and again once it is back', () => {
    world.server.brokerUp = false
    world.server.cut()
    expect(world.machine.shown).toBe('')
    world.machine.choose()
    expect(world.machine.calls.at(-1)).toBe('deny')
    world.pass(100)
    world.server.brokerUp = true
    world.pass(60)
    expect(world.machine.shown).toBe('Text 4021 to 36000')
    expect(offered()).not.toBe('')
  })

  test('after the server bars the machine; the sale in hand is still delivered when it was paid', () => {
    const saleId = offered()
    const { boot, journalId } = world.server.births.at(-1) ?? { boot: 0, journalId: '' }
    const barred = {
      boot,
      admission: 'rejected',
      serverTime: world.clock.now(),
      centreChains: [],
      invitation: '',
    }
    world.server.send('admission', { ...barred, stored: world.server.marks(journalId) })
    world.server.deliver(saleId)
    world.server.pump()
    expect(world.machine.approvals).toHaveLength(1)
    world.machine.conclude()
    world.server.pump()
    expect(told().outcome).toBe('delivered')
    world.machine.choose()
    expect(world.machine.calls.at(-1)).toBe('deny')
  })
})

describe('a disk that fails', () => {
  test('denies the request; nothing is offered until a commit works again', () => {
    world.disk.failing = true
    world.machine.choose()
    expect([world.machine.calls.at(-1), world.machine.shown]).toEqual(['deny', ''])
    world.pass(5)
    expect(world.server.telemetry.map((text) => JSON.parse(text).kind)).toEqual(['journalFailed'])
    world.machine.choose()
    expect([world.machine.calls.filter((call) => call === 'deny').length, world.server.sales.size]).toEqual([
      2, 0,
    ])
    world.disk.failing = false
    world.pass(2)
    expect(world.machine.shown).toBe('Text 4021 to 36000')
    expect(offered()).not.toBe('')
  })

  test('while an offer is open: denied at once, withdrawn when it can be, never delivered', () => {
    const saleId = offered()
    world.disk.failing = true
    const id = world.server.deliver(saleId)
    world.server.pump()
    expect([world.machine.calls.at(-1), world.machine.approvals]).toEqual(['deny', []])
    expect(answerTo(id)).toBeUndefined()
    world.disk.failing = false
    world.pass(3)
    expect([told().withdrawal, answerTo(id), world.machine.approvals]).toEqual([
      'journalFailed',
      'rejected notOpen',
      [],
    ])
  })

  test('while an item is delivered: its outcome waits for the disk', () => {
    world.server.deliver(offered())
    world.server.pump()
    world.disk.failing = true
    world.machine.conclude()
    world.pass(200)
    expect(told().outcome).toBeUndefined()
    world.disk.failing = false
    world.pass(2)
    expect(told().outcome).toBe('delivered')
  })
})

describe('instructions', () => {
  test('a report is answered and what is known said again, stored or not', () => {
    offered()
    world.machine.cancel()
    world.server.pump()
    const before = world.server.heard.length
    const id = world.server.instruct({ kind: 'report', saleId: world.server.lastSale })
    world.server.pump()
    expect([answerTo(id), world.server.heard.slice(before)]).toEqual(['stored', [2]])
  })

  test('a report on an open offer says nothing but that it is heard', () => {
    const id = world.server.instruct({ kind: 'report', saleId: offered() })
    world.server.pump()
    expect([answerTo(id), told()]).toEqual(['stored', { withdrawal: undefined, outcome: undefined }])
  })

  test('a sale that the journal does not hold is unknown, never failed, however often asked about', () => {
    const saleId = '1b0d9f8e-7c6b-4a59-8f3e-2d1c0b9a8f7e'
    world.server.instruct({ kind: 'report', saleId })
    world.server.pump()
    expect(world.server.sales.get(saleId)?.outcome).toMatchObject({ result: 'unknown', offerHash: '' })
    world.server.instruct({ kind: 'report', saleId })
    world.server.pump()
    expect(world.server.heard).toEqual([1, 1])
    const late = world.server.instruct({ kind: 'refuse', saleId, reason: 'expired', text: '' })
    world.server.pump()
    expect(answerTo(late)).toBe('rejected notOpen')
  })

  test('one that is repeated gets the answer it got', () => {
    const saleId = offered()
    world.server.losing = (direction, channel) => direction === 'up' && channel === 'stored'
    const id = world.server.deliver(saleId)
    world.pass(3)
    world.machine.conclude()
    world.server.losing = () => false
    world.pass(1)
    expect([answerTo(id), world.machine.approvals.length]).toEqual(['stored', 1])
  })

  test('one that cannot be read is rejected by its id, one without an id is let go', () => {
    const id = '0f8fad5b-d9cb-469f-a165-70867728950e'
    world.server.send('instruction', { id, issuedAt: 1, kind: 'deliver', saleId: 'no uuid' })
    world.server.send('instruction', { kind: 'deliver' })
    world.server.pump()
    expect([answerTo(id), world.server.answers.size]).toEqual(['rejected malformed', 1])
  })

  test('attend opens a session on standby, and is refused while busy or with the reader away', () => {
    const first = world.server.instruct({ kind: 'attend', forMs: 60_000 })
    world.server.pump()
    expect([answerTo(first), world.machine.calls.at(-1)]).toEqual(['stored', 'attend 60000'])
    world.machine.say({ type: 'notReady', why: 'lost' })
    const second = world.server.instruct({ kind: 'attend', forMs: 60_000 })
    world.server.pump()
    expect(answerTo(second)).toBe('rejected busy')
    world.machine.say({ type: 'ready', reader: 'alwaysIdle' })
    offered()
    const third = world.server.instruct({ kind: 'attend', forMs: 60_000 })
    world.server.pump()
    expect(answerTo(third)).toBe('rejected busy')
  })
})

test('a reader that comes up in another mode than configured is told to the server', () => {
  const modes = () => world.server.births.map(({ reader }) => reader)
  world.machine.say({ type: 'ready', reader: 'session' })
  world.machine.say({ type: 'ready', reader: 'session' })
  world.server.pump()
  expect([modes(), world.machine.shown]).toEqual([['alwaysIdle', 'session'], 'Text 4021 to 36000'])
  expect(offered()).not.toBe('')
})

test('also when the birth that said otherwise is not answered yet', () => {
  world = new ScriptedWorld(identities)
  world.server.losing = (direction, channel) => direction === 'down' && channel === 'admission'
  world.start()
  world.server.pump()
  world.machine.say({ type: 'ready', reader: 'session' })
  world.server.pump()
  expect(world.server.births.map(({ reader }) => reader)).toEqual(['alwaysIdle', 'session'])
})

describe('the link on demand', () => {
  beforeEach(() => {
    world = ScriptedWorld.ready(identities, { linkMode: 'onDemand' })
    world.pass(6)
  })

  test('sleeps after its admission, wakes for a buyer, and sleeps once the outcome is stored', () => {
    const presences = () => world.server.presences.map(({ presence }) => presence)
    expect([world.server.connected, presences(), world.machine.shown]).toEqual([
      false,
      ['online', 'asleep'],
      'Text 4021 to 36000',
    ])
    world.server.deliver(offered())
    world.pass(10)
    world.server.losing = (direction, channel) => direction === 'down' && channel === 'stored'
    world.machine.conclude()
    world.pass(60)
    expect(world.server.connected).toBe(true)
    world.server.losing = () => false
    world.pass(20)
    expect([world.server.connected, presences()]).toEqual([false, ['online', 'asleep', 'online', 'asleep']])
    expect([told().outcome, world.machine.dropped]).toEqual(['delivered', 1])
  })

  test('goes on trying when the modem does not come up; the wait limit ends the sale', () => {
    world.server.brokerUp = false
    world.machine.choose()
    world.pass(181)
    expect(world.machine.calls.at(-1)).toBe('deny')
    world.server.brokerUp = true
    world.pass(90)
    expect([told().withdrawal, world.server.connected]).toEqual(['waitLimit', false])
  })

  test('stays awake for a buyer who was asked to choose', () => {
    offered()
    world.machine.cancel()
    world.pass(1)
    world.server.instruct({ kind: 'attend', forMs: 60_000 })
    world.pass(30)
    expect(world.server.connected).toBe(true)
    world.machine.say({ type: 'sessionEnded' })
    world.pass(6)
    expect(world.server.connected).toBe(false)
  })
})

describe('the outbox', () => {
  test('goes on sending a word until it is stored, each time the same bytes', () => {
    world.server.losing = (direction, channel) => direction === 'down' && channel === 'stored'
    offered()
    world.pass(16)
    expect(world.server.heard.length).toBeGreaterThanOrEqual(4)
    world.server.losing = () => false
    world.pass(10)
    const sent = world.server.heard.length
    world.pass(60)
    expect(world.server.heard).toHaveLength(sent)
  })

  test('resends at once what is missing before a number that the server has', () => {
    world.server.losing = (direction, channel) => direction === 'up' && channel === 'offer'
    world.machine.choose()
    world.server.losing = () => false
    world.machine.cancel()
    world.server.pump()
    expect(world.server.heard).toEqual([2, 1])
  })

  test('gives a restored server everything it lacks, and says what is no longer held', () => {
    for (let sale = 0; sale < 40; sale++) {
      offered()
      world.machine.cancel()
      world.server.pump()
    }
    const journalId = world.server.births.at(-1)?.journalId ?? ''
    expect(world.server.marks(journalId)).toMatchObject({ upTo: 80, beyond: [] })
    world.pass(36 * 24 * 3600)
    offered()
    world.server.forget()
    world.server.heard.length = 0
    world.server.cut()
    world.pass(60)
    expect(world.server.marks(journalId)).toMatchObject({ upTo: 81, beyond: [] })
    expect([...new Set(world.server.heard)]).toHaveLength(81)
  }, 60_000)
})

test('a journal above its limit forgets what is stored, and says so to a restored server', () => {
  world = ScriptedWorld.ready(identities, { journalLimitBytes: 1 })
  offered()
  world.machine.cancel()
  world.server.pump()
  world.server.losing = (direction, channel) => direction === 'up' && channel === 'withdrawal'
  offered()
  world.machine.cancel()
  world.pass(3600)
  expect([...world.disk.outbox.keys()]).toEqual([3, 4])
  world.server.losing = () => false
  world.server.forget()
  world.server.cut()
  world.pass(60)
  const { journalId } = world.disk
  expect(world.server.marks(journalId)).toEqual({ journalId, upTo: 4, beyond: [] })
  expect(told().withdrawal).toBe('cancelled')
})

test('a loss of the hardware is said again to a server that answers a birth, until it is back', () => {
  const notice = (what: 'hardwareLost' | 'hardwareBack') =>
    world.machine.say({ type: 'noticed', what, detail: 'unplugged' })
  const heard = () => world.server.telemetry.splice(0).map((text) => JSON.parse(text).kind)
  world.server.cut()
  notice('hardwareLost')
  world.pass(60)
  expect(heard()).toEqual(['hardwareLost'])
  notice('hardwareBack')
  world.pass(1)
  expect(heard()).toEqual(['hardwareBack'])
  world.server.cut()
  world.pass(60)
  expect(heard()).toEqual([])
})

describe('what presence says of the vending machine', () => {
  const said = () => {
    world.server.pump()
    const { hardware } = world.server.presences.at(-1) ?? {}
    return hardware && `${hardware.status} ${hardware.isEnabled}`
  }

  test('follows the hardware while the link is up, and each change is said once', () => {
    world.machine.say({ type: 'ready', reader: 'alwaysIdle' })
    expect(said()).toBe('Available true')
    const { length } = world.server.presences
    world.machine.say({ type: 'ready', reader: 'alwaysIdle' })
    expect([said(), world.server.presences.length]).toEqual(['Available true', length])
    const words = (['disabled', 'configuring', 'lost'] as const).map((why) => {
      world.machine.say({ type: 'notReady', why })
      return said()
    })
    expect(words).toEqual(['Available false', 'Offline false', 'OutOfOrder false'])
  })

  test('is in the next birth when the link was down meanwhile', () => {
    world.machine.say({ type: 'ready', reader: 'alwaysIdle' })
    world.server.cut()
    world.machine.say({ type: 'notReady', why: 'disabled' })
    world.pass(60)
    expect(said()).toBe('Available false')
    expect(world.server.births.at(-1)?.hardware).toEqual({ status: 'Available', isEnabled: false })
  })

  test('a loss that stood from the start is out of order, and over once the hardware is back', () => {
    world.machine.say({ type: 'noticed', what: 'hardwareLost', detail: 'no such port' })
    expect(said()).toBe('OutOfOrder false')
    world.machine.say({ type: 'noticed', what: 'hardwareBack', detail: 'the line is open again' })
    world.machine.say({ type: 'notReady', why: 'configuring' })
    expect(said()).toBe('Offline false')
  })

  test('a product that did not fall is said with the event of EVA-DTS', () => {
    world.server.deliver(offered())
    world.pass(2)
    world.machine.say({ type: 'vendConcluded', result: 'failed', detail: 'vend-failed' })
    world.pass(2)
    expect(world.server.telemetry.map((text) => JSON.parse(text))).toMatchObject([
      { kind: 'notDelivered', code: 'ELA', detail: 'item 5: vend-failed' },
    ])
  })
})

test('an older copy of the journal is noticed by what the server has of it: nothing is said, nothing is sold', () => {
  offered()
  world.machine.cancel()
  world.server.pump()
  world.kill()
  world.disk.lastSeq = 0
  world.disk.snapshot = undefined
  for (const kept of [world.disk.sales, world.disk.promises, world.disk.outbox, world.disk.stored])
    kept.clear()
  world.server.heard.length = 0
  world.start()
  world.pass(30)
  world.machine.choose()
  world.pass(30)
  expect([world.machine.calls.at(-1), world.server.heard]).toEqual(['deny', []])
  expect(world.logged.at(-1)).toMatchObject({ level: 'error', msg: /more of this journal than is in it/ })
})

describe('who finds that the server takes another journal for this one says its birth again', () => {
  const another = '7d444840-9dc0-41d1-b245-5ffdce74fad2'
  const admission = (boot: number, journalId: string) => ({
    boot,
    admission: 'accepted',
    serverTime: world.clock.now(),
    centreChains: [],
    invitation: 'Text 4021 to 36000',
    stored: world.server.marks(journalId),
  })

  test.each([
    ['an admission of another journal', 'admission', () => admission(1, another)],
    ['one of another boot', 'admission', () => admission(2, world.disk.journalId)],
    ['what is stored of another journal', 'stored', () => world.server.marks(another)],
  ] as const)('at %s: it offers nothing until a person has admitted it', (_, channel, body) => {
    world.server.admission = 'pending'
    world.server.send(channel, body())
    world.server.pump()
    expect([world.server.births.length, world.machine.shown]).toEqual([2, ''])
    world.server.admission = 'accepted'
    world.pass(61)
    expect(world.machine.shown).toBe('Text 4021 to 36000')
  })

  test('while its own birth is not answered: the admission of the journal before is none of its own', () => {
    world.kill()
    world.server.losing = (way, channel) => way === 'up' && channel === 'birth'
    world.start()
    world.server.pump()
    world.server.send('admission', admission(2, another))
    world.server.pump()
    world.machine.choose()
    expect(world.machine.calls.at(-1)).toBe('deny')
    world.server.losing = () => false
    world.pass(10)
    expect(offered()).not.toBe('')
  })
})

test('telemetry is sent while the link is up, thinned, with a counter that goes on', () => {
  const garbage = { type: 'noticed', what: 'garbage', detail: '????' } as const
  for (let line = 0; line < 5; line++) world.machine.say(garbage)
  world.pass(2)
  world.machine.say(garbage)
  world.server.pump()
  expect(world.server.telemetry.map((text) => JSON.parse(text).count)).toEqual([1, 6])
})

test('stopped in order, it is lost to the server and keeps what it promised', async () => {
  offered()
  await world.automaton?.stop()
  world.server.pump()
  expect(world.server.presences.at(-1)?.presence).toBe('lost')
  world.start()
  world.pass(1)
  expect(told().withdrawal).toBe('restarted')
})

test('stopped in order with an offer open, it withdraws that before it goes', async () => {
  offered()
  await world.automaton?.stop()
  world.server.pump()
  expect([told().withdrawal, world.machine.calls.includes('deny')]).toEqual(['restarted', true])
})
