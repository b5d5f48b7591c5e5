// The contract of the store, as a suite over an implementation: what a batch may read, what it writes as one,
// what it is refused, and how due things are taken. What happens when two servers meet is in
// postgres-store.test.ts.
// It is long because the port is coarse.
import { OperatingError } from '@concilia/platform/operating-error.ts'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import {
  type BatchBook,
  type BatchNeed,
  type DialogueRow,
  fewReadings,
  type IdentificationRow,
  type InboxRow,
  type MachineRow,
  mostNoticesKept,
  noWrites,
  type OutboxRow,
  type SaleRow,
  type SoldRow,
  type Store,
  type SubscriberRow,
  type VisitRow,
  type Writes,
} from './port.ts'

export const machine = (automatonId: string, change: Partial<MachineRow> = {}): MachineRow => ({
  automatonId,
  machineNumber: null,
  seller: 'operator',
  tradeName: 'Operator',
  state: 'admitted',
  journalId: null,
  newJournalId: null,
  boot: 1,
  storedUpTo: 0,
  beyond: [],
  presence: null,
  hardware: null,
  activeCodes: [],
  reader: 'alwaysIdle',
  keypad: false,
  enrolledAt: 1,
  fault: null,
  wantedVersion: 0,
  wantedHash: null,
  versionInForce: 0,
  configurationRefusal: null,
  auditAlert: null,
  ...change,
})

export const sale = (saleId: string, change: Partial<SaleRow> = {}): SaleRow => ({
  saleId,
  automatonId: 'm1',
  chartVersion: 1,
  snapshot: '{}',
  open: true,
  state: 'open.awaitingPhone',
  amountMinor: 150,
  currency: 'EUR',
  subscriberId: null,
  paymentId: null,
  dueAt: null,
  dueEvent: null,
  aside: null,
  createdAt: 1000,
  endedAt: null,
  ...change,
})

export const identification = (
  identificationId: string,
  change: Partial<IdentificationRow> = {},
): IdentificationRow => ({
  identificationId,
  automatonId: 'm1',
  subscriberId: 's1',
  channel: 'text',
  sessionId: null,
  language: 'fr',
  vouched: false,
  code: '1234',
  state: 'waiting',
  saleId: null,
  at: 1000,
  dueAt: null,
  ...change,
})

export const input = (key: string, change: Partial<InboxRow> = {}): InboxRow => ({
  source: 'phone gateway',
  key,
  automatonId: null,
  saleId: null,
  bodyHash: 'hash',
  body: '{}',
  at: 1000,
  ...change,
})

export const outgoing = (id: string, change: Partial<OutboxRow> = {}): OutboxRow => ({
  id,
  kind: 'text',
  automatonId: null,
  saleId: null,
  body: '{}',
  attempts: 1,
  dueAt: 1000,
  ...change,
})

export const dialogue = (dialogueId: string, rest: Partial<DialogueRow> = {}): DialogueRow => ({
  dialogueId,
  subscriberId: 's1',
  handle: 'gateway session',
  step: 'message 1',
  typed: '4012',
  screen: 'No machine 4012.\n1 Machine 4021',
  goesOn: true,
  pricedCode: null,
  figure: 1,
  suggested: '4021',
  at: 1000,
  ...rest,
})
export const subscriber = (subscriberId: string, change: Partial<SubscriberRow> = {}): SubscriberRow => ({
  subscriberId,
  sealed: 'sealed',
  language: 'en',
  stopped: false,
  blocked: false,
  seenAt: 1000,
  ...change,
})

export const need = (change: Partial<BatchNeed> = {}): BatchNeed => ({
  automatonIds: [],
  kids: [],
  saleIds: [],
  inboxKeys: [],
  unknownsOf: null,
  ...change,
})

/** Writes these rows, whatever is there. */
export async function put(store: Store, writes: Partial<Writes>): Promise<void> {
  await store.commitBatch(need(), () => ({ writes: { ...noWrites, ...writes }, result: undefined }))
}

export async function bookOf(store: Store, wanted: Partial<BatchNeed>): Promise<BatchBook> {
  return await store.commitBatch(need(wanted), (book) => ({ writes: noWrites, result: book }))
}

/** The error of a refusal; fails when it was none of ours. */
export async function refusalOf(work: Promise<unknown>): Promise<OperatingError> {
  const error = await work.then(
    () => 'it was accepted',
    (reason: unknown) => reason,
  )
  expect(error).toBeInstanceOf(OperatingError)
  return error as OperatingError
}

const retryMs = { instruction: 10, payment: 20, text: 30, admission: 40, configuration: 50 }

export function storeContract(name: string, open: () => Promise<Store>): void {
  describe(`the store in ${name}`, () => {
    let store: Store
    beforeEach(async () => {
      store = await open()
    })
    afterEach(() => store.close())

    describe('what machines say of themselves', () => {
      const name = (count: number, change: { automatonId?: string; boot?: number } = {}) => ({
        automatonId: 'm1',
        journalId: 'j1',
        boot: 1,
        count,
        ...change,
      })
      const said = (count: number, change = {}) => ({
        ...name(count),
        kind: 'garbage',
        detail: '?',
        sold: null,
        at: 1,
        heardAt: 1000 + count,
        ...change,
      })
      const read = (count: number, change = {}) => ({
        ...name(count),
        body: `{"count":${count}}`,
        at: 1,
        heardAt: 1000 + count,
        ...change,
      })

      test('is kept once, newest first, each machine for itself', async () => {
        await put(store, { telemetry: [said(1), said(2), said(1, { automatonId: 'm2' })] })
        await put(store, {
          telemetry: [said(2, { detail: 'another' }), said(3)],
          audits: [read(1), read(1, { boot: 2 }), read(1, { automatonId: 'm2' })],
        })
        await put(store, { audits: [read(1, { body: 'another' })] })
        const telemetry = await store.telemetryOf('m1', 2)
        expect(telemetry.map(({ count, detail }) => [count, detail])).toEqual([
          [3, '?'],
          [2, '?'],
        ])
        expect(await store.auditsOf('m1', 10)).toEqual([read(1, { boot: 2 }), read(1)])
      })

      test('is there for a batch to which audit data comes, with what was reported', async () => {
        const soldRow = (item: number, number: number, change: Partial<SoldRow> = {}): SoldRow => ({
          ...{ automatonId: 'm1', item, result: 'delivered', number, valueMinor: 150 * number },
          ...change,
        })
        const cash = said(1, { sold: { item: 5, amountMinor: 150 } })
        await put(store, {
          telemetry: [cash, said(1, { automatonId: 'm2' })],
          audits: [...Array.from({ length: fewReadings + 1 }, (_, at) => read(at + 1)), read(9, { boot: 2 })],
          sold: [soldRow(5, 1), soldRow(5, 1, { result: 'unknown' }), soldRow(5, 1, { automatonId: 'm2' })],
        })
        await put(store, { sold: [soldRow(5, 2), soldRow(6, 1)] })
        const { sold, audits, telemetry } = await bookOf(store, { auditsOf: ['m1'] })
        const sums = sold.map(({ item, result, number, valueMinor }) => [item, result, number, valueMinor])
        expect(sums.sort()).toEqual([
          [5, 'delivered', 3, 450],
          [5, 'unknown', 1, 150],
          [6, 'delivered', 1, 150],
        ])
        expect(audits.map(({ boot, count }) => [boot, count]).slice(0, 3)).toEqual([
          [2, 9],
          [1, 9],
          [1, 8],
        ])
        expect([audits.length, telemetry]).toEqual([fewReadings, [cash]])
        const none = await bookOf(store, {})
        expect([none.sold, none.audits, none.telemetry]).toEqual([[], [], []])
      })

      test('is kept as the text that came', async () => {
        await put(store, { inbox: [input('7', { body: '{"piece":1}' })] })
        expect(await store.inputBody('phone gateway', '7')).toBe('{"piece":1}')
        expect(await store.inputBody('phone gateway', '8')).toBeUndefined()
      })

      test('is forgotten by age and number, but for the newest reading of each machine', async () => {
        const many = Array.from({ length: mostNoticesKept + 5 }, (_, index) => said(index + 1))
        await put(store, {
          machines: [machine('m1'), machine('m2')],
          telemetry: [...many, said(1, { automatonId: 'm2', heardAt: 5 })],
          audits: [read(1), read(2), read(3), read(1, { automatonId: 'm2', heardAt: 5 })],
        })
        await store.prune(1003, 1003)
        const kept = await store.telemetryOf('m1', 2 * mostNoticesKept)
        expect([kept.length, kept[0]?.count, kept.at(-1)?.count]).toEqual([mostNoticesKept, 1005, 6])
        expect([(await store.telemetryOf('m2', 10)).length, await store.auditsOf('m2', 10)]).toEqual([
          0,
          [read(1, { automatonId: 'm2', heardAt: 5 })],
        ])
        expect((await store.auditsOf('m1', 10)).map(({ count }) => count)).toEqual([3])
      })
    })

    test('quarantine is read newest first, and forgotten by age and number', async () => {
      const event = (id: string, at: number, automatonId: string | null = 'm1') => ({
        ...{ id, automatonId, saleId: null, source: 'machine', error: 'not in form', body: '{oops', at },
      })
      const many = Array.from({ length: mostNoticesKept + 5 }, (_, index) => event(`e${index}`, 1000 + index))
      await put(store, { quarantine: [...many, event('old', 5, 'm2'), event('nobody', 6, null)] })
      expect((await store.quarantineOf('m1', 2)).map(({ at }) => at)).toEqual([2004, 2003])
      await store.prune(1000, 1000)
      const kept = await store.quarantineOf('m1', 2 * mostNoticesKept)
      expect([kept.length, kept.at(-1)?.at]).toEqual([mostNoticesKept, 1005])
      expect(await store.quarantineOf('m2', 10)).toEqual([])
    })

    test('what a machine was given to run on is found by its version', async () => {
      const given = { automatonId: 'm1', version: 2, hash: 'h', text: '{"language":"fr"}', at: 5 }
      await put(store, { configurations: [given, { ...given, automatonId: 'm2' }, { ...given, version: 3 }] })
      expect(await store.configuration('m1', 2)).toEqual(given)
      expect(await store.configuration('m1', 1)).toBeUndefined()
    })

    test('an outgoing row takes the place of one of its id that is done in the same batch', async () => {
      await put(store, { outbox: [outgoing('o1', { body: 'old' })] })
      await put(store, { outboxDone: ['o1'], outbox: [outgoing('o1', { body: 'new' })] })
      expect((await store.claimOutbox(1000, 10, retryMs)).map(({ body }) => body)).toEqual(['new'])
    })

    test("the centre's certificates are kept, by its address", async () => {
      expect(await store.centreChains('a')).toEqual([])
      await store.keepCentreChains('a', ['one', 'two'], 1)
      await store.keepCentreChains('a', ['three'], 2)
      expect([await store.centreChains('a'), await store.centreChains('b')]).toEqual([['three'], []])
    })

    describe('a batch', () => {
      test('has its machines, all that hangs on them, and the sales it names', async () => {
        await put(store, {
          machines: [machine('m2'), machine('m1', { beyond: [3, 5], machineNumber: '4021' }), machine('m3')],
          sales: [
            sale('open'),
            sale('ended', { open: false }),
            sale('named', { open: false }),
            sale('elsewhere', { automatonId: 'm3' }),
          ],
          identifications: [
            identification('second', { at: 2000, state: 'bound', saleId: 'open' }),
            identification('first'),
            identification('over'),
            identification('elsewhere', { automatonId: 'm3' }),
          ],
        })
        await put(store, { identifications: [identification('over', { state: 'closed' })] })
        const book = await bookOf(store, { automatonIds: ['m1', 'm2', 'nobody'], saleIds: ['named'] })
        expect(book.machines).toEqual([
          machine('m1', { beyond: [3, 5], machineNumber: '4021' }),
          machine('m2'),
        ])
        expect(book.sales.map(({ saleId }) => saleId).sort()).toEqual(['named', 'open'])
        expect(book.identifications).toEqual([
          identification('first'),
          identification('second', { at: 2000, state: 'bound', saleId: 'open' }),
        ])
      })

      test('knows which inputs were stored before, by source and key', async () => {
        await put(store, { inbox: [input('a', { bodyHash: 'h1' }), input('b', { source: 'machine m1' })] })
        const inboxKeys = [
          { source: 'phone gateway', key: 'a' },
          { source: 'phone gateway', key: 'b' },
          { source: 'machine m1', key: 'b' },
        ]
        const { seen } = await bookOf(store, { inboxKeys })
        expect(seen.map(({ source, key, bodyHash }) => `${source} ${key} ${bodyHash}`).sort()).toEqual([
          'machine m1 b hash',
          'phone gateway a h1',
        ])
      })

      test('keeps the certificates that came with births, and finds those it is asked for', async () => {
        const [one, other] = [
          { kid: 'k1', chain: 'chain 1' },
          { kid: 'k2', chain: 'chain 2' },
        ]
        await put(store, { certificates: [one, other] })
        await put(store, { certificates: [one] })
        expect((await bookOf(store, { kids: ['k1', 'nobody'] })).certificates).toEqual([one])
        expect((await bookOf(store, {})).certificates).toEqual([])
        expect(await store.chainOf('k2')).toBe('chain 2')
        expect(await store.chainOf('nobody')).toBeUndefined()
      })

      test('adds to the counts of unknown outcomes, and reads those of the day', async () => {
        const row = { day: '2030-01-01', scope: 'machine' as const, id: 'm1', count: 2 }
        const buyer = { day: '2030-01-01', scope: 'subscriber' as const, id: 's1', count: 1 }
        await put(store, { machines: [machine('m1')], sales: [sale('open', { subscriberId: 's1' })] })
        await put(store, { unknowns: [row, buyer] })
        await put(store, {
          unknowns: [
            { ...row, count: 3 },
            { ...row, day: '2030-01-02' },
          ],
        })
        const { unknowns } = await bookOf(store, { automatonIds: ['m1'], unknownsOf: '2030-01-01' })
        expect(unknowns.toSorted((a, b) => (a.scope < b.scope ? -1 : 1))).toEqual([
          { ...row, count: 5 },
          buyer,
        ])
        expect((await bookOf(store, { automatonIds: ['m1'] })).unknowns).toEqual([])
      })

      test('gives what its decision gives, and replaces rows whole', async () => {
        await put(store, { sales: [sale('s', { aside: 'why', dueAt: 5, dueEvent: 'e' })] })
        const result = await store.commitBatch(need(), () => ({
          writes: { ...noWrites, sales: [sale('s', { state: 'settled', open: false, endedAt: 7 })] },
          result: 42,
        }))
        expect(result).toBe(42)
        expect(await store.sale('s')).toEqual(sale('s', { state: 'settled', open: false, endedAt: 7 }))
        expect(await store.sale('nobody')).toBeUndefined()
      })

      test('whose decision throws has written nothing, and the next one goes on', async () => {
        const broken = store.commitBatch(need(), () => {
          throw new RangeError('no such state')
        })
        await expect(broken).rejects.toThrow('no such state')
        await put(store, { sales: [sale('s')] })
        expect(await store.sale('s')).toEqual(sale('s'))
      })

      test('with an input that is stored already is refused whole, to be tried again', async () => {
        await put(store, { inbox: [input('a')] })
        const refusal = await refusalOf(put(store, { inbox: [input('a'), input('b')], sales: [sale('s')] }))
        expect(refusal.retry).toBe(true)
        expect(await store.sale('s')).toBeUndefined()
        const inboxKeys = [{ source: 'phone gateway', key: 'b' }]
        expect((await bookOf(store, { inboxKeys })).seen).toEqual([])
      })

      test('that gives one machine the number of another is refused for good', async () => {
        await put(store, { machines: [machine('m1', { machineNumber: '4021' }), machine('m2')] })
        const refusal = await refusalOf(put(store, { machines: [machine('m2', { machineNumber: '4021' })] }))
        expect([refusal.code, refusal.retry]).toEqual(['duplicate-row', false])
        await put(store, { machines: [machine('m1', { machineNumber: '4021', boot: 2 })] })
        expect((await store.machines()).map(({ machineNumber }) => machineNumber)).toEqual(['4021', null])
      })

      test('keeps every text as it is', async () => {
        const odd = `it's "so" \\ \u2028 ${'\u{1f600}'} <é> \t\r\n {"a":null} %s $1 --`
        await put(store, {
          sales: [sale('s', { snapshot: odd, aside: odd })],
          outbox: [outgoing('o', { body: odd })],
        })
        expect(await store.sale('s')).toEqual(sale('s', { snapshot: odd, aside: odd }))
        expect((await store.claimOutbox(1000, 1, retryMs))[0]?.body).toBe(odd)
      })
    })

    describe('the outbox', () => {
      const ids = async (now = 1_000_000) =>
        (await store.claimOutbox(now, 100, retryMs)).map(({ id }) => id).sort()

      test('loses what a sale no longer wants before it gets what it wants now', async () => {
        await put(store, {
          outbox: [
            outgoing('old', { saleId: 's', kind: 'payment' }),
            outgoing('other kind', { saleId: 's', kind: 'text' }),
            outgoing('other sale', { saleId: 't', kind: 'payment' }),
          ],
        })
        await put(store, {
          outboxDropped: [{ saleId: 's', kind: 'payment' }],
          outbox: [outgoing('new', { saleId: 's', kind: 'payment' })],
        })
        expect(await ids()).toEqual(['new', 'other kind', 'other sale'])
      })

      test('loses what is answered or forgotten, and puts off what is in doubt', async () => {
        await put(store, { outbox: ['a', 'b', 'c', 'd'].map((id) => outgoing(id)) })
        await put(store, { outboxDone: ['a', 'nobody'], outboxDue: [{ id: 'b', dueAt: 5000 }] })
        await store.forgetOutbox(['c', 'nobody'])
        expect(await ids(4999)).toEqual(['d'])
        expect(await ids(5000)).toEqual(['b'])
      })

      test('gives what is due, the oldest first and no more than asked for', async () => {
        await put(store, {
          outbox: [
            outgoing('late', { dueAt: 30 }),
            outgoing('early', { dueAt: 10 }),
            outgoing('later', { dueAt: 31 }),
            outgoing('next', { dueAt: 20 }),
          ],
        })
        const two = await store.claimOutbox(30, 2, retryMs)
        expect(two.map(({ id }) => id).sort()).toEqual(['early', 'next'])
        expect((await store.claimOutbox(30, 9, retryMs)).map(({ id }) => id)).toEqual(['late'])
      })

      test.each([
        ['instruction', 'twice as long after each, up to eight times', [2, 4, 8, 8]],
        ['payment', 'the same after each', [1, 1, 1, 1]],
      ] as const)('counts each attempt of a row of kind %s and waits %s', async (kind, _, times) => {
        await put(store, { outbox: [outgoing('p', { kind, dueAt: 0 })] })
        let now = 0
        for (const [before, factor] of times.entries()) {
          const [row] = await store.claimOutbox(now, 1, retryMs)
          const pauseMs = factor * retryMs[kind]
          expect([row?.attempts, row?.dueAt]).toEqual([before + 2, now + pauseMs])
          expect(await store.claimOutbox(now, 1, retryMs)).toEqual([])
          now += pauseMs
        }
      })
    })

    test('what is due comes the oldest first, sales and identifications in one row', async () => {
      await put(store, {
        sales: [sale('s1', { dueAt: 30 }), sale('s2', { dueAt: 10 }), sale('s3')],
        identifications: [identification('i1', { dueAt: 20 }), identification('i2', { dueAt: 99 })],
      })
      const due = { automatonId: 'm1', saleId: null, callId: null, identificationId: null }
      expect(await store.due(30, 100)).toEqual([
        { ...due, saleId: 's2', dueAt: 10 },
        { ...due, identificationId: 'i1', dueAt: 20 },
        { ...due, saleId: 's1', dueAt: 30 },
      ])
      expect((await store.due(30, 2)).map(({ dueAt }) => dueAt)).toEqual([10, 20])
    })

    test('the next due time is the earliest of sales, identifications and outbox', async () => {
      expect(await store.nextDue(30)).toBeUndefined()
      await put(store, { outbox: [outgoing('o', { dueAt: 30 })] })
      expect(await store.nextDue(29)).toBeUndefined()
      expect(await store.nextDue(30)).toBe(30)
      await put(store, { identifications: [identification('i', { dueAt: 20 })] })
      expect(await store.nextDue(30)).toBe(20)
      await put(store, { sales: [sale('s', { dueAt: 10 })] })
      expect(await store.nextDue(30)).toBe(10)
    })

    test('how much there is now of what is watched', async () => {
      expect(await store.standing(50)).toMatchObject({ salesOpen: 0, outboxDue: 0, outboxDueSince: null })
      const admitted = { state: 'admitted', presence: 'online' } as const
      const ready = { status: 'Available', isEnabled: true } as const
      await put(store, {
        machines: [
          machine('m1', { ...admitted, hardware: ready }),
          machine('m2', { ...admitted, hardware: { ...ready, isEnabled: false } }),
          machine('m3', { ...admitted, hardware: ready, presence: 'lost' }),
          machine('m4', { state: 'pending', hardware: ready, presence: 'online' }),
        ],
        sales: [
          sale('s1', { open: true, state: 'charging.inDoubt' }),
          sale('s2', { open: true, state: 'delivering', aside: 'why' }),
          sale('s3', { open: false, state: 'settled' }),
        ],
        outbox: [outgoing('a', { dueAt: 30 }), outgoing('b', { dueAt: 40 }), outgoing('c', { dueAt: 60 })],
      })
      expect(await store.standing(50)).toEqual({
        salesOpen: 2,
        salesAside: 1,
        paymentsInDoubt: 1,
        outboxDue: 2,
        outboxDueSince: 30,
        machinesAdmitted: 3,
        machinesOnline: 2,
        machinesSelling: 1,
      })
    })

    test('the newest of the inbox', async () => {
      expect(await store.newestAt()).toBeUndefined()
      await put(store, { inbox: [input('a', { at: 20 }), input('b', { at: 10 })] })
      expect(await store.newestAt()).toBe(20)
    })

    test('a machine is added once; a second one of its id changes nothing', async () => {
      await store.ensureMachine(machine('m1', { machineNumber: '4021' }))
      await store.ensureMachine(machine('m1', { state: 'pending' }))
      await store.ensureMachine(machine('m0'))
      expect(await store.machines()).toEqual([machine('m0'), machine('m1', { machineNumber: '4021' })])
    })

    test('the identifications of a subscriber come the newest first, without the closed ones', async () => {
      await put(store, {
        identifications: [
          identification('a', { at: 1 }),
          identification('b', { at: 3, state: 'bound' }),
          identification('c', { at: 2, dueAt: 10 }),
          identification('d', { at: 4, subscriberId: 's2' }),
        ],
      })
      await put(store, { identifications: [identification('c', { at: 2, state: 'closed', dueAt: 10 })] })
      expect(await store.due(10, 10)).toEqual([])
      const found = await store.identificationsOf('s1')
      expect(found.map(({ identificationId }) => identificationId)).toEqual(['b', 'a'])
    })

    test('a subscriber is kept as last seen', async () => {
      await put(store, { subscribers: [subscriber('s1')] })
      await put(store, { subscribers: [subscriber('s1', { stopped: true, language: 'fr', seenAt: 2000 })] })
      const row = subscriber('s1', { stopped: true, language: 'fr', seenAt: 2000 })
      expect(await store.subscriber('s1')).toEqual(row)
      expect(await store.subscriber('s2')).toBeUndefined()
    })

    test('a dialogue is kept as its last screen left it, and the newest comes first', async () => {
      const kept = [
        await store.keepDialogue(dialogue('a', { at: 10 }), undefined),
        await store.keepDialogue(dialogue('b', { at: 20 }), undefined),
        await store.keepDialogue(dialogue('c', { at: 30, subscriberId: 'other' }), undefined),
      ]
      const later = dialogue('a', {
        at: 40,
        pricedCode: '7384',
        figure: 2,
        suggested: null,
        goesOn: false,
        typed: '1*2',
      })
      expect([...kept, await store.keepDialogue(later, 1)]).toEqual([true, true, true, true])
      expect(await store.dialoguesOf('s1')).toEqual([later, dialogue('b', { at: 20 })])
      expect(await store.dialoguesOf('nobody')).toEqual([])
      for (let each = 0; each < 10; each++)
        await store.keepDialogue(dialogue(`d${each}`, { at: 50 + each }), undefined)
      expect((await store.dialoguesOf('s1')).map(({ at }) => at)).toEqual([59, 58, 57, 56, 55, 54, 53, 52])
      await store.prune(58, 58)
      expect((await store.dialoguesOf('s1')).map(({ at }) => at)).toEqual([59, 58])
    })

    test('a dialogue that went on elsewhere since it was read is left as it is', async () => {
      const first = dialogue('a', { figure: 1 })
      await store.keepDialogue(first, undefined)
      expect(await store.keepDialogue(dialogue('a', { figure: 2 }), undefined)).toBe(false)
      expect(await store.keepDialogue(dialogue('a', { figure: 2 }), 0)).toBe(false)
      expect(await store.dialoguesOf('s1')).toEqual([first])
      expect(await store.keepDialogue(dialogue('a', { figure: 2 }), 1)).toBe(true)
      expect(await store.dialoguesOf('s1')).toEqual([dialogue('a', { figure: 2 })])
    })

    test('a dialogue whose row is gone, or was somebody else’s, is kept anew', async () => {
      expect(await store.keepDialogue(dialogue('a', { figure: 3 }), 2)).toBe(true)
      const others = dialogue('a', { subscriberId: 's2', figure: 1 })
      expect(await store.keepDialogue(others, undefined)).toBe(true)
      expect([await store.dialoguesOf('s1'), await store.dialoguesOf('s2')]).toEqual([[], [others]])
    })

    test('a page shows what was said to its session last, and old ones go', async () => {
      const page = (sessionId: string, say: string, at: number) => ({ sessionId, say, at })
      await put(store, { pages: [page('a', '1', 10), page('b', '1', 30)] })
      await put(store, { pages: [page('a', '2', 11)] })
      expect(await store.pages(['a', 'c'])).toEqual([page('a', '2', 11)])
      await store.prune(20, 20)
      expect(await store.pages(['a', 'b'])).toEqual([page('b', '1', 30)])
    })

    test('a visit has so many tries, each taken once, until its number is proven under another id', async () => {
      const visit: VisitRow = {
        visitId: 'v',
        subscriberId: 's1',
        sealed: 'sealed',
        codeHash: 'hash',
        triesLeft: 3,
        askedAt: 10,
        provenAt: null,
      }
      await store.addVisit(visit)
      await store.addVisit({ ...visit, visitId: 'w', subscriberId: 's2', askedAt: 30 })
      expect(await store.visit('v')).toEqual(visit)
      const taken = await Promise.all([1, 2, 3, 4].map(() => store.takeVisitTry('v')))
      expect(taken.flatMap((row) => row?.triesLeft ?? []).sort()).toEqual([0, 1, 2])
      expect(await store.takeVisitTry('v')).toBeUndefined()
      expect(await store.takeVisitTry('w')).toMatchObject({ codeHash: 'hash', triesLeft: 2 })
      await store.proveVisit('w', 'x', 40)
      expect(await store.visit('w')).toBeUndefined()
      expect(await store.visit('x')).toMatchObject({ subscriberId: 's2', provenAt: 40 })
      expect(await store.takeVisitTry('x')).toBeUndefined()
      expect(await store.visitsSince('s1', 9)).toEqual({ own: 1, all: 2 })
      expect(await store.visitsSince('s1', 10)).toEqual({ own: 0, all: 1 })
      await store.dropVisit('x')
      expect(await store.visitsSince('s2', 10)).toEqual({ own: 0, all: 0 })
      await store.prune(20, 20)
      expect(await store.visit('v')).toBeUndefined()
    })

    test('sales are listed for a person, for a look back and for the walk', async () => {
      await put(store, {
        sales: [
          sale('a', { createdAt: 1, aside: 'why', paymentId: 'p1' }),
          sale('b', { createdAt: 3, paymentId: 'p2', open: false }),
          sale('c', { createdAt: 2, aside: 'why' }),
        ],
      })
      const idsOf = (rows: SaleRow[]) => rows.map(({ saleId }) => saleId)
      expect(idsOf(await store.salesAside())).toEqual(['a', 'c'])
      expect(idsOf(await store.recentSales(2))).toEqual(['b', 'c'])
      expect(idsOf(await store.paidSales(0)).sort()).toEqual(['a', 'b'])
      expect(idsOf(await store.paidSales(1))).toEqual(['b'])
    })

    test('what is over and old is deleted; what is open, set aside or stopped stays', async () => {
      const old = { createdAt: 10 }
      await put(store, {
        machines: [machine('m1')],
        inbox: [input('old', { at: 10 }), input('young', { at: 20 })],
        sales: [
          sale('open', { ...old, subscriberId: 'paying' }),
          sale('aside', { ...old, open: false, aside: 'why' }),
          sale('ended', { ...old, open: false }),
          sale('young', { open: false, createdAt: 20 }),
        ],
        identifications: [identification('waiting', { at: 10 })],
        subscribers: [
          subscriber('gone', { seenAt: 10 }),
          subscriber('paying', { seenAt: 10 }),
          subscriber('stopped', { seenAt: 10, stopped: true }),
          subscriber('young', { seenAt: 20 }),
        ],
      })
      await store.prune(20, 20)
      const inboxKeys = ['old', 'young'].map((key) => ({ source: 'phone gateway', key }))
      const book = await bookOf(store, {
        automatonIds: ['m1'],
        saleIds: ['open', 'aside', 'ended', 'young'],
        inboxKeys,
      })
      expect(book.seen.map(({ key }) => key)).toEqual(['young'])
      expect(book.sales.map(({ saleId }) => saleId).sort()).toEqual(['aside', 'open', 'young'])
      expect(book.identifications.map((row) => row.identificationId)).toEqual(['waiting'])
      const kept = await Promise.all(['gone', 'paying', 'stopped', 'young'].map((id) => store.subscriber(id)))
      expect(kept.map((row) => row?.subscriberId)).toEqual([undefined, 'paying', 'stopped', 'young'])
    })
  })
}
