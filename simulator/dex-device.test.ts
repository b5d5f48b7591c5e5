// The machine's DEX plug with the automaton's own reader on it, in time that the test advances; and the file
// it gives, which must agree with what the machine did.
import { DexSource } from '@concilia/automaton/audit/dex-source.ts'
import type { AuditFile } from '@concilia/automaton/audit/port.ts'
import { inconsistencies } from '@concilia/protocol/eva-dts/consistency.ts'
import { pictureOf } from '@concilia/protocol/eva-dts/picture.ts'
import { readEvaDts } from '@concilia/protocol/eva-dts/read.ts'
import { ManualClock } from '@concilia/protocol/manual-clock.ts'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { DexDevice, type DexFault, dexFaults } from './dex-device.ts'
import { dexId } from './dex-plug.ts'
import { MachineCounters } from './machine-counters.ts'
import { Wire } from './wire.ts'

const items = { 1: 120, 2: 200, 5: 153 }

/** One reading of a machine that has sold a little. */
async function readingOf(faults: readonly DexFault[], unplugAfterMs?: number) {
  const clock = new ManualClock()
  const counters = new MachineCounters({ currency: 'EUR', items })
  counters.dropped(5, 'phone')
  const wire: Wire = new Wire(clock, 1, (bytes) => device.receive(bytes))
  const results: string[] = []
  const device = new DexDevice({
    clock,
    id: dexId,
    file: (id) => counters.file(id),
    write: (text) => wire.write(text),
    see: (result) => results.push(result),
  })
  device.disturb(...faults)
  let file: AuditFile | undefined
  const begun = clock.monotonic()
  let tookMs = 0
  const reading = new DexSource({ openLine: wire.open, clock, id: 'CNC0000001' }).read().then((read) => {
    file = read
    tookMs = clock.monotonic() - begun
  })
  if (unplugAfterMs !== undefined) clock.after(unplugAfterMs, () => wire.unplug())
  const turn = () => new Promise<void>((resolve) => setImmediate(resolve))
  await clock.advanceAsync(60_000, turn)
  await reading
  return { file, results, tookMs }
}

test('a reading brings the file', async () => {
  const { file, results, tookMs } = await readingOf([])
  expect(file).toMatchObject({ ok: true, from: dexId })
  if (file?.ok) expect(pictureOf(readEvaDts(file.text)).counters?.cashless2?.number).toBe(1)
  expect(results).toEqual(['read'])
  expect(tookMs).toBeLessThanOrEqual(2000)
})

test.each(dexFaults)('%s: the file comes all the same, once it is tried enough', async (fault) => {
  const { file, tookMs } = await readingOf([fault])
  expect(file).toMatchObject({ ok: true, from: dexId })
  expect(tookMs).toBeLessThan(20_000)
})

test('a plug that is pulled ends the reading with the reason', async () => {
  const { file } = await readingOf([], 200)
  expect(file).toEqual({ ok: false, why: 'The wire was pulled out.' })
})

test('whatever the machine sold, the sums of its file agree and nothing is missing', () => {
  const deed = fc.record({
    item: fc.constantFrom(1, 2, 5),
    by: fc.constantFrom('phone' as const, 'coins' as const, 'jam' as const),
  })
  fc.assert(
    fc.property(fc.array(deed, { maxLength: 200 }), fc.constantFrom('EUR', 'UGX'), (deeds, currency) => {
      const counters = new MachineCounters({ currency, items })
      for (const { item, by } of deeds) by === 'jam' ? counters.failed() : counters.dropped(item, by)
      const reading = readEvaDts(counters.file(dexId))
      expect(reading.findings).toEqual([])
      const { counters: read } = pictureOf(reading)
      if (!read) throw new Error('no counters')
      expect(inconsistencies(reading, read)).toEqual([])
      const of = (way: string) => deeds.filter(({ by }) => by === way).length
      expect([read.cashless2?.number, read.cash?.number, read.events[0]?.number]).toEqual([
        of('phone'),
        of('coins'),
        of('jam'),
      ])
      for (const { product, by } of read.products) {
        const phone = deeds.filter(({ item, by: way }) => String(item) === product && way === 'phone').length
        expect(by?.cashless2?.number).toBe(phone)
      }
    }),
    { numRuns: 50 },
  )
})
