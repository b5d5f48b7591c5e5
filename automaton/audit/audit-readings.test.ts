// Audit data from the machine to the server, told from outside the whole automaton, on scripted ports; and
// the pure parts by themselves.
import { auditMessageSchema } from '@concilia/protocol/audit.ts'
import { workedText } from '@concilia/protocol/eva-dts/worked-sample.ts'
import { writeEvaDts } from '@concilia/protocol/eva-dts/write.ts'
import { largestMessageBytes } from '@concilia/protocol/messages.ts'
import { beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { enrol, type Identities, ScriptedWorld } from '../scripted-world.ts'
import { auditWords, type ReadingFacts } from './audit-words.ts'
import type { AuditFile, AuditSource } from './port.ts'
import { untilNextReading } from './schedule.ts'

/** A machine whose readings end when a test says so. */
class ScriptedSource implements AuditSource {
  readonly source = 'dex'
  reads = 0
  #end: ((file: AuditFile) => void) | undefined

  read(): Promise<AuditFile> {
    this.reads++
    return new Promise((resolve) => {
      this.#end = resolve
    })
  }

  async ends(file: AuditFile): Promise<void> {
    this.#end?.(file)
    this.#end = undefined
    // The reading goes on when this test's promises have run.
    await new Promise<void>((resolve) => setImmediate(resolve))
  }

  async stop(): Promise<void> {
    await this.ends({ ok: false, why: 'stopped' })
  }
}

const good: AuditFile = { ok: true, text: workedText, from: 'SIM0000042' }
let identities: Identities
let source: ScriptedSource
let world: ScriptedWorld
beforeAll(async () => {
  identities = await enrol()
})
beforeEach(() => {
  source = new ScriptedSource()
  world = ScriptedWorld.ready(identities, { audit: source })
})

const kinds = () => world.server.audits.map(({ kind, seq }) => `${kind} ${seq}`)
const notices = () =>
  world.server.telemetry.map((text) => {
    const { kind, detail } = JSON.parse(text)
    return `${kind}: ${detail}`
  })
/** An item is chosen and its offer is at the server. @returns the sale */
function offered(): string {
  world.machine.choose()
  world.server.pump()
  return world.server.lastSale
}
const lastAudit = () => world.server.audits.findLast((each) => each.kind === 'audit')

describe('a reading', () => {
  test('is made a minute after the start and then daily; text and counters are stored', async () => {
    world.pass(59)
    expect(source.reads).toBe(0)
    world.pass(1)
    await source.ends(good)
    world.pass(1)
    expect(kinds()).toEqual(['auditText 1', 'audit 2'])
    expect(world.server.audits[0]).toMatchObject({ piece: 1, text: workedText })
    expect(lastAudit()).toMatchObject({
      ...{ boot: 1, source: 'dex', pieces: 1, reader: 'cashless2', vendsMeanwhile: 0, remarks: [] },
      counters: { paid: { number: 431, valueMinor: 64_050 } },
    })
    const readings = source.reads
    world.clock.advance(24 * 3_600_000 - 61_000)
    expect(source.reads).toBe(readings)
    world.clock.advance(61_000)
    expect(source.reads).toBe(readings + 1)
  })

  test('is sent until the server has it, over a kill as well', async () => {
    world.server.losing = (_, channel) => channel === 'audit'
    world.pass(60)
    await source.ends(good)
    world.pass(20)
    expect(kinds()).toEqual([])
    world.kill()
    world.server.losing = () => false
    world.start()
    world.pass(5)
    expect(kinds()).toEqual(['auditText 1', 'audit 2'])
  })

  test('lost between the machine and the journal is made anew by the next process', async () => {
    world.pass(60)
    world.kill()
    world.start()
    world.pass(60)
    expect(source.reads).toBe(2)
    await source.ends(good)
    world.pass(1)
    expect(kinds()).toEqual(['auditText 1', 'audit 2'])
  })

  test('disturbs no sale: what was sold meanwhile is said, and its word waits for the end of the sale', async () => {
    world.pass(60)
    const saleId = offered()
    world.server.deliver(saleId)
    world.pass(1)
    await source.ends(good)
    world.pass(1)
    expect([world.machine.dropped, kinds()]).toEqual([1, []])
    world.machine.conclude()
    world.pass(2)
    expect(world.server.sales.get(saleId)?.outcome?.result).toBe('delivered')
    expect(lastAudit()).toMatchObject({ vendsMeanwhile: 1, seq: 4 })
  })

  test('that ends after its sale counts it, too', async () => {
    world.pass(60)
    world.server.deliver(offered())
    world.pass(1)
    world.machine.conclude()
    world.pass(2)
    await source.ends(good)
    world.pass(1)
    expect(lastAudit()).toMatchObject({ vendsMeanwhile: 1 })
  })

  test('that fails is told in words and tried again, three times at most', async () => {
    world.pass(60)
    for (const reads of [1, 2, 3]) {
      expect(source.reads).toBe(reads)
      await source.ends({ ok: false, why: 'the machine does not answer' })
      world.pass(1)
      expect(notices()).toEqual(Array(reads).fill('auditFailed: the machine does not answer'))
      world.clock.advance(300_000)
    }
    expect(source.reads).toBe(3)
  })

  test('that cannot be journaled waits until the disk is back', async () => {
    world.pass(60)
    world.disk.failing = true
    await source.ends(good)
    world.pass(5)
    expect(kinds()).toEqual([])
    world.disk.failing = false
    world.pass(5)
    expect(kinds()).toEqual(['auditText 1', 'audit 2'])
  })

  test('is made when the server asks, once for any number of askings', async () => {
    const id = world.server.instruct({ kind: 'readAudit' })
    world.pass(3)
    expect(world.server.answers.get(id)).toEqual({ instructionId: id, answer: 'stored' })
    world.server.instruct({ kind: 'readAudit' })
    world.pass(3)
    expect(source.reads).toBe(1)
    await source.ends(good)
    world.pass(1)
    expect(kinds()).toEqual(['auditText 1', 'audit 2'])
  })
})

test('an automaton without a DEX port rejects the asking with the reason', () => {
  const without = ScriptedWorld.ready(identities)
  const id = without.server.instruct({ kind: 'readAudit' })
  without.pass(1)
  expect(without.server.answers.get(id)).toMatchObject({ answer: 'rejected', reason: 'noAuditPort' })
})

test('times of the day are UTC, and the next one counts', () => {
  const at = (time: string) => Date.UTC(2030, 0, 1, ...(time.split(':').map(Number) as [number, number]))
  const until = (now: string) =>
    untilNextReading({ everyHours: 24, timesOfDay: ['04:30', '16:00'] }, at(now), true) / 60_000
  expect([until('04:00'), until('04:30'), until('16:00'), until('23:59')]).toEqual([30, 690, 750, 271])
  const hourly = { everyHours: 6, timesOfDay: [] }
  expect([untilNextReading(hourly, 0, true), untilNextReading(hourly, 0, false)]).toEqual([
    60_000, 21_600_000,
  ])
})

describe('words', () => {
  const facts: ReadingFacts = {
    readingId: '0f8fad5b-d9cb-469f-a165-70867728950e',
    ...{ boot: 1, from: 0, at: 1, source: 'dex', vendsMeanwhile: 0, notices: 0 },
  }
  const messagesOf = (text: string) => {
    const journalId = '7d444840-9dc0-41d1-b245-5ffdce74fad2'
    return auditWords(text, facts).map((word, seq) => {
      const json = JSON.stringify({ journalId, seq: seq + 1_000_000, ...word })
      expect(Buffer.byteLength(json)).toBeLessThanOrEqual(largestMessageBytes)
      return auditMessageSchema.parse(JSON.parse(json))
    })
  }
  const textIn = (messages: ReturnType<typeof messagesOf>) =>
    messages.flatMap((message) => (message.kind === 'auditText' ? message.text : [])).join('')

  test('of a file beyond a message lose nothing of it, whatever is in it', () => {
    const products = Array.from({ length: 200 }, (_, item) => [
      ['PA1', String(item).padStart(20, '7'), 150, 'A LONG NAME OF A THING'] as const,
      ['PA2', 99_999_999, 9_999_999_999] as const,
      ['PA7', String(item).padStart(20, '7'), 'DB', 0, 150, 99_999_999, 9_999_999_999] as const,
    ]).flat()
    const text = writeEvaDts('SIM0000001', [['VA1', 1, 1], ...products])
    const messages = messagesOf(text)
    expect([messages.length > 2, textIn(messages)]).toEqual([true, text])
    const audit = messages.at(-1)
    expect(audit).toMatchObject({ kind: 'audit', pieces: messages.length - 1 })
    if (audit?.kind === 'audit') expect(audit.counters?.products.length).toBeGreaterThan(50)
    for (const odd of ['\u0000'.repeat(9000), '\xff\u0001"\\'.repeat(4000), '']) {
      expect(textIn(messagesOf(odd))).toBe(odd)
    }
  })

  test('of a file that cannot be trusted have its text, the reason, and no counters', () => {
    const messages = messagesOf(workedText.replace('VA1*64050', 'VA1*64051'))
    expect(messages.at(-1)).toMatchObject({ remarks: [expect.stringMatching(/G85: says E005/)] })
    expect(messages.at(-1)).not.toHaveProperty('counters')
  })
})
