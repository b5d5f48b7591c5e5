// Vends over the reader on the raw bus, byte by byte: in every window in which one can be disturbed.
import { defaultLimits } from '@concilia/protocol/limits.ts'
import { expect, test } from 'vitest'
import {
  acknowledged,
  approved,
  Bench,
  idle,
  level3,
  price,
  pricesAndId,
  ready,
  requested,
  sent,
} from './bus-reader-bench.ts'

test('a whole sale, always idle, as the standard would have it', () => {
  const bench = new Bench().dialogue(...level3, ...pricesAndId)
  expect(bench.said()).toEqual(['notReady configuring', 'notReady disabled'])
  bench.dialogue(...idle)
  expect(bench.said()).toEqual(['ready alwaysIdle'])
  bench.dialogue('63* 00 00 96 00 05 FE = 00*', '62* 62 = 00*', '62* 62 = 00*')
  expect(bench.said()).toEqual(['vendRequested 150 5'])
  bench.tell({ type: 'approve', price })
  bench.dialogue('62* 62 = 05 00 96 9B*', '00 =', '62* 62 = 00*', '63* 02 00 05 6A = 00*')
  expect(bench.said()).toEqual(['vendConcluded delivered vend-success'])
  bench.dialogue('63* 04 67 = 07 07*', '00 =', '62* 62 = 00*', '63* 00 00 96 00 05 FE = 00*')
  expect(bench.said()).toEqual(['vendRequested 150 5'])
})

test('what was not acknowledged is said again: after silence, NAK or noise, and at once on RET', () => {
  const bench = approved().dialogue('62* 62 = 05 00 96 9B*')
  bench.dialogue('62* 62 = 05 00 96 9B*', 'FF =', '62* 62 = 05 00 96 9B*', '3C =', '62* 62 = 05 00 96 9B*')
  // Another peripheral's turn proves that no acknowledgement comes; its ACK is not ours.
  bench.dialogue('08* 08 =', '00 =', '62* 62 = 05 00 96 9B*', 'AA = 05 00 96 9B*', 'AB = 05 00 96 9B*')
  bench.dialogue('01 =', '62* 62 = 00*')
  expect(bench.state.vend?.stage).toBe('acknowledged')
})

test('a block that does not read is met with silence, and the machine repeats it', () => {
  const bench = ready().dialogue('63* 00 00 97 00 05 FE =')
  expect(bench.said()).toEqual(['noticed garbage'])
  bench.dialogue('63* 00 00 96 00 =', '63* 00 00 96 00 05 FE = 00*')
  expect(bench.said()).toEqual(['vendRequested 150 5'])
})

test('repeated commands are answered again and done once', () => {
  const bench = requested().dialogue('63* 00 00 96 00 05 FE = 00*', '63* 00 00 96 00 05 FE = 00*')
  bench.tell({ type: 'approve', price }).dialogue('63* 00 00 96 00 05 FE = 00*', '62* 62 = 05 00 96 9B*')
  bench.dialogue('63* 02 00 05 6A = 00*', '63* 02 00 05 6A = 00*', '63* 02 00 05 6A = 00*')
  bench.dialogue('63* 04 67 = 07 07*', '63* 04 67 = 07 07*', '00 =', '63* 04 67 = 07 07*', '00 =')
  bench.dialogue('61* 00 03 00 00 00 64 = 01 03 19 78 01 02 F0 09 91*', '00 =', '62* 62 = 00*')
  expect(bench.said()).toEqual(['vendConcluded delivered vend-success'])
})

test('a cancellation wins over an approval that was not acknowledged', () => {
  for (const bench of [approved(), sent()]) {
    bench.dialogue('63* 01 64 = 06 06*', '00 =', '62* 62 = 00*', '63* 04 67 = 07 07*')
    expect(bench.said()).toEqual(['vendConcluded failed cancelled-before-acknowledgement'])
  }
  const late = acknowledged().dialogue('63* 01 64 = 00*', '62* 62 = 00*')
  expect(late.said()).toEqual([])
  late.dialogue('63* 03 66 = 00*', '62* 62 = 00*')
  expect(late.said()).toEqual(['vendConcluded failed vend-failed'])
})

test('coins before a decision: denied at once, and again if that was not heard', () => {
  const bench = requested().dialogue('63* 01 64 = 06 06*', '62* 62 = 06 06*', '00 =', '62* 62 = 00*')
  expect(bench.said()).toEqual(['vendCancelled cancelled'])
  bench.tell({ type: 'approve', price })
  expect(bench.said()).toEqual(['vendConcluded failed approval-too-late'])
  bench.dialogue('62* 62 = 00*')
})

test.each<[string, () => Bench, string[]]>([
  ['enabled', ready, []],
  ['undecided', requested, ['vendCancelled cancelled']],
  ['approved, not yet sent', approved, ['vendConcluded failed reset-before-approval']],
  ['sent, not acknowledged', sent, ['vendConcluded unknown reset-before-acknowledgement']],
  ['acknowledged', acknowledged, ['vendConcluded unknown reset-in-vend']],
  [
    'succeeded',
    () => acknowledged().dialogue('63* 02 00 05 6A = 00*'),
    ['vendConcluded delivered vend-success'],
  ],
])('RESET when %s: the vend is concluded, and the reader is set up anew', (_, come, concluded) => {
  const bench = come().dialogue(...level3, ...pricesAndId, ...idle)
  const said = bench.said()
  expect(said.filter((text) => text.startsWith('vend'))).toEqual(concluded)
  expect(said.filter((text) => !text.startsWith('vend'))).toEqual([
    'notReady configuring',
    'notReady disabled',
    'ready alwaysIdle',
  ])
  bench.dialogue('62* 62 = 00*', '63* 00 00 96 00 05 FE = 00*')
})

test.each<[string, () => Bench, string]>([
  ['unsent', approved, 'vendConcluded failed session-completed-before-approval'],
  ['sent', sent, 'vendConcluded unknown session-completed-before-acknowledgement'],
  ['acknowledged', acknowledged, 'vendConcluded unknown session-completed'],
])('a session completed with an approval %s', (_, come, concluded) => {
  const bench = come().dialogue('63* 04 67 = 07 07*', '00 =', '62* 62 = 00*')
  expect(bench.said()).toEqual([concluded])
})

test('another request instead of an end: unknown, and the new one is asked', () => {
  const bench = acknowledged().dialogue('63* 00 00 C8 00 07 32 = 00*')
  expect(bench.said()).toEqual(['vendConcluded unknown superseded', 'vendRequested 200 7'])
  // The approval of the first is never said to the second.
  const unheard = sent().dialogue('63* 00 00 C8 00 07 32 = 00*', '62* 62 = 00*')
  expect(unheard.said()).toEqual([
    'vendConcluded unknown superseded-before-acknowledgement',
    'vendRequested 200 7',
  ])
})

test('no word within the vend limit: unknown; never fetched: taken back, hence failed', () => {
  const bench = acknowledged()
  bench.pass(defaultLimits.vendMs)
  expect(bench.said()).toEqual(['vendConcluded unknown vend-limit'])
  bench.dialogue('63* 02 00 05 6A = 00*')
  expect(bench.said()).toEqual(['noticed surprise'])
  const unfetched = approved()
  unfetched.pass(defaultLimits.vendMs)
  expect(unfetched.said()).toEqual(['vendConcluded failed never-polled'])
  unfetched.dialogue('62* 62 = 06 06*', '00 =', '62* 62 = 00*')
})

test('disabled in a vend: the vend goes on, and disabled holds from the end of the session', () => {
  const bench = acknowledged().dialogue('64* 00 64 = 00*')
  expect(bench.said()).toEqual(['notReady disabled'])
  bench.dialogue('63* 02 00 05 6A = 00*', '63* 04 67 = 07 07*', '00 =', '63* 00 00 96 00 05 FE = 00*')
  expect(bench.said()).toEqual(['vendConcluded delivered vend-success'])
  bench.dialogue('62* 62 = 0B 02 0D*', '00 =', '64* 01 65 = 00*')
  expect(bench.said()).toEqual(['ready alwaysIdle'])
})

test('started in a delivery it only listens: polls are answered, the outcome is taken, then it starts anew', () => {
  const bench = new Bench({}, true).dialogue('62* 62 = 00*', '62* 62 = 00*')
  expect(bench.said()).toEqual(['notReady configuring'])
  expect(bench.bus('63* 02 00 05 6A')).toBe('00*')
  expect(bench.said()).toEqual(['vendConcluded delivered vend-success'])
  bench.dialogue('62* 62 = 00 00*', '00 =', ...level3.slice(3), ...pricesAndId, ...idle)
  expect(bench.said()).toEqual(['notReady disabled', 'ready alwaysIdle'])
})

test.each<[string, string, string]>([
  ['63* 03 66', '00*', 'vendConcluded failed vend-failed'],
  ['60* 60', '00*', 'vendConcluded unknown reset-in-vend'],
  ['63* 01 64', '06 06*', 'vendConcluded unknown cancelled'],
  ['63* 04 67', '07 07*', 'vendConcluded unknown session-completed'],
])('listening, it hears %s', (bytes, answer, concluded) => {
  const bench = new Bench({}, true).dialogue(`${bytes} = ${answer}`)
  expect(bench.said()).toEqual(['notReady configuring', concluded])
})

test.each(['63* 00 00 96 00 05 FE', '63* 00 00 00 00 96 00 05 FE'])(
  'listening, the width of money is not known: %s is the next request either way',
  (bytes) => {
    const bench = new Bench({}, true)
    bench.bus(bytes)
    bench.pass(5)
    expect(bench.said()).toEqual(['notReady configuring', 'vendConcluded unknown superseded'])
    bench.dialogue('62* 62 = 00 00*')
  },
)

test('listening without a word: unknown at the limit, and only then JUST RESET', () => {
  const bench = new Bench({}, true)
  bench.pass(defaultLimits.vendMs - 1)
  bench.dialogue('62* 62 = 00*')
  bench.pass(1)
  expect(bench.said()).toEqual(['notReady configuring', 'vendConcluded unknown vend-limit'])
  bench.dialogue('62* 62 = 00 00*')
})

test('the line is lost: an approval not yet sent is failed, one that was sent is listened for, never said again', () => {
  const lost = { type: 'lineLost', why: 'pulled' } as const
  const early = approved().tell(lost)
  expect(early.said()).toEqual([
    'noticed hardwareLost',
    'vendConcluded failed line-lost-before-approval',
    'notReady lost',
  ])
  const bench = sent()
    .tell(lost)
    .tell({ type: 'lineOpened' })
    .dialogue('62* 62 = 00*', '63* 02 00 05 6A = 00*')
  expect(bench.said()).toContain('vendConcluded delivered vend-success')
  bench.dialogue('62* 62 = 00 00*')
})

test('what the machine left unacknowledged of one vend is not said to the next', () => {
  const bench = requested().dialogue('63* 01 64 = 06 06*', '63* 00 00 C8 00 07 32 = 00*', '62* 62 = 00*')
  expect(bench.said()).toEqual(['vendCancelled cancelled', 'vendRequested 200 7'])
  const ended = acknowledged().dialogue('63* 02 00 05 6A = 00*', '63* 04 67 = 07 07*')
  ended.dialogue('63* 00 00 C8 00 07 32 = 00*', '62* 62 = 00*')
})

test('an approval that was given up is not said again, not even on RET', () => {
  const bench = sent()
  bench.pass(defaultLimits.vendMs)
  expect(bench.said()).toEqual(['vendConcluded unknown vend-limit'])
  bench.dialogue('AA =', '62* 62 = 00*')
})

test('stopped in order, it denies what is undecided and goes; a vend that was approved it leaves alone', () => {
  const bench = requested().tell({ type: 'stop' })
  expect(bench.state.line).toBe('leaving')
  bench.dialogue('62* 62 = 06 06*', '00 =')
  expect(bench.state.line).toBe('stopped')
  expect(acknowledged().tell({ type: 'stop' }).state.line).toBe('stopped')
  const again = requested().tell({ type: 'stop' }).dialogue('63* 00 00 C8 00 07 32 = 00*')
  expect(again.said()).toEqual([])
  const unpolled = requested().tell({ type: 'stop' })
  unpolled.pass(500)
  expect(unpolled.state.line).toBe('stopped')
  expect([...bench.said(), ...unpolled.said()]).toEqual([])
})
