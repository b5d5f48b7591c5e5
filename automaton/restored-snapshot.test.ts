import { makeLog } from '@concilia/platform/log.ts'
import { describe, expect, test } from 'vitest'
import { MemoryJournal, SimulatedDisk } from './journal/memory-journal.ts'
import type { Change, StoredSnapshot } from './journal/port.ts'
import { restoredSnapshot } from './restored-snapshot.ts'
import { chartVersion, saleChart } from './sale-chart.ts'

const chart = saleChart({ offerWaitMs: 1, vendLimitMs: 1, reportingMs: 1 })
const log = makeLog('automaton', { level: 'silent' })
const saleId = '6f1c4a52-4a3b-4f0e-9a55-0d1f2c3b4a59'
const price = { amountMinor: 150, currency: 'EUR' } as const
const sale = { saleId, price }

function restored(snapshot: StoredSnapshot, stages: readonly Partial<Change>[]) {
  const disk = new SimulatedDisk({ bytes: (length) => new Uint8Array(length) })
  const journal = new MemoryJournal(disk)
  const nothing = { offers: [], promises: [], words: [], answers: [] }
  for (const stage of stages) journal.commit({ at: 0, event: { type: 'x' }, snapshot, ...nothing, ...stage })
  const { value, context } = restoredSnapshot(chart, new MemoryJournal(disk), log)
  return { value, context }
}

const offered: Partial<Change> = { offers: [{ ...sale, offerHash: 'h'.repeat(43) }] }
const promised: Partial<Change> = { promises: [{ saleId, promise: 'deliver' }] }
const withdrawn: Partial<Change> = { promises: [{ saleId, promise: 'withdraw' }] }
const concluded: Partial<Change> = { words: [{ kind: 'outcome', saleId, outcome: 'a.b.c' }] }

describe('the state that the process before left', () => {
  test('is its snapshot', () => {
    const left = { value: { open: 'waiting' }, context: { sale, operationId: null }, status: 'active' }
    expect(restored({ chartVersion, json: JSON.stringify(left) }, [{}])).toEqual({
      value: left.value,
      context: left.context,
    })
  })

  test.each([
    ['of an older chart', { chartVersion: chartVersion - 1, json: '{"value":"waiting"}' }],
    ['of a newer chart', { chartVersion: chartVersion + 1, json: '{"value":"waiting"}' }],
    ['with a state that no longer exists', { chartVersion, json: '{"value":"gone","context":{}}' }],
    ['that is not JSON', { chartVersion, json: 'half a wr' }],
  ])('is made anew from the rows for a snapshot %s', (_, snapshot) => {
    const none = { sale: null, operationId: null }
    const some = { sale, operationId: null }
    expect(restored(snapshot, [{}])).toEqual({ value: 'standby', context: none })
    expect(restored(snapshot, [offered])).toEqual({ value: { open: 'waiting' }, context: some })
    expect(restored(snapshot, [offered, promised])).toEqual({ value: 'delivering', context: some })
    expect(restored(snapshot, [offered, promised, concluded])).toEqual({ value: 'standby', context: none })
    expect(restored(snapshot, [offered, withdrawn])).toEqual({ value: 'standby', context: none })
  })
})
