import { sha256, uuidFrom } from '@concilia/protocol/random.ts'
import { describe, expect, test } from 'vitest'
import { MemoryStore } from '../store/memory-store.ts'
import { noWrites, type QuarantineRow, type Writes } from '../store/port.ts'
import { type Input, inboxKeyOf } from './inputs.ts'
import { consented, Scenario } from './scenario.ts'

/** Tells what went to quarantine. */
class WatchedStore extends MemoryStore {
  readonly quarantine: QuarantineRow[] = []
  readonly commits: Writes[] = []

  override commitBatch: MemoryStore['commitBatch'] = async (need, decide) =>
    await super.commitBatch(need, (book) => {
      const decided = decide(book)
      this.quarantine.push(...decided.writes.quarantine)
      this.commits.push(decided.writes)
      return decided
    })
}

async function world() {
  const store = new WatchedStore()
  const scenario = await Scenario.open({ store })
  const machine = await scenario.machine()
  return { store, scenario, machine, phone: scenario.phone('+33612345678') }
}

describe('what is stored', () => {
  test('waits for nobody: what was performed during a commit makes no pause after it', async () => {
    const { scenario, machine } = await world()
    const first = machine.offer()
    scenario.engine.performed('a row performed while that commit is in flight')
    await first
    // No time goes by here: a pause would be for good.
    const again = machine.published.at(-1)
    await machine.send(again?.message as never, again?.body)
    expect(scenario.lastStored).toMatchObject({ upTo: 1 })
  })

  test('is told after the commit: up to the first gap, and what lies beyond it', async () => {
    const { scenario, machine } = await world()
    await machine.offer()
    expect(scenario.lastStored).toEqual({ journalId: machine.journalId, upTo: 1, beyond: [] })
    machine.seq += 2
    const saleId = await machine.offer()
    expect(scenario.lastStored).toEqual({ journalId: machine.journalId, upTo: 1, beyond: [4] })
    await machine.birth()
    expect(scenario.lastAdmission).toMatchObject({ admission: 'accepted', stored: { upTo: 1, beyond: [4] } })
    machine.seq = 1
    await machine.withdraw(saleId)
    await machine.withdraw(saleId)
    expect(scenario.lastStored).toEqual({ journalId: machine.journalId, upTo: 4, beyond: [] })
    await scenario.close()
  })

  test('fills a gap also with what the machine no longer has', async () => {
    const { scenario, machine } = await world()
    machine.seq = 1
    await machine.offer()
    await machine.send({ kind: 'gone', journalId: machine.journalId, seq: 1 })
    expect(scenario.lastStored).toMatchObject({ upTo: 2, beyond: [] })
  })

  test('is the same after a repeat, which changes nothing else', async () => {
    const { store, scenario, machine, phone } = await world()
    const saleId = await machine.offer()
    await phone.identify()
    const before = await scenario.saleRow(saleId)
    const [offer] = machine.published
    if (!offer) throw new Error('nothing was published')
    await machine.send(offer.message, offer.body)
    expect(await scenario.saleRow(saleId)).toEqual(before)
    expect(store.commits.at(-1)).toEqual({ ...noWrites })
    expect(scenario.sent.filter(({ channel }) => channel === 'stored')).toHaveLength(2)
  })

  test('another body under the same number is a second machine with this identity: barred', async () => {
    const { scenario, machine } = await world()
    const saleId = await machine.offer()
    machine.seq--
    await machine.withdraw(saleId)
    const [row] = await scenario.store.machines()
    expect(row?.state).toBe('barred')
    expect(await scenario.state(saleId)).toBe('open.awaitingPhone')
    await machine.offer()
    expect(scenario.lastStored).toMatchObject({ upTo: 1 })
    await machine.birth()
    expect(scenario.lastAdmission).toMatchObject({ admission: 'rejected', reason: /barred/ })
    await scenario.person(machine.automatonId, { type: 'admit' })
    await machine.birth()
    expect(scenario.lastAdmission).toMatchObject({ admission: 'accepted' })
  })

  test('an answer of the centre that comes twice is one answer', async () => {
    const { scenario, saleId } = await consented()
    const { heard } = scenario.centre
    const before = [await scenario.saleRow(saleId), heard.length]
    const answer: Input = {
      kind: 'payment',
      automatonId: 'machine-4021',
      saleId,
      operationId: 'an operation that was answered',
      operationKind: 'charge',
      attempt: 1,
      result: { kind: 'ok', paymentId: 'p', acknowledgement: 'a.b.c' },
      at: scenario.clock.now(),
    }
    expect(inboxKeyOf(answer)?.key).toBe('an operation that was answered 1')
    await scenario.submit(answer)
    await scenario.submit(answer)
    expect([await scenario.saleRow(saleId), heard.length]).toEqual(before)
  })
})

describe('birth', () => {
  test('of a machine nobody has enrolled or admitted waits for a person, who lets it in', async () => {
    const scenario = await Scenario.open()
    const machine = await scenario.machine()
    const other = await scenario.machine('5021')
    expect(scenario.lastAdmission).toMatchObject({ admission: 'accepted', invitation: 'Text 5021 to 36000' })
    await scenario.person(other.automatonId, { type: 'bar' })
    expect(scenario.lastAdmission).toMatchObject({ admission: 'rejected', reason: /barred/ })
    await machine.birth({ machineNumber: '9999' })
    expect(scenario.lastAdmission).toMatchObject({ admission: 'rejected', reason: /9999/ })
    await machine.birth({ chain: other.identity.chain })
    expect(scenario.lastAdmission).toMatchObject({ admission: 'rejected', reason: /another party/ })
    await machine.birth({ chain: 'no certificate' })
    expect(scenario.lastAdmission).toMatchObject({ admission: 'rejected', reason: /unreadable/ })
  })

  test('with an older boot number is a copy or a restored journal: rejected', async () => {
    const { scenario, machine } = await world()
    await machine.birth({ boot: 7 })
    await machine.birth({ boot: 6 })
    expect(scenario.lastAdmission).toMatchObject({ admission: 'rejected', reason: /boot 6 is older than 7/ })
    await machine.say({ type: 'presence', presence: { presence: 'lost', boot: 6 } })
    expect((await scenario.store.machines())[0]?.presence).toBe('online')
  })

  test('with another journal waits for a person, whose admission closes its sales as unknown', async () => {
    const { scenario, machine, saleId } = await consented()
    const waiting = await machine.offer()
    machine.journalId = uuidFrom(scenario.random)
    await machine.birth()
    expect(scenario.lastAdmission).toMatchObject({ admission: 'pending' })
    machine.seq = 0
    await machine.offer()
    expect(scenario.lastStored?.journalId).not.toBe(machine.journalId)
    expect(await scenario.state(saleId)).toBe('instructed')
    await scenario.person(machine.automatonId, { type: 'admit' })
    expect([await scenario.state(saleId), scenario.tied(saleId)]).toEqual(['unknownClosed', 0])
    expect(await scenario.state(waiting)).toBe('expired')
    const stored = { journalId: machine.journalId, upTo: 0, beyond: [] }
    expect(scenario.lastAdmission).toMatchObject({ admission: 'accepted', stored })
    machine.seq = 0
    expect(await scenario.state(await machine.offer())).toBe('open.awaitingPhone')
    await scenario.close()
  })

  test('of a new board, behind a higher boot of the old one: once admitted, phones are served', async () => {
    const { scenario, machine } = await world()
    await machine.birth({ boot: 7 })
    await machine.say({ type: 'presence', presence: { presence: 'lost', boot: 7 } })
    machine.journalId = uuidFrom(scenario.random)
    machine.seq = 0
    // As the link says it: present first, then who it is. Boots begin anew with the journal.
    await machine.say({ type: 'presence', presence: { presence: 'online', boot: 1 } })
    await machine.birth({ boot: 1 })
    await scenario.person(machine.automatonId, { type: 'admit' })
    const phone = scenario.phone('+33612345678')
    const saleId = await machine.offer()
    await phone.identify()
    expect(phone.heard()).toEqual(['price'])
    expect(await scenario.state(saleId)).toBe('open.consenting')
    await scenario.close()
  })

  test('with the admitted journal again leaves no other one to be admitted by mistake', async () => {
    const { scenario, machine } = await world()
    const { journalId } = machine
    await machine.birth({ journalId: uuidFrom(scenario.random) })
    await machine.birth({ journalId })
    expect(scenario.lastAdmission).toMatchObject({ admission: 'accepted' })
    await scenario.person(machine.automatonId, { type: 'admit' })
    expect((await scenario.store.machines())[0]).toMatchObject({ journalId, newJournalId: null })
  })
})

describe('a birth of the journal that was replaced, read late by a server that stood still', () => {
  async function replaced() {
    const { scenario, machine } = await world()
    const old = machine.journalId
    await machine.birth({ boot: 7 })
    machine.journalId = uuidFrom(scenario.random)
    await machine.birth()
    await scenario.person(machine.automatonId, { type: 'admit' })
    await machine.birth({ journalId: old, boot: 7 })
    expect(scenario.lastAdmission).toMatchObject({ boot: 7, admission: 'pending' })
    return { scenario, machine, old }
  }

  test('makes nobody a copy: the one that is admitted says its own, though its boot is lower', async () => {
    const { scenario, machine } = await replaced()
    await machine.birth()
    expect(scenario.lastAdmission).toMatchObject({ boot: 1, admission: 'accepted' })
    const { journalId } = machine
    expect((await scenario.store.machines())[0]).toMatchObject({ journalId, newJournalId: null, boot: 1 })
  })

  test('and admitted by mistake: who speaks is told which journal counts, and can be admitted anew', async () => {
    const { scenario, machine, old } = await replaced()
    await scenario.person(machine.automatonId, { type: 'admit' })
    const before = scenario.sent.length
    const saleId = await machine.offer()
    const body = { journalId: old, upTo: 0, beyond: [] }
    expect(scenario.sent.slice(before)).toMatchObject([{ channel: 'stored', body }])
    expect(await scenario.store.sale(saleId)).toBeUndefined()
    await machine.birth()
    expect(scenario.lastAdmission).toMatchObject({ admission: 'pending' })
    await scenario.person(machine.automatonId, { type: 'admit' })
    const unstored = machine.published.at(-1)
    if (unstored) await machine.send(unstored.message, unstored.body)
    expect(await scenario.state(saleId)).toBe('open.awaitingPhone')
  })
})

describe('what cannot be processed', () => {
  test('goes to quarantine and is stored, when its number can be read', async () => {
    const { store, scenario, machine } = await world()
    const saleId = await machine.offer()
    await machine.garble({ journalId: machine.journalId, seq: 2, saleId })
    expect(scenario.lastStored).toMatchObject({ upTo: 2 })
    expect(store.quarantine).toMatchObject([{ automatonId: machine.automatonId, saleId, error: /not JSON/ }])
    expect((await scenario.saleRow(saleId)).aside).toMatch(/could not be processed/)
    await machine.garble({ journalId: machine.journalId, seq: 2, saleId })
    expect(store.quarantine).toHaveLength(1)
  })

  test('goes to quarantine without a number too, and nothing is called stored for it', async () => {
    const { store, scenario, machine } = await world()
    await machine.garble()
    expect(store.quarantine).toHaveLength(1)
    expect(scenario.lastStored).toBeUndefined()
    expect((await scenario.store.machines())[0]?.state).toBe('admitted')
  })

  test('is every signed word that is not what it says it is', async () => {
    const { store, scenario, machine } = await world()
    const saleId = await machine.offer()
    const other = await scenario.machine('5021')
    const foreign = other.offerOf({ saleId: uuidFrom(scenario.random) })
    const fresh = () => ({ saleId: uuidFrom(scenario.random) })
    const [bad, cheap] = [machine.offerOf(fresh()), machine.offerOf({ ...fresh(), amountMinor: 1 })]
    const wrong = [
      [{ ...bad, slip: cheap.slip }, /not of this offer/],
      [{ ...bad, slip: foreign.slip }, /signed by machine-5021/],
      [{ ...bad, saleId: uuidFrom(scenario.random) }, /of another sale than its message/],
      [machine.offerOf({ ...fresh(), automatonId: 'machine-5021' }), /of another automaton/],
      [machine.offerOf({ ...fresh(), machineNumber: '5021' }), /enrolled is 4021/],
      [machine.offerOf({ ...fresh(), waitMs: 900_000 }), /would wait/],
      [{ ...bad, slip: 'a.b.c' }, /not signed/],
      [machine.outcomeOf(saleId, 'delivered', { offerHash: sha256('another') }), /of another offer/],
      [machine.outcomeOf(saleId, 'delivered', fresh()), /of another sale than its message/],
    ] as const
    for (const [content, error] of wrong) {
      await machine.publish(content)
      expect(store.quarantine.at(-1)?.error).toMatch(error)
      expect(scenario.lastStored?.upTo).toBe(machine.seq)
    }
    expect(store.quarantine).toHaveLength(wrong.length)
    expect((await scenario.store.recentSales(9)).map((row) => row.saleId)).toEqual([saleId])
  })

  test("is a word about another machine's sale, which stays as it was", async () => {
    const { store, scenario, machine, phone } = await world()
    const saleId = await machine.offer()
    await phone.identify()
    await phone.yes()
    const other = await scenario.machine('5021')
    const before = await scenario.saleRow(saleId)
    await other.withdraw(saleId)
    await other.publish(other.offerOf({ saleId }))
    await other.report(saleId, 'failed')
    expect(store.quarantine.map(({ error }) => error)).toEqual(
      Array(3).fill('it names a sale of another machine'),
    )
    expect(await scenario.saleRow(saleId)).toEqual(before)
  })

  test('costs its own machine only: others of the same batch go on', async () => {
    const { store, scenario, machine } = await world()
    const other = await scenario.machine('5021')
    const [good, bad] = [uuidFrom(scenario.random), uuidFrom(scenario.random)]
    await Promise.all([
      machine.publish({ ...machine.offerOf({ saleId: bad }), saleId: good }),
      other.publish(other.offerOf({ saleId: good })),
      other.birth(),
    ])
    expect(store.quarantine).toHaveLength(1)
    expect(await scenario.saleRow(good)).toMatchObject({
      automatonId: 'machine-5021',
      state: 'open.awaitingPhone',
    })
  })

  test('an answer of the centre without its acknowledgement delivers nothing and is voided in time', async () => {
    const { scenario, saleId, limits } = await consented({}, ({ centre }) =>
      centre.next('charge', { kind: 'ok', paymentId: 'p' }),
    )
    expect(await scenario.saleRow(saleId)).toMatchObject({
      state: 'charging.authorising',
      aside: /acknowledgement/,
    })
    expect(scenario.instructions(saleId)).toEqual([])
    await scenario.pass(limits.offerWaitMs + limits.marginMs)
    expect([await scenario.state(saleId), scenario.tied(saleId)]).toEqual(['expired', 0])
    await scenario.close()
  })

  test('a deadline is dropped with its sale set aside, instead of being due for ever', async () => {
    const { store, scenario, machine } = await world()
    const saleId = await machine.offer()
    const writes = { ...noWrites, sales: [{ ...(await scenario.saleRow(saleId)), chartVersion: 0 }] }
    const need = { automatonIds: [], kids: [], saleIds: [], inboxKeys: [], unknownsOf: null }
    await store.commitBatch(need, () => ({ writes, result: undefined }))
    await scenario.pass(scenario.settings.limits.offerWaitMs)
    expect(store.quarantine).toHaveLength(1)
    expect(await scenario.saleRow(saleId)).toMatchObject({
      open: true,
      dueAt: null,
      aside: /chart version 0/,
    })
    await scenario.close()
  })
})

describe('the engine', () => {
  test('stops: what waits is refused, and what is sent later too', async () => {
    const { scenario, machine } = await world()
    const waiting = machine.offer()
    const stopped = scenario.close()
    await Promise.allSettled([waiting, stopped])
    await expect(machine.offer()).rejects.toMatchObject({ code: 'server-stopping', retry: true })
  })

  test('takes a machine number once: the second enrolment is refused to whoever asked', async () => {
    const { scenario } = await world()
    const other = await scenario.machine('5021')
    const enrol = { type: 'enrol' as const, machineNumber: '4021', seller: 'operator', tradeName: 'Operator' }
    await expect(scenario.person(other.automatonId, enrol)).rejects.toMatchObject({ code: 'duplicate-row' })
    expect(scenario.engine.waiting).toBe(0)
  })

  test('lets the others of a batch in when the store refuses one of them', async () => {
    const { scenario, machine } = await world()
    const other = await scenario.machine('5021')
    const enrol = { type: 'enrol' as const, machineNumber: '4021', seller: 'operator', tradeName: 'Operator' }
    const together = await Promise.allSettled([
      machine.garble(),
      machine.garble(),
      scenario.person(other.automatonId, enrol),
      machine.offer(),
    ])
    expect(together.map(({ status }) => status)).toEqual(['fulfilled', 'fulfilled', 'rejected', 'fulfilled'])
  })
})
