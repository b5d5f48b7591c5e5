// What holds for the reader on the raw bus whatever comes: any bytes, any commands in any order,
// acknowledged or not, with the sale deciding at any moment.
import { defaultLimits } from '@concilia/protocol/limits.ts'
import { type BusByte, checksum, isMarked, longestBlock } from '@concilia/protocol/mdb/bus.ts'
import { type CashlessCommand, cashless, unknownMedia } from '@concilia/protocol/mdb/cashless.ts'
import { readAnswer, writeCommand } from '@concilia/protocol/mdb/codec.ts'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { stepBusReader } from './bus-reader.ts'
import { usual } from './bus-reader-bench.ts'
import { type BusReaderInput, type BusReaderState, nextBusDue, stoppedBusReader } from './bus-reader-state.ts'

type Act =
  | { act: 'command'; command: CashlessCommand }
  | { act: 'control'; byte: BusByte }
  | { act: 'noise'; bytes: BusByte[] }
  | { act: 'sale'; input: BusReaderInput }
  | { act: 'pass'; ms: number }
  | { act: 'approve' }

const commands: CashlessCommand[] = [
  { name: 'reset' },
  { name: 'poll' },
  { name: 'setupConfig', level: 1, columns: 0, rows: 0, display: 0 },
  { name: 'setupConfig', level: 2, columns: 16, rows: 2, display: 0 },
  { name: 'setupConfig', level: 3, columns: 16, rows: 2, display: 1 },
  { name: 'setupPrices', max: 'unknown', min: 0, currency: 'FFFF' },
  { name: 'requestId', maker: 'SIM', serial: '1', model: 'VMC', version: '0100' },
  { name: 'enableOptions', options: 0x20 },
  { name: 'enableOptions', options: 0x22 },
  { name: 'readerEnable' },
  { name: 'readerDisable' },
  { name: 'readerCancel' },
  { name: 'vendRequest', price: 150, item: 5 },
  { name: 'vendRequest', price: 200, item: 7 },
  { name: 'vendRequest', price: 0xffff, item: 0xffff },
  { name: 'vendCancel' },
  { name: 'vendSuccess', item: 5 },
  { name: 'vendFailure' },
  { name: 'sessionComplete' },
  { name: 'cashSale', price: 150, item: 5, currency: 'FFFF' },
  { name: 'negativeVendRequest', price: 50, item: 7 },
  { name: 'revalueRequest', amount: 500 },
  { name: 'diagnostics', data: [1, 2] },
]

const acts: fc.Arbitrary<Act> = fc.oneof(
  {
    weight: 8,
    arbitrary: fc.record({ act: fc.constant('command' as const), command: fc.constantFrom(...commands) }),
  },
  { weight: 4, arbitrary: fc.constant<Act>({ act: 'command', command: { name: 'poll' } }) },
  {
    weight: 5,
    arbitrary: fc.record({
      act: fc.constant('control' as const),
      byte: fc.constantFrom(0, 0, 0, 0xff, 0xaa),
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({
      act: fc.constant('noise' as const),
      bytes: fc.array(fc.integer({ min: 0, max: 0x1ff }), { maxLength: 12 }),
    }),
  },
  {
    weight: 3,
    arbitrary: fc.record({
      act: fc.constant('sale' as const),
      input: fc.constantFrom<BusReaderInput>(
        { type: 'deny' },
        { type: 'attend', forMs: 5000 },
        { type: 'display', text: 'words' },
        { type: 'lineLost', why: 'pulled' },
        { type: 'lineOpened' },
      ),
    }),
  },
  { weight: 4, arbitrary: fc.constant<Act>({ act: 'approve' }) },
  {
    weight: 2,
    arbitrary: fc.record({
      act: fc.constant('pass' as const),
      // Once in a while so long that the reader resets itself.
      ms: fc.oneof(
        { weight: 40, arbitrary: fc.constantFrom(5, 500, 3000, 61_000) },
        { weight: 1, arbitrary: fc.constant(2_500_000) },
      ),
    }),
  },
)

/** A sale that approves what it was last asked, once, and counts. */
class Run {
  state: BusReaderState = stoppedBusReader
  now = 0
  asked = 0
  approvals = 0
  readonly conclusions = { delivered: 0, failed: 0, unknown: 0 }

  constructor() {
    this.tell({ type: 'start', listening: false })
    this.tell({ type: 'lineOpened' })
    this.#bringUp()
  }

  tell(input: BusReaderInput): void {
    const { dialect } = this.state
    const { state, outputs } = stepBusReader(this.state, input, this.now, usual)
    this.state = state
    for (const output of outputs) {
      if (output.type === 'send') this.#sent(output.bytes, dialect)
      else if (output.event.type === 'vendRequested') this.asked = output.event.price.amountMinor
      else if (output.event.type === 'vendCancelled') this.asked = 0
      else if (output.event.type === 'vendConcluded') this.conclusions[output.event.result]++
    }
  }

  do(act: Act): void {
    if (act.act === 'command') this.command(act.command)
    else if (act.act === 'control') this.tell({ type: 'received', bytes: [act.byte], strays: 0 })
    else if (act.act === 'noise') this.tell({ type: 'received', bytes: act.bytes, strays: 0 })
    else if (act.act === 'sale') this.tell(act.input)
    else if (act.act === 'pass') this.pass(act.ms)
    else if (this.asked > 0) {
      const amountMinor = this.asked
      this.asked = 0
      this.approvals++
      this.tell({ type: 'approve', price: { amountMinor, currency: 'EUR' } })
    }
  }

  command(command: CashlessCommand): void {
    const bytes = writeCommand(cashless, 0x60, command, this.state.dialect)
    this.tell({ type: 'received', bytes, strays: 0 })
  }

  pass(ms: number): void {
    const end = this.now + ms
    for (let due = nextBusDue(this.state); due && due.at <= end; due = nextBusDue(this.state)) {
      this.now = due.at
      this.tell({ type: 'due', deadline: due.deadline })
    }
    this.now = end
  }

  get concluded(): number {
    const { delivered, failed, unknown } = this.conclusions
    return delivered + failed + unknown
  }

  #bringUp(): void {
    for (const at of [0, 4, 7, 9]) {
      const command = commands[at]
      if (command) this.command(command)
      this.tell({ type: 'received', bytes: [0], strays: 0 })
    }
  }

  /** Sum, mode bit, length; and a layout that a machine of this level can read (MDB 4.2, 3 and 7.4). */
  #sent(bytes: readonly BusByte[], before: BusReaderState['dialect']): void {
    expect(bytes.length).toBeLessThanOrEqual(longestBlock)
    expect(bytes.map(isMarked)).toEqual(bytes.map((_, at) => at === bytes.length - 1))
    if (bytes.length === 1) return
    expect((bytes.at(-1) ?? 0) & 0xff).toBe(checksum(bytes.slice(0, -1)))
    const { dialect } = this.state
    const read = [dialect, before].map((each) => readAnswer(cashless, 'poll', bytes, each))
    const found = read.find(({ ok }) => ok)
    expect(found?.ok).toBe(true)
    for (const message of found?.ok && typeof found.value !== 'string' ? found.value : []) {
      if (message.name === 'peripheralId' && dialect.level < 3) expect(message.options).toBe(0)
      if (message.name === 'beginSession') expect(message.media).toBe(unknownMedia)
    }
  }
}

test('whatever comes: readable blocks, and one conclusion for each approval', () => {
  fc.assert(
    fc.property(fc.array(acts, { minLength: 10, maxLength: 80, size: 'max' }), (all) => {
      const run = new Run()
      for (const act of all) {
        run.do(act)
        expect(run.concluded).toBeLessThanOrEqual(run.approvals)
        expect(run.approvals - run.concluded).toBeLessThanOrEqual(1)
      }
      run.pass(2 * defaultLimits.vendMs)
      expect(run.concluded).toBe(run.approvals)
    }),
    { numRuns: 600 },
  )
})

test('an approval is said at every poll until it is acknowledged, and never again after that', () => {
  fc.assert(
    fc.property(fc.array(fc.constantFrom(0xff, 0x0f, 0x3c), { maxLength: 20 }), (refusals) => {
      const run = new Run()
      run.command({ name: 'vendRequest', price: 150, item: 5 })
      run.do({ act: 'approve' })
      for (const byte of refusals) {
        run.command({ name: 'poll' })
        expect(run.state.said).toMatchObject([{ name: 'vendApproved' }])
        run.tell({ type: 'received', bytes: [byte], strays: 0 })
      }
      run.command({ name: 'poll' })
      run.tell({ type: 'received', bytes: [0], strays: 0 })
      run.command({ name: 'poll' })
      expect(run.state.said).toEqual([])
      expect(run.state.vend?.stage).toBe('acknowledged')
    }),
  )
})
