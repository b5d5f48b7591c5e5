// The simulated motor board against the rules of protocol/motor-board.ts: a number turns a motor once, what
// became of it is said again and again, and every fault is one that a host can tell from the others or knows
// that it cannot.
import { ManualClock } from '@concilia/protocol/manual-clock.ts'
import {
  readBoardLine,
  type VendFate,
  type WritableBoardCommand,
  writeBoardCommand,
} from '@concilia/protocol/motor-board.ts'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { type BoardFault, boardFaults } from './board-faults.ts'
import { MotorBoard } from './motor-board.ts'

class Bench {
  readonly clock = new ManualClock()
  readonly #lines: string[] = []
  readonly board = new MotorBoard(
    { serial: 'SIM-1', stock: { 5: 3, 7: 1 }, motorMs: 300 },
    this.clock,
    (text) => this.#lines.push(text.trimEnd()),
    () => {},
  )

  /** @returns what it said since the last time, without the checksums */
  tell(command: WritableBoardCommand): string[] {
    this.board.receive(Buffer.from(`${writeBoardCommand(command)}\n`))
    return this.said()
  }

  said(): string[] {
    return this.#lines
      .splice(0)
      .map((line) => (readBoardLine(line).type === 'unreadable' ? 'garbled' : line.slice(0, -3)))
  }

  vend(vend: number, selection = 5): string[] {
    return this.tell({ type: 'vend', vend, selection })
  }

  ask(vend: number): string[] {
    return this.tell({ type: 'askVend', vend })
  }

  fallen(selection = 5): number {
    return this.board.dropped.get(selection) ?? 0
  }
}

test('it says who it is, its state, and what key was pressed; it shows what it is told', () => {
  const bench = new Bench()
  expect(bench.tell({ type: 'hello' })).toEqual(['board SIM-1 1 0'])
  expect(bench.tell({ type: 'askState' })).toEqual(['state closed works -'])
  bench.board.press(7)
  expect(bench.said()).toEqual(['key 7'])
  expect(bench.tell({ type: 'show', text: '1.50 EUR' })).toEqual([])
  expect(bench.board.display).toBe('1.50 EUR')
  bench.board.receive(Buffer.from('VEND 1 5*00\nVEN\n'))
  expect(bench.said()).toEqual(['unread', 'unread'])
  expect(bench.clock.pending).toBe(0)
})

test('a vend turns once, however often it is told; later numbers bury it, and asking bars', () => {
  const bench = new Bench()
  expect(bench.vend(1)).toEqual(['vend 1 turning'])
  expect(bench.vend(1)).toEqual(['vend 1 turning'])
  expect(bench.vend(2)).toEqual(['vend 2 busy'])
  expect(bench.ask(2)).toEqual(['vend 2 busy'])
  bench.clock.advance(300)
  expect(bench.said()).toEqual(['vend 1 dropped'])
  expect([...bench.vend(1), ...bench.ask(1)]).toEqual(['vend 1 dropped', 'vend 1 dropped'])
  expect(bench.ask(3)).toEqual(['vend 3 never'])
  expect([...bench.vend(3), ...bench.vend(2), ...bench.ask(1)]).toEqual([
    'vend 3 never',
    'vend 2 old',
    'vend 1 old',
  ])
  bench.clock.advance(1000)
  expect(bench.board.turns.get(5)).toBe(1)
  expect(bench.fallen()).toBe(1)
})

test('the last of its goods: sold out is said by itself, and nothing turns', () => {
  const bench = new Bench()
  bench.vend(1, 7)
  bench.clock.advance(300)
  expect(bench.said()).toEqual(['vend 1 dropped', 'state closed works 7'])
  expect(bench.vend(2, 7)).toEqual(['vend 2 soldOut'])
  expect(bench.vend(3, 99)).toEqual(['vend 3 soldOut'])
  bench.board.setStock(7, 2)
  expect(bench.said()).toEqual(['state closed works -'])
})

test('an open door and a blind sensor are said by themselves; behind a door nothing turns', () => {
  const bench = new Bench()
  bench.board.setDoor(true)
  expect(bench.vend(1)).toEqual(['state open works -', 'vend 1 doorOpen'])
  bench.board.setDoor(false)
  bench.board.setBlind(true)
  expect(bench.said()).toEqual(['state closed works -', 'state closed blind -'])
  bench.vend(2)
  bench.clock.advance(300)
  expect(bench.said()).toEqual(['vend 2 sensorBlind'])
  expect(bench.fallen()).toBe(1)
})

test.each<[BoardFault, VendFate, number]>([
  ['motorJam', 'jam', 0],
  ['notDropped', 'notDropped', 0],
  ['homeLost', 'homeLost', 0],
  ['dropUnseen', 'notDropped', 1],
  ['powerCutInVend', 'interrupted', 0],
  ['powerCutAfterDrop', 'interrupted', 1],
])('%s: %s, and %i fell', (fault, fate, fell) => {
  const bench = new Bench()
  bench.board.faults.add(fault)
  bench.vend(1)
  bench.clock.advance(1000)
  bench.board.restorePower()
  expect(bench.ask(1).at(-1)).toBe(`vend 1 ${fate}`)
  expect(bench.vend(1)).toEqual([`vend 1 ${fate}`])
  expect(bench.clock.pending).toBe(0)
  expect(bench.fallen()).toBe(fell)
  expect(bench.vend(2)).toEqual(['vend 2 turning'])
})

test('power goes while a motor turns: it comes back as itself, and says that nobody saw', () => {
  const bench = new Bench()
  bench.vend(4)
  bench.board.cutPower()
  expect(bench.ask(4)).toEqual([])
  bench.board.press(5)
  bench.clock.advance(1000)
  bench.board.restorePower()
  expect(bench.said()).toEqual(['board SIM-1 2 4', 'state closed works -'])
  expect(bench.ask(4)).toEqual(['vend 4 interrupted'])
  expect(bench.fallen()).toBe(0)
})

test.each<[BoardFault, string[], string[]]>([
  ['deaf', [], []],
  ['loseAnswer', [], ['vend 1 dropped']],
  ['garbled', ['garbled'], ['vend 1 dropped']],
  ['silent', ['vend 1 turning'], []],
])('%s on the line', (fault, atOnce, afterwards) => {
  const bench = new Bench()
  bench.board.faults.add(fault)
  expect(bench.vend(1)).toEqual(atOnce)
  bench.clock.advance(300)
  expect(bench.said()).toEqual(afterwards)
  expect(bench.ask(1)).toEqual([fault === 'deaf' ? 'vend 1 never' : 'vend 1 dropped'])
})

test('whatever it is told and whatever happens, each number turns a motor once at most', () => {
  const number = fc.integer({ min: 1, max: 6 })
  const act = fc.oneof(
    fc.record({ act: fc.constantFrom('vend' as const, 'ask' as const), number }),
    fc.record({ act: fc.constant('pass' as const), ms: fc.integer({ min: 1, max: 400 }) }),
    fc.record({ act: fc.constant('fault' as const), fault: fc.constantFrom(...boardFaults) }),
    fc.record({ act: fc.constantFrom('cut', 'restore') }),
  )
  fc.assert(
    fc.property(fc.array(act, { minLength: 10, maxLength: 40, size: 'max' }), (acts) => {
      const bench = new Bench()
      const began = new Map<number, number>()
      for (const each of acts) {
        const before = bench.clock.pending
        if (each.act === 'vend') {
          bench.vend(each.number)
          const turned = bench.clock.pending > before ? 1 : 0
          began.set(each.number, (began.get(each.number) ?? 0) + turned)
        } else if (each.act === 'ask') bench.ask(each.number)
        else if (each.act === 'pass') bench.clock.advance(each.ms)
        else if (each.act === 'fault') bench.board.faults.add(each.fault)
        else if (each.act === 'cut') bench.board.cutPower()
        else bench.board.restorePower()
      }
      expect(Math.max(0, ...began.values())).toBeLessThanOrEqual(1)
      expect(bench.fallen()).toBeLessThanOrEqual([...began.values()].filter((turned) => turned > 0).length)
    }),
  )
})
