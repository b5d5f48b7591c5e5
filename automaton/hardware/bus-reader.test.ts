// The reader on the raw bus, byte by byte: dialogues as a machine would lead them, in every window in which
// one can be disturbed.
import { defaultLimits } from '@concilia/protocol/limits.ts'
import { busBytesOf, busText } from '@concilia/protocol/mdb/bus.ts'
import { expect, test } from 'vitest'
import { stepBusReader } from './bus-reader.ts'
import {
  type BusReaderInput,
  type BusReaderSettings,
  nextBusDue,
  stoppedBusReader,
} from './bus-reader-state.ts'

const price = { amountMinor: 150, currency: 'EUR' } as const
const usual: BusReaderSettings = {
  currency: 'EUR',
  mdb: { address: '0x60', scaleFactor: 1, decimalPlaces: 2, alwaysIdle: true },
  level: 3,
  serial: '4021',
  limits: defaultLimits,
}

/** The machine's side of one reader, with what the sale heard. */
class Bench {
  #state = stoppedBusReader
  #now = 0
  #sent = ''
  readonly settings: BusReaderSettings
  readonly heard: string[] = []

  constructor(settings: Partial<BusReaderSettings> = {}, listening = false) {
    this.settings = { ...usual, ...settings }
    this.tell({ type: 'start', listening })
    this.tell({ type: 'lineOpened' })
  }

  get state() {
    return this.#state
  }

  tell(input: BusReaderInput): this {
    const { state, outputs } = stepBusReader(this.#state, input, this.#now, this.settings)
    this.#state = state
    for (const output of outputs) {
      if (output.type === 'send') this.#sent += `${busText(output.bytes)} `
      else if (output.event.type === 'vendRequested') {
        this.heard.push(`vendRequested ${output.event.price.amountMinor} ${output.event.item}`)
      } else if (output.event.type === 'vendConcluded') {
        this.heard.push(`vendConcluded ${output.event.result} ${output.event.detail}`)
      } else if (output.event.type === 'noticed') this.heard.push(`noticed ${output.event.what}`)
      else if (output.event.type === 'ready') this.heard.push(`ready ${output.event.reader}`)
      else
        this.heard.push(
          'why' in output.event ? `${output.event.type} ${output.event.why}` : output.event.type,
        )
    }
    return this
  }

  /** @returns what the reader answers to these bytes of the machine */
  bus(text: string): string {
    const bytes = busBytesOf(text)
    if (!bytes) throw new Error(`not bus bytes: ${text}`)
    this.tell({ type: 'received', bytes, strays: 0 })
    return this.answer()
  }

  pass(ms: number): string {
    const end = this.#now + ms
    for (let due = nextBusDue(this.#state); due && due.at <= end; due = nextBusDue(this.#state)) {
      this.#now = due.at
      this.tell({ type: 'due', deadline: due.deadline })
    }
    this.#now = end
    return this.answer()
  }

  answer(): string {
    const sent = this.#sent.trim()
    this.#sent = ''
    return sent
  }

  said(): string[] {
    return this.heard.splice(0)
  }

  /** Lines of a dialogue: `machine's bytes = the reader's answer`, in order. */
  dialogue(...lines: string[]): this {
    for (const line of lines) {
      const [bytes = '', answer = ''] = line.split('=')
      expect(this.bus(bytes), line).toBe(answer.trim())
    }
    return this
  }
}

const level3 = [
  '60* 60 = 00*',
  '62* 62 = 00 00*',
  '00 =',
  '61* 00 03 00 00 00 64 = 01 03 19 78 01 02 F0 09 91*',
]
const pricesAndId = [
  '00 =',
  '61* 01 FF FF 00 00 60 = 00*',
  '67* 00 48 45 54 30 30 30 30 30 30 30 30 30 30 30 31 53 49 4D 56 4D 43 20 20 20 20 20 20 01 00 19 = ' +
    '09 43 4F 4E 30 30 30 30 30 30 30 30 34 30 32 31 ' +
    '43 4F 4E 43 49 4C 49 41 20 20 20 20 01 00 00 00 00 22 15*',
  '00 =',
]
const idle = ['67* 04 00 00 00 20 8B = 00*', '64* 01 65 = 00*', '62* 62 = 00*']

function ready(settings: Partial<BusReaderSettings> = {}): Bench {
  const bench = new Bench(settings).dialogue(...level3, ...pricesAndId, ...idle)
  bench.said()
  return bench
}

function requested(): Bench {
  const bench = ready().dialogue('63* 00 00 96 00 05 FE = 00*')
  expect(bench.said()).toEqual(['vendRequested 150 5'])
  return bench
}

function approved(): Bench {
  return requested().tell({ type: 'approve', price })
}

const sent = () => approved().dialogue('62* 62 = 05 00 96 9B*')
const acknowledged = () => sent().dialogue('00 =')

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

test('disabled in a vend: the vend goes on, and disabled holds from the end of the session', () => {
  const bench = acknowledged().dialogue('64* 00 64 = 00*')
  expect(bench.said()).toEqual(['notReady disabled'])
  bench.dialogue('63* 02 00 05 6A = 00*', '63* 04 67 = 07 07*', '00 =', '63* 00 00 96 00 05 FE = 00*')
  expect(bench.said()).toEqual(['vendConcluded delivered vend-success'])
  bench.dialogue('62* 62 = 0B 02 0D*', '00 =', '64* 01 65 = 00*')
  expect(bench.said()).toEqual(['ready alwaysIdle'])
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

test('a machine that polls no more is told once, and its return too', () => {
  const bench = ready()
  bench.pass(60_000)
  expect(bench.said()).toEqual(['noticed hardwareLost', 'notReady lost'])
  bench.dialogue('62* 62 = 00*')
  expect(bench.said()).toEqual(['noticed hardwareBack', 'ready alwaysIdle'])
})

test('what the machine left unacknowledged of one vend is not said to the next', () => {
  const bench = requested().dialogue('63* 01 64 = 06 06*', '63* 00 00 C8 00 07 32 = 00*', '62* 62 = 00*')
  expect(bench.said()).toEqual(['vendCancelled cancelled', 'vendRequested 200 7'])
  const ended = acknowledged().dialogue('63* 02 00 05 6A = 00*', '63* 04 67 = 07 07*')
  ended.dialogue('63* 00 00 C8 00 07 32 = 00*', '62* 62 = 00*')
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
