// The process of a kiosk may end between any two lines: before and after each write of the journal and each
// word on a line. Whatever it leaves, the next one makes money and goods agree, and nothing is paid or
// vended twice.
import fc from 'fast-check'
import { describe, expect, it, test } from 'vitest'
import { ControllerBench } from './controller-bench.ts'
import { type BoardFault, type ChangerFault, valuesMinor } from './scripted-changer.ts'

const startsWith = [10, 10, 10, 10, 10, 0].reduce(
  (sum, count, type) => sum + count * (valuesMinor[type] ?? 0),
  0,
)

/** What metal shows against what the till says, once all is quiet. */
function agrees(kiosk: ControllerBench): void {
  const { changer, board, till, inserted } = kiosk
  const { counters, creditMinor, payout, vend } = till
  expect([payout, vend, creditMinor]).toEqual([undefined, undefined, 0])
  // Metal: no coin is lost.
  expect(changer.inTubesMinor + changer.box + changer.tray).toBe(startsWith + inserted)
  // Every coin was credited once; save those of which a changer lost the memory before anybody heard.
  const creditedMinor = counters.inTubesMinor + counters.inBoxMinor
  expect(creditedMinor).toBeGreaterThanOrEqual(inserted - changer.untoldMinor)
  expect(creditedMinor).toBeLessThanOrEqual(inserted)
  // The tray has what was certainly paid, and at most what is in doubt.
  expect(changer.tray).toBeGreaterThanOrEqual(counters.paidOutMinor)
  expect(changer.tray).toBeLessThanOrEqual(counters.paidOutMinor + counters.inDoubtMinor)
  // Goods: each drop was sold, or is one of those of which nobody knows.
  const sold = counters.coins.number + counters.phone.number
  expect(board.dropped.length).toBeGreaterThanOrEqual(sold)
  expect(board.dropped.length).toBeLessThanOrEqual(sold + counters.unknown.number)
}

/** One buyer's whole story; the process ends at moment `killAt` of it and is started again. */
function story(level: 2 | 3, killAt: number): { kiosk: ControllerBench; died: boolean } {
  const kiosk = new ControllerBench(level)
  kiosk.ready()
  kiosk.moments = 0
  kiosk.killAt = killAt
  let died = false
  const onward = () => {
    if (!kiosk.dead) return
    died = true
    kiosk.killAt = Number.POSITIVE_INFINITY
    kiosk.ready()
  }
  for (const type of [4, 4]) {
    kiosk.insert(type)
    onward()
  }
  kiosk.press(11)
  kiosk.pass(2500)
  onward()
  kiosk.pass(25_000)
  return { kiosk, died }
}

describe.each([2, 3] as const)('a changer of level %i', (level) => {
  test('a process that ends at any moment of a sale with change', () => {
    let killAt = 1
    for (let died = true; died; killAt++) {
      const one = story(level, killAt)
      died = one.died
      agrees(one.kiosk)
      expect(one.kiosk.till.counters).toMatchObject({ inDoubtMinor: 0, owedMinor: 0, unknown: { number: 0 } })
      expect(one.kiosk.changer.tray).toBe(one.kiosk.board.dropped.length === 1 ? 80 : 200)
    }
    expect(killAt).toBeGreaterThan(60)
  })
})

/** The sale's side of a vend by phone: its end is heard once, from this process or the next. */
test('a process that ends at any moment of a vend by phone: the sale hears what fell', () => {
  let killAt = 1
  for (let died = true; died; killAt++) {
    const kiosk = new ControllerBench()
    kiosk.ready()
    kiosk.insert(3)
    kiosk.press(12)
    kiosk.moments = 0
    kiosk.killAt = killAt
    kiosk.approve()
    kiosk.pass(3000)
    died = kiosk.dead
    const heardIt = kiosk.types().includes('vendConcluded')
    kiosk.killAt = Number.POSITIVE_INFINITY
    // The sale has promised to deliver and waits, unless it has heard the end.
    if (died) kiosk.ready(!heardIt)
    kiosk.pass(25_000)
    const ends = kiosk.heard.flatMap((event) => (event.type === 'vendConcluded' ? event.result : []))
    expect(ends).toEqual([kiosk.board.dropped.length === 1 ? 'delivered' : 'failed'])
    expect(kiosk.till.counters.phone.number).toBe(kiosk.board.dropped.length)
    agrees(kiosk)
  }
  expect(killAt).toBeGreaterThan(20)
})

it('a sale that was promised, and of which this machine never heard, has failed', () => {
  const kiosk = new ControllerBench()
  kiosk.ready(true)
  expect(kiosk.heard).toContainEqual({ type: 'vendConcluded', result: 'failed', detail: 'not-begun' })
})

type Step =
  | { do: 'insert'; type: number }
  | { do: 'press'; selection: number }
  | { do: 'lever' }
  | { do: 'approve' }
  | { do: 'deny' }
  | { do: 'wait'; ms: number }
  | { do: 'changer'; fault: Exclude<ChangerFault, 'blindTubes'> }
  | { do: 'board'; fault: BoardFault }
  | { do: 'changerRestarts' }
  | { do: 'unplug'; ms: number }
  | { do: 'kill'; inMoments: number }
  | { do: 'diskFails'; ms: number }

const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 6, arbitrary: fc.record({ do: fc.constant('insert'), type: fc.integer({ min: 0, max: 5 }) }) },
  { weight: 4, arbitrary: fc.record({ do: fc.constant('press'), selection: fc.constantFrom(11, 12) }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('lever') }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constantFrom('approve', 'deny') }) },
  { weight: 3, arbitrary: fc.record({ do: fc.constant('wait'), ms: fc.integer({ min: 1, max: 4000 }) }) },
  {
    weight: 2,
    arbitrary: fc.record({
      do: fc.constant('changer'),
      fault: fc.constantFrom('deaf', 'lostAnswer', 'jam', 'resetInPayout'),
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      do: fc.constant('board'),
      fault: fc.constantFrom('lostCommand', 'lostLine', 'notDropped', 'jam', 'interrupted'),
    }),
  },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('changerRestarts') }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('unplug'), ms: fc.integer({ min: 10, max: 6000 }) }) },
  {
    weight: 2,
    arbitrary: fc.record({ do: fc.constant('kill'), inMoments: fc.integer({ min: 1, max: 60 }) }),
  },
  {
    weight: 1,
    arbitrary: fc.record({ do: fc.constant('diskFails'), ms: fc.integer({ min: 10, max: 3000 }) }),
  },
)

function act(kiosk: ControllerBench, one: Step) {
  switch (one.do) {
    case 'insert':
      return kiosk.insert(one.type)
    case 'press':
      return kiosk.press(one.selection)
    case 'lever':
      return kiosk.changer.pullLever()
    case 'approve':
      return kiosk.approve()
    case 'deny':
      return kiosk.deny()
    case 'wait':
      return kiosk.pass(one.ms)
    case 'changer':
      kiosk.changer.faults.push(one.fault)
      return
    case 'board':
      kiosk.board.faults.push(one.fault)
      return
    case 'changerRestarts':
      return kiosk.changer.restart()
    case 'unplug':
      kiosk.changer.silent = true
      kiosk.pass(one.ms)
      kiosk.changer.silent = false
      return
    case 'kill':
      kiosk.killAt = kiosk.moments + one.inMoments
      return
    case 'diskFails':
      kiosk.disk.failing = true
      kiosk.pass(one.ms)
      kiosk.disk.failing = false
      return
  }
}

/** What the sale still waits for is handed to the next process, as its journal would. */
function restart(kiosk: ControllerBench): void {
  kiosk.killAt = Number.POSITIVE_INFINITY
  kiosk.ready(kiosk.approvals > kiosk.ends)
}

describe.each([2, 3] as const)('whatever happens, with a changer of level %i', (level) => {
  test('money and goods agree, and every approval ends once', () => {
    fc.assert(
      fc.property(fc.array(step, { minLength: 5, maxLength: 25 }), (steps) => {
        const kiosk = new ControllerBench(level)
        kiosk.ready()
        for (const one of steps) {
          act(kiosk, one)
          if (kiosk.dead) restart(kiosk)
        }
        kiosk.killAt = Number.POSITIVE_INFINITY
        kiosk.changer.faults.length = 0
        kiosk.board.faults.length = 0
        kiosk.deny()
        // Vend limit, return of the credit, payout limit.
        kiosk.pass(220_000)
        expect(kiosk.ends).toBe(kiosk.approvals)
        agrees(kiosk)
      }),
      { numRuns: 30 },
    )
  })
})
