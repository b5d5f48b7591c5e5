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
      again.prune(2000)
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

    test('forgets what is old and stored, and nothing else', () => {
      journal.commit(
        change({
          offers: [terms()],
          promises: [{ saleId, promise: 'withdraw' }],
          words: [offer(), withdrawal()],
        }),
      )
      journal.commit(change({ offers: [terms(otherSaleId)], words: [offer(otherSaleId)], answers: [answer] }))
      journal.markStored({ upTo: 2, beyond: [] })
      journal.commit(change({ at: 5000, words: [outcome()] }))
      expect(journal.prune(1000)).toBe(0)
      expect(journal.prune(2000)).toBeGreaterThan(0)
      expect([journal.row(1), journal.row(3)?.kind, journal.unstored()]).toEqual([undefined, 'offer', [3, 4]])
      expect(journal.answer(answer.instructionId)).toBeUndefined()
      expect([journal.held(saleId), journal.held(otherSaleId)]).toEqual(['withdrawn', 'open'])
      journal.markStored({ upTo: 4, beyond: [] })
      journal.prune(6000)
      expect([journal.held(saleId), journal.held(otherSaleId)]).toEqual(['none', 'open'])
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
      bench.fail(false)
      journal.commit(change({ promises: [{ saleId, promise: 'withdraw' }], words: [withdrawal()] }))
      expect([journal.lastSeq, journal.held(saleId)]).toEqual([2, 'withdrawn'])
    })
  })
}
