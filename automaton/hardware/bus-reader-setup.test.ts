// The reader on the raw bus, byte by byte: setting it up as real machines do, and all that is no vend.
import { defaultLimits } from '@concilia/protocol/limits.ts'
import { expect, test } from 'vitest'
import { Bench, level3, price, pricesAndId, ready, usual } from './bus-reader-bench.ts'

test('level 1: short answers, no options, session mode; level 2 as well, with the longer session', () => {
  const id =
    '67* 00 48 45 54 30 30 30 30 30 30 30 30 30 30 30 31 53 49 4D 56 4D 43 20 20 20 20 20 20 01 00 19'
  const one = new Bench().dialogue('60* 60 = 00*', '62* 62 = 00 00*', '00 =')
  one.dialogue('61* 00 01 00 00 00 62 = 01 03 19 78 01 02 F0 09 91*', '00 =')
  expect(one.bus(id).split(' ')).toHaveLength(31)
  one.dialogue('00 =', '64* 01 65 = 00*')
  expect(one.said()).toContain('ready session')
  one.dialogue('63* 00 00 96 00 05 FE = 00*', '62* 62 = 0B 0B*', '00 =')
  one.tell({ type: 'attend', forMs: 60_000 }).dialogue('62* 62 = 03 FF FF 01*', '00 =')
  one.dialogue('63* 00 00 96 00 05 FE = 00*')
  expect(one.said()).toEqual(['vendRequested 150 5'])

  const two = new Bench().dialogue(
    '60* 60 = 00*',
    '61* 00 02 00 00 00 63 = 01 03 19 78 01 02 F0 09 91*',
    '00 =',
  )
  two.dialogue('64* 01 65 = 00*', '62* 62 = 00*')
  two.tell({ type: 'attend', forMs: 60_000 })
  two.dialogue('62* 62 = 03 FF FF FF FF FF FF 00 00 00 FD*')
})

test('a machine that claims level 3 and does not speak it is held at level 1', () => {
  const bench = new Bench({ level: 1 }).dialogue('60* 60 = 00*', '62* 62 = 00 00*', '00 =')
  bench.dialogue('61* 00 03 00 00 00 64 = 01 01 19 78 01 02 F0 09 8F*', '00 =')
  expect(bench.bus((pricesAndId[2] ?? '').split('=')[0] ?? '').split(' ')).toHaveLength(31)
  bench.dialogue('00 =', '67* 04 00 00 00 22 8D = 00*', '64* 01 65 = 00*')
  expect(bench.said()).toContain('ready session')
})

test('any order that machines use: no poll after RESET, enabled before its id, set up twice', () => {
  const bench = new Bench().dialogue('60* 60 = 00*', '61* 00 03 00 00 00 64 = 01 03 19 78 01 02 F0 09 91*')
  bench.dialogue('00 =', '64* 01 65 = 00*', '62* 62 = 00*')
  expect(bench.said()).toContain('ready session')
  bench.dialogue('61* 00 03 00 00 00 64 = 01 03 19 78 01 02 F0 09 91*', '00 =', ...pricesAndId.slice(1))
  bench.dialogue('67* 04 00 00 00 20 8B = 00*', '62* 62 = 00*')
  expect(bench.said()).toEqual(['ready alwaysIdle'])
})

test('32-bit money: wide requests and approvals, and prices beyond sixteen bits', () => {
  const bench = ready().dialogue(
    '67* 04 00 00 00 22 8D = 00*',
    '61* 01 FF FF FF FF 00 00 00 00 19 78 EF = 00*',
  )
  bench.dialogue('63* 00 00 01 86 A0 00 05 8F = 00*')
  expect(bench.said()).toEqual(['vendRequested 100000 5'])
  bench.tell({ type: 'approve', price: { amountMinor: 100_000, currency: 'EUR' } })
  bench.dialogue('62* 62 = 05 00 01 86 A0 2C*', '00 =', '63* 02 00 05 6A = 00*')
  expect(bench.said()).toEqual(['vendConcluded delivered vend-success'])
  // The narrow form of the prices once more: told by the silence after it.
  expect(bench.bus('61* 01 00 FA 00 32 8E')).toBe('')
  expect(bench.pass(5)).toBe('00*')
})

test('a price that no phone can pay is denied, and scale and decimals are those of the machine', () => {
  const free = ready().dialogue('63* 00 00 00 00 05 68 = 00*', '62* 62 = 06 06*')
  expect(free.said()).toEqual(['noticed surprise'])
  const all = ready().dialogue('63* 00 FF FF 00 05 66 = 00*', '62* 62 = 06 06*')
  expect(all.said()).toEqual(['noticed surprise'])
  const coarse = new Bench({ mdb: { ...usual.mdb, scaleFactor: 5 } }).dialogue('60* 60 = 00*')
  coarse.dialogue('61* 00 03 00 00 00 64 = 01 03 19 78 05 02 F0 09 95*', '00 =', '64* 01 65 = 00*')
  coarse.dialogue('67* 04 00 00 00 20 8B = 00*', '63* 00 00 1E 00 05 86 = 00*')
  expect(coarse.said()).toContain('vendRequested 150 5')
  coarse.tell({ type: 'approve', price }).dialogue('62* 62 = 05 00 1E 23*')
})

test('session mode: begun on attend, cancelled when nothing is chosen, again when that is ignored', () => {
  const bench = new Bench({ mdb: { ...usual.mdb, alwaysIdle: false } })
  bench.dialogue('60* 60 = 00*', '61* 00 03 00 00 00 64 = 01 03 19 78 01 02 F0 09 91*', '00 =')
  bench.dialogue('67* 04 00 00 00 20 8B = 00*', '64* 01 65 = 00*')
  expect(bench.said()).toContain('ready session')
  const begin = '62* 62 = 03 FF FF FF FF FF FF 00 00 00 FD*'
  bench.tell({ type: 'attend', forMs: 60_000 }).dialogue(begin, begin, '00 =', '62* 62 = 00*')
  bench.pass(29_000)
  bench.dialogue('62* 62 = 00*')
  bench.pass(29_000)
  bench.dialogue('62* 62 = 00*')
  expect(bench.said()).toEqual([])
  bench.pass(2000)
  expect(bench.said()).toEqual(['sessionEnded'])
  bench.dialogue('62* 62 = 04 04*', '00 =', '62* 62 = 00*')
  bench.pass(defaultLimits.boxAnswerMs)
  bench.dialogue('62* 62 = 04 04*', '00 =', '63* 04 67 = 07 07*', '00 =')
  // A denial ends the session with it: nobody pays for another choice.
  bench.tell({ type: 'attend', forMs: 60_000 }).dialogue(begin, '00 =', '63* 00 00 96 00 05 FE = 00*')
  bench.tell({ type: 'deny' }).dialogue('62* 62 = 06 04 0A*', '00 =')
})

test('what is not for a phone is refused or acknowledged; cash sales are told', () => {
  const bench = ready().dialogue('63* 06 00 32 00 07 A2 = 06 06*', '00 =', '65* 01 66 = 0E 0E*', '00 =')
  bench.dialogue('65* 00 01 F4 5A = 0E 0E*', '00 =', '64* 02 66 = 08 08*', '00 =')
  bench.dialogue('67* 03 26 07 29 14 35 00 03 30 01 00 3D = 00*', '63* 05 00 96 00 05 03 = 00*')
  expect(bench.said()).toEqual(['noticed cashSale'])
  expect(bench.bus('67* FF 66')).toBe('')
  expect(bench.pass(5)).toBe('FF 03 03 05*')
  bench.dialogue('00 =', '62* 62 = 00*')
})

test('a display as wide as the machine says, never during a vend', () => {
  const bench = new Bench().dialogue(
    '60* 60 = 00*',
    '61* 00 03 08 01 00 6D = 01 03 19 78 01 02 F0 09 91*',
    '00 =',
  )
  bench.dialogue('67* 04 00 00 00 20 8B = 00*', '64* 01 65 = 00*')
  bench.tell({ type: 'display', text: 'Él 1.50 EUR' })
  bench.dialogue('62* 62 = 02 FF 45 6C 20 31 2E 35 30 20 B6*', '00 =', '62* 62 = 00*')
  bench.dialogue('63* 00 00 96 00 05 FE = 00*').tell({ type: 'approve', price })
  bench.tell({ type: 'display', text: 'Now' })
  bench.dialogue('62* 62 = 05 00 96 9B*', '00 =', '62* 62 = 00*', '63* 02 00 05 6A = 00*')
  bench.dialogue('62* 62 = 02 FF 4E 6F 77 20 20 20 20 20 D5*')
})

test('a machine that polls no more is told once, and its return too', () => {
  const bench = ready()
  bench.pass(60_000)
  expect(bench.said()).toEqual(['noticed hardwareLost', 'notReady lost'])
  bench.dialogue('62* 62 = 00*')
  expect(bench.said()).toEqual(['noticed hardwareBack', 'ready alwaysIdle'])
})

test('a minute without polls changes nothing; after ten times Z7 the reader resets itself', () => {
  const bench = ready()
  bench.pass(60_000)
  bench.dialogue('62* 62 = 00*', '63* 00 00 96 00 05 FE = 00*')
  expect(bench.said()).toEqual(expect.arrayContaining(['ready alwaysIdle', 'vendRequested 150 5']))
  bench.tell({ type: 'deny' }).dialogue('62* 62 = 06 06*', '00 =', '63* 04 67 = 07 07*')
  const selfResetMs = 10 * defaultLimits.readerLimitMs
  bench.pass(selfResetMs - 1)
  expect(bench.state.bus).toBe('enabled')
  bench.pass(1)
  expect(bench.state.bus).toBe('inactive')
  // What was said before was for a level that it has forgotten.
  bench.dialogue('AA =', '62* 62 = 00 00*', '00 =', ...level3.slice(-1), '00 =', '64* 01 65 = 00*')
  expect(bench.said()).toContain('ready session')
})

test('a reader that resets itself lets go of a buyer for whom nobody decides any more', () => {
  const bench = ready().dialogue('63* 00 00 96 00 05 FE = 00*')
  bench.said()
  bench.pass(10 * defaultLimits.readerLimitMs)
  expect(bench.said()).toContain('vendCancelled readerLost')
  bench.dialogue('62* 62 = 00 00*', '00 =')
})

test('a machine that does not know that we forgot its level hears JUST RESET alone, before anything else', () => {
  const id =
    '67* 00 53 49 4D 31 20 20 20 20 20 20 20 20 20 20 20 56 4D 43 20 20 20 20 20 20 20 20 20 01 00 E8'
  const bench = new Bench().dialogue(
    `${id} = 00*`,
    '62* 62 = 00 00*',
    '62* 62 = 00 00*',
    '00 =',
    '62* 62 = 00*',
  )
  bench.dialogue('61* 00 03 00 00 00 64 = 01 03 19 78 01 02 F0 09 91*', '00 =')
  expect(bench.bus(id).split(' ')).toHaveLength(35)
})

test('set up again with a display of another width, a text that waits is made anew', () => {
  const bench = new Bench().dialogue(
    '60* 60 = 00*',
    '61* 00 03 08 01 00 6D = 01 03 19 78 01 02 F0 09 91*',
    '00 =',
  )
  bench.dialogue('64* 01 65 = 00*').tell({ type: 'display', text: 'wide words' })
  bench.dialogue('61* 00 03 04 01 00 69 = 01 03 19 78 01 02 F0 09 91*', '00 =')
  bench.dialogue('62* 62 = 02 FF 77 69 64 65 AA*', '00 =', '62* 62 = 00*')
})

test('nothing follows a diagnostic response, which has no length of its own', () => {
  const bench = ready()
  bench.bus('67* FF 66')
  expect(bench.pass(5)).toBe('FF 03 03 05*')
  bench.dialogue('64* 02 66 = 08 08*', '62* 62 = 08 FF 03 03 0D*', '00 =', '62* 62 = 00*')
})
