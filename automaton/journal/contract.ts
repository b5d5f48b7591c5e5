// What every journal must do, as a suite run on each: the SQLite file and the simulated disk.
import type { InstructionAnswer } from '@concilia/protocol/messages.ts'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { type Change, type Journal, JournalError, type Word } from './port.ts'

export interface JournalBench {
  /** Opens the journal, the same one each time; the one open before is closed or its process killed. */
  open(): Journal
  /** From now on nothing can be written (or can again). */
  fail(failing: boolean): void
  dispose(): void
}

const saleId = '6f1c4a52-4a3b-4f0e-9a55-0d1f2c3b4a59'
const otherSaleId = '1b0d9f8e-7c6b-4a59-8f3e-2d1c0b9a8f7e'
const strangeSaleId = '3c2b1a09-8f7e-4d6c-9b5a-493827160514'
/** No pruning by size. */
const enough = Number.MAX_SAFE_INTEGER
const terms = (id = saleId) => ({
  saleId: id,
  offerHash: 'h'.repeat(43),
  price: { amountMinor: 150, currency: 'EUR' as const },
})
const offer = (id = saleId): Word => ({ kind: 'offer', saleId: id, offer: '{"é":1}', slip: 'a.b.c' })
const withdrawal = (id = saleId): Word => ({ kind: 'withdrawal', saleId: id, withdrawal: 'a.b.c' })
const outcome = (id = saleId): Word => ({ kind: 'outcome', saleId: id, outcome: 'a.b.c' })
const answer: InstructionAnswer = {
  instructionId: '0f8fad5b-d9cb-469f-a165-70867728950e',
  answer: 'rejected',
  reason: 'notOpen',
}

function change(part: Partial<Change> = {}): Change {
  return {
    at: 1000,
    event: { type: 'restarted' },
    snapshot: { chartVersion: 1, json: '{"value":"standby"}' },
    offers: [],
    promises: [],
    words: [],
    answers: [],
    ...part,
  }
}

export function journalContract(name: string, makeBench: () => JournalBench): void {
  describe(`the journal on ${name}`, () => {
    let bench: JournalBench
    let journal: Journal
    beforeEach(() => {
      bench = makeBench()
      journal = bench.open()
    })
    afterEach(() => bench.dispose())

    test('begins empty, with an id that stays and a boot number that rises', () => {
      expect([journal.boot, journal.lastSeq, journal.snapshot, journal.unstored()]).toEqual([
        1,
        0,
        undefined,
        [],
      ])
      const again = bench.open()
      expect([again.journalId, again.boot]).toEqual([journal.journalId, 2])
    })

    test('numbers words of no sale among those of sales, all of them or none', () => {
      const readingId = '0f8fad5b-d9cb-469f-a165-70867728950e'
      const words: Word[] = [1, 2].map((piece) => ({ kind: 'auditText', readingId, piece, text: 'DXS' }))
      journal.commit(change({ offers: [terms()], words: [offer()] }))
      const rows = journal.addWords(words, 1000)
      expect(rows.map(({ seq, saleId: about, kind }) => [seq, about, kind])).toEqual([
        [2, '', 'auditText'],
        [3, '', 'auditText'],
      ])
      bench.fail(true)
      const long: Word = { kind: 'auditText', readingId, piece: 1, text: 'x'.repeat(16_000) }
      expect(() => journal.addWords([...words, ...Array(30).fill(long)], 1000)).toThrow(JournalError)
      bench.fail(false)
      const again = bench.open()
      expect([again.lastSeq, again.unstored(), again.row(3)]).toEqual([3, [1, 2, 3], rows[1]])
      expect([again.snapshot, again.held(saleId)]).toEqual([change().snapshot, 'open'])
      again.markStored({ upTo: 3, beyond: [] })
      again.prune(2000, enough)
      expect([again.row(1) !== undefined, again.row(3)]).toEqual([true, undefined])
    })

    test('keeps everything of a commit for the process after', () => {
      const rows = journal.commit(
        change({
          offers: [terms()],
          words: [offer()],
          answers: [answer],
          snapshot: { chartVersion: 7, json: '{}' },
        }),
      )
      const again = bench.open()
      expect(rows).toEqual([again.row(1)])
      expect(JSON.parse(again.row(1)?.text ?? '')).toEqual({ journalId: again.journalId, seq: 1, ...offer() })
      expect([again.terms(saleId), again.answer(answer.instructionId)]).toEqual([terms(), answer])
      expect([again.snapshot, again.lastSeq, again.unstored()]).toEqual([
        { chartVersion: 7, json: '{}' },
        1,
        [1],
      ])
    })

    test('numbers words without a gap, across openings, and never anew', () => {
      journal.commit(change({ words: [offer(), withdrawal()] }))
      const again = bench.open()
      expect(again.commit(change({ words: [outcome()] })).map(({ seq }) => seq)).toEqual([3])
      again.markStored({ upTo: 3, beyond: [] })
      again.prune(2000, enough)
      expect(
        bench
          .open()
          .commit(change({ words: [outcome()] }))
          .map(({ seq }) => seq),
      ).toEqual([4])
    })

    test.each([
      ['deliver', 'withdraw'],
      ['withdraw', 'deliver'],
      ['deliver', 'deliver'],
      ['withdraw', 'withdraw'],
    ] as const)('a promise to %s leaves no room for one to %s', (first, second) => {
      journal.commit(change({ offers: [terms()], words: [offer()] }))
      journal.commit(change({ promises: [{ saleId, promise: first }] }))
      const before = [journal.lastSeq, journal.held(saleId)]
      const next = change({
        promises: [{ saleId, promise: second }],
        words: [withdrawal()],
        snapshot: { chartVersion: 9, json: '[]' },
      })
      expect(() => journal.commit(next)).toThrow()
      const again = bench.open()
      expect([again.lastSeq, again.held(saleId)]).toEqual(before)
      expect([again.snapshot?.chartVersion, again.lastWord(saleId)]).toEqual([1, undefined])
    })

    test('says what it holds of a sale at each stage', () => {
      expect(journal.held(saleId)).toBe('none')
      journal.commit(change({ offers: [terms()], words: [offer()] }))
      expect([journal.held(saleId), journal.lastWord(saleId)]).toEqual(['open', undefined])
      expect(journal.unfinished()).toEqual([terms()])
      journal.commit(change({ promises: [{ saleId, promise: 'deliver' }] }))
      expect([journal.held(saleId), journal.unfinished()]).toEqual(['delivering', [terms()]])
      journal.commit(change({ words: [outcome()] }))
      expect([journal.held(saleId), journal.unfinished()]).toEqual(['concluded', []])
      expect(journal.lastWord(saleId)?.kind).toBe('outcome')
      journal.commit(
        change({
          offers: [terms(otherSaleId)],
          promises: [{ saleId: otherSaleId, promise: 'withdraw' }],
          words: [withdrawal(otherSaleId)],
        }),
      )
      expect([journal.held(otherSaleId), journal.unfinished()]).toEqual(['withdrawn', []])
      expect(journal.lastWord(otherSaleId)?.kind).toBe('withdrawal')
    })

    test('an outcome said of a sale it never held is held from then on', () => {
      journal.commit(change({ words: [outcome(otherSaleId)] }))
      expect([journal.held(otherSaleId), journal.terms(otherSaleId)]).toEqual(['concluded', undefined])
    })

    test('marks what the server has, up to a number and beyond it', () => {
      journal.commit(change({ words: [offer(), withdrawal(), offer(), withdrawal(), offer()] }))
      journal.markStored({ upTo: 2, beyond: [4] })
      expect(journal.unstored()).toEqual([3, 5])
      journal.markStored({ upTo: 1, beyond: [99] })
      expect(bench.open().unstored()).toEqual([3, 5])
    })

    test('forgets what is old, stored and finished, and nothing else', () => {
      journal.commit(change({ offers: [terms()], words: [offer()] }))
      journal.commit(change({ promises: [{ saleId, promise: 'withdraw' }], words: [withdrawal()] }))
      journal.commit(change({ offers: [terms(otherSaleId)], words: [offer(otherSaleId)], answers: [answer] }))
      journal.markStored({ upTo: 1, beyond: [] })
      journal.commit(change({ at: 5000, words: [outcome(strangeSaleId)] }))
      expect(journal.prune(1000, enough)).toBe(0)
      expect(journal.prune(2000, enough)).toBeGreaterThan(0)
      expect(journal.answer(answer.instructionId)).toBeUndefined()
      expect([journal.held(saleId), journal.held(otherSaleId)]).toEqual(['withdrawn', 'open'])
      expect([journal.row(1)?.kind, journal.unstored()]).toEqual(['offer', [2, 3, 4]])
      journal.markStored({ upTo: 4, beyond: [] })
      journal.prune(2000, enough)
      expect([journal.held(saleId), journal.row(1), journal.row(2)]).toEqual(['none', undefined, undefined])
      expect([journal.held(otherSaleId), journal.row(3)?.kind, journal.row(4)?.kind]).toEqual([
        'open',
        'offer',
        'outcome',
      ])
      journal.prune(6000, enough)
      expect([journal.held(otherSaleId), journal.held(strangeSaleId)]).toEqual(['open', 'none'])
    })

    test('a sale being delivered is never forgotten, however old it is', () => {
      journal.commit(change({ offers: [terms()], words: [offer()] }))
      journal.commit(change({ promises: [{ saleId, promise: 'deliver' }] }))
      journal.markStored({ upTo: 1, beyond: [] })
      journal.prune(Number.MAX_SAFE_INTEGER, 0)
      expect([journal.held(saleId), journal.unfinished()]).toEqual(['delivering', [terms()]])
      journal.commit(change({ words: [outcome()] }))
      journal.prune(Number.MAX_SAFE_INTEGER, 0)
      expect(journal.held(saleId)).toBe('concluded')
      journal.markStored({ upTo: 2, beyond: [] })
      journal.prune(Number.MAX_SAFE_INTEGER, 0)
      expect([journal.held(saleId), journal.row(1), journal.row(2)]).toEqual(['none', undefined, undefined])
    })

    test('above its size forgets the oldest first, as little as it must', () => {
      const at = (index: number) => 1000 + index
      const ids = Array.from({ length: 2000 }, (_, index) => `${saleId.slice(0, -6)}${100_000 + index}`)
      for (const [index, id] of ids.entries()) {
        journal.commit(change({ at: at(index), offers: [terms(id)], words: [offer(id)] }))
        const promises = [{ saleId: id, promise: 'withdraw' as const }]
        if (index > 0) journal.commit(change({ at: at(index), promises, words: [withdrawal(id)] }))
      }
      const [open = '', second = ''] = ids
      journal.markStored({ upTo: journal.lastSeq - 2, beyond: [] })
      expect(journal.prune(0, journal.bytes)).toBe(0)
      const before = journal.bytes
      expect(journal.prune(0, before / 2)).toBeGreaterThan(0)
      expect(journal.bytes).toBeLessThanOrEqual(before / 2)
      expect(journal.bytes).toBeGreaterThan(before / 4)
      expect([journal.held(open), journal.held(second)]).toEqual(['open', 'none'])
      const kept = ids.map((id) => journal.held(id) === 'withdrawn')
      const first = kept.indexOf(true)
      expect(kept.slice(first)).not.toContain(false)
      journal.prune(0, 0)
      expect([journal.held(open), journal.unstored().length]).toEqual(['open', 2])
      expect(bench.open().lastWord(ids.at(-1) ?? '')?.kind).toBe('withdrawal')
    })

    test('keeps the last configuration that came into force', () => {
      expect(journal.configuration).toBeUndefined()
      journal.keepConfiguration({ version: 1, hash: 'one', text: '{}' }, 1000)
      journal.keepConfiguration({ version: 2, hash: 'two', text: '{"language":"fr"}' }, 2000)
      const kept = { version: 2, hash: 'two', text: '{"language":"fr"}' }
      expect([journal.configuration, bench.open().configuration]).toEqual([kept, kept])
    })

    test('keeps the till as it was written last', () => {
      expect(journal.till).toBeUndefined()
      journal.keepTill('{"creditMinor":50}', [{ type: 'coinCame' }], 1000)
      journal.keepTill('{"creditMinor":0}', [], 2000)
      expect([journal.till, bench.open().till]).toEqual(['{"creditMinor":0}', '{"creditMinor":0}'])
    })

    test('an answer is given once', () => {
      journal.commit(change({ answers: [answer] }))
      expect(() => journal.commit(change({ answers: [answer] }))).toThrow()
    })

    test('says so when nothing can be written, writes nothing, and works again afterwards', () => {
      journal.commit(change({ offers: [terms()], words: [offer()] }))
      bench.fail(true)
      const long: Word = { kind: 'offer', saleId, offer: 'x'.repeat(2000), slip: 'a.b.c' }
      const next = change({ promises: [{ saleId, promise: 'deliver' }], words: Array(200).fill(long) })
      expect(() => journal.commit(next)).toThrow(JournalError)
      expect([journal.lastSeq, journal.held(saleId), journal.unstored()]).toEqual([1, 'open', [1]])
      const text = 'x'.repeat(500_000)
      expect(() => journal.keepConfiguration({ version: 1, hash: 'one', text }, 1)).toThrow(JournalError)
      expect(() => journal.keepTill(text, [], 1)).toThrow(JournalError)
      expect([journal.configuration, journal.till]).toEqual([undefined, undefined])
      bench.fail(false)
      journal.commit(change({ promises: [{ saleId, promise: 'withdraw' }], words: [withdrawal()] }))
      expect([journal.lastSeq, journal.held(saleId)]).toEqual([2, 'withdrawn'])
    })
  })
}
