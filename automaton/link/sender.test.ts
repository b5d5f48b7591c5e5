// Which words go out when the server has answered our birth.
import { systemRandom } from '@concilia/platform/system-random.ts'
import { ManualClock } from '@concilia/protocol/manual-clock.ts'
import { expect, test } from 'vitest'
import { MemoryJournal, SimulatedDisk } from '../journal/memory-journal.ts'
import type { Word } from '../journal/port.ts'
import { Sender } from './sender.ts'

const readingId = '0f8fad5b-d9cb-469f-a165-70867728950e'

test('what the server has goes out again while the disk could not note it, and no longer', () => {
  const journal = new MemoryJournal(new SimulatedDisk(systemRandom))
  const words: Word[] = [1, 2].map((piece) => ({ kind: 'auditText', readingId, piece, text: 'DXS' }))
  journal.addWords(words, 1000)
  const sent: number[] = []
  const publish = (_: string, text: string) => void sent.push(JSON.parse(text).seq)
  const sender = new Sender({ journal, clock: new ManualClock(), random: systemRandom, publish }, 1000)
  const marks = { upTo: 2, beyond: [] }
  sender.online(marks)
  expect([sent.splice(0), sender.owing]).toEqual([[1, 2], true])
  journal.markStored(marks)
  sender.online(marks)
  expect([sent, sender.owing]).toEqual([[], false])
})
