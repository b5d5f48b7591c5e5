// What is wrong between a machine and our reader, from what was heard of the two and nothing else: a pure
// function, so that every finding is tried on a machine that has just this fault. What a technician should
// do about it stands beside each.
import type { HeardBlock } from '@concilia/protocol/mdb/bus-listener.ts'
import { option } from '@concilia/protocol/mdb/cashless.ts'
import { peripheralName } from './peripherals.ts'

/** `wrong`: nothing will be sold by phone. `doubtful`: it may be, and something should be looked at. */
export interface Finding {
  readonly code: keyof typeof advice
  readonly grade: 'wrong' | 'doubtful' | 'good'
  readonly says: string
}

export interface Timed {
  readonly atMs: number
  readonly heard: HeardBlock
}

export interface HeardBus {
  /** Both sides, in the order of the wire. */
  readonly blocks: readonly Timed[]
  /** Bytes of the line, and those of them that were none of the bus. */
  readonly bytes: number
  readonly strays: number
  readonly address: number
  readonly level: 1 | 2 | 3
}

/** What to do, by finding. */
export const advice = {
  noise:
    'Is this the port of the bridge, and does the bridge send pairs of mode bit and data at 115200 baud? ' +
    'Check the speed that it is set to.',
  'bad-checksums': 'Check plug, ground and length of the MDB cable, and whether a motor disturbs it.',
  'other-address':
    'Set reader.address to a place that the machine polls, or switch this place on in its menu (cashless 2).',
  'place-taken':
    'Another reader answers here, and ours must not: give ours the other address, or take that one off ' +
    'the bus.',
  'not-heard':
    'The machine does not get what we answer: check the line from us to the machine, and the latency timer ' +
    'of the serial adapter.',
  'never-set-up':
    'Switch cashless payment on in the menu of the machine, then switch the machine off and on.',
  'reset-loop': 'Look for the machine in its manual: which level of MDB, which place, 16 or 32 bits.',
  'level-mismatch': 'The machine claims a level that it does not speak: set reader.level = 1.',
  disabled:
    'The machine keeps our reader disabled: close its door, leave its service menu, look for sold-out ' +
    'items and other faults on its display.',
  'late-answers':
    'Our answers reach the machine too late (the standard wants 5 ms): set the latency timer of the USB ' +
    'adapter to 1 ms, or take another one.',
  'answers-repeated': 'See to the cable; where that is good, to the latency timer of the serial adapter.',
  'slow-polls': 'Nothing has to be done; answers to buyers take as long as the machine does not poll.',
  'session-mode':
    'Buyers have to text first, then choose. Where the machine has a setting for "always idle", switch ' +
    'it on.',
  sells: '',
} as const

/** Machines poll every 25 to 200 ms (MDB 4.2, 3). */
const slowestPollMs = 250
/** 5 ms each way, and the time that the bytes take. */
const lateMs = 12

export function diagnosed(bus: HeardBus): Finding[] {
  const line = ofLine(bus)
  if (line.some(({ grade }) => grade === 'wrong')) return line
  const ours = bus.blocks.filter(({ heard }) => heard.address === bus.address)
  const said = ours.filter(({ heard }) => heard.from === 'machine' && heard.kind === 'command')
  if (said.length === 0) return [...line, otherAddress(bus)]
  const setup = ofSetup(bus, said)
  if (setup.some(({ code }) => code === 'not-heard')) return [...line, ...setup]
  return [...line, ...setup, ...ofAnswers(ours), ...ofPolls(said)]
}

function ofLine({ blocks, bytes, strays }: HeardBus): Finding[] {
  const garbled = blocks.filter(({ heard }) => heard.kind === 'garbled').length
  if (strays * 10 > bytes || garbled * 4 > blocks.length) {
    const unread = `${garbled} of ${blocks.length} blocks are not readable`
    return [
      { code: 'noise', grade: 'wrong', says: `${strays} of ${bytes} bytes are none of the bus, ${unread}` },
    ]
  }
  if (garbled * 200 <= blocks.length) return []
  const says = `${garbled} of ${blocks.length} blocks are not readable (bad checksum, or cut off)`
  return [{ code: 'bad-checksums', grade: 'doubtful', says }]
}

function otherAddress({ blocks, address }: HeardBus): Finding {
  const polled = [...new Set(blocks.map(({ heard }) => heard.address))].map(peripheralName)
  const only = polled.join(', ') || 'nobody'
  const says = `the machine never speaks to ${peripheralName(address)}, only to ${only}`
  return { code: 'other-address', grade: 'wrong', says }
}

function ofSetup(bus: HeardBus, said: readonly Timed[]): Finding[] {
  const count = (name: string) => said.filter(({ heard }) => heard.name === name).length
  const resets = count('reset')
  const steps = ['reset', 'setupConfig', 'readerEnable', 'readerDisable']
  const last = said.findLast(({ heard }) => steps.includes(heard.name ?? ''))
  if (count('setupConfig') === 0) return [neverSetUp(bus, resets)]
  const enabled = last?.heard.name === 'readerEnable'
  if (resets >= 3 && !enabled) return [resetLoop(bus, said, resets)]
  if (!enabled) {
    return [
      { code: 'disabled', grade: 'wrong', says: 'the machine has set our reader up, and does not enable it' },
    ]
  }
  const options = said.findLast(({ heard }) => heard.name === 'enableOptions')
  if (options && (optionsOf(options) & option.alwaysIdle) !== 0) {
    return [
      { code: 'sells', grade: 'good', says: 'our reader is enabled: a buyer chooses, then pays by phone' },
    ]
  }
  return [
    { code: 'sells', grade: 'good', says: 'our reader is enabled, in sessions' },
    { code: 'session-mode', grade: 'doubtful', says: 'the machine does not switch "always idle" on' },
  ]
}

function resetLoop({ level }: HeardBus, said: readonly Timed[], resets: number): Finding {
  const claimed = said.find(({ heard }) => heard.name === 'setupConfig')
  const claim = claimed ? Number(claimed.heard.bytes[2]) : 0
  const says = `the machine has reset our reader ${resets} times`
  // It got as far as our configuration, which says our level, and did not like it.
  if (claim > 1 && level > 1) {
    return { code: 'level-mismatch', grade: 'wrong', says: `${says}; it claims level ${claim}` }
  }
  return { code: 'reset-loop', grade: 'wrong', says }
}

function neverSetUp({ blocks, address }: HeardBus, resets: number): Finding {
  const ours = blocks.filter(({ heard }) => heard.address === address)
  const told = ours.filter(({ heard }) => heard.name === 'justReset').length
  const taken = ours.some(({ heard: { from, words } }) => from === 'machine' && words === 'ACK')
  // A machine repeats RESET until it hears our ACK, and we JUST RESET until we hear the machine's.
  if (!taken && resets + told >= 3) {
    const says = `the machine resets us (${resets} times) and takes no answer (JUST RESET, ${told} times)`
    return { code: 'not-heard', grade: 'wrong', says }
  }
  return { code: 'never-set-up', grade: 'wrong', says: 'the machine polls our reader and never sets it up' }
}

/** How our data was taken: each answer wants an ACK within 5 ms. */
function ofAnswers(ours: readonly Timed[]): Finding[] {
  const answers = ours.flatMap(({ atMs, heard }, at) => {
    if (heard.from !== 'peripheral' || heard.kind !== 'answer') return []
    const next = ours[at + 1]
    const taken = next?.heard.kind === 'control' && next.heard.words === 'ACK'
    return [{ afterMs: taken ? next.atMs - atMs : undefined }]
  })
  const times = answers.flatMap(({ afterMs }) => (afterMs === undefined ? [] : [afterMs]))
  const findings: Finding[] = []
  if (answers.length > 3 && times.length * 5 < answers.length * 4) {
    const says = `of ${answers.length} answers of ours the machine acknowledged ${times.length}`
    findings.push({ code: 'answers-repeated', grade: 'doubtful', says })
  }
  const usualMs = middle(times)
  if (usualMs !== undefined && usualMs > lateMs) {
    const says = `an answer is acknowledged after ${Math.round(usualMs)} ms`
    findings.push({ code: 'late-answers', grade: 'doubtful', says })
  }
  return findings
}

function ofPolls(said: readonly Timed[]): Finding[] {
  const polls = said.filter(({ heard }) => heard.name === 'poll')
  const pauses = polls.slice(1).map(({ atMs }, at) => atMs - (polls[at]?.atMs ?? atMs))
  const usualMs = middle(pauses)
  if (usualMs === undefined || usualMs <= slowestPollMs) return []
  return [
    { code: 'slow-polls', grade: 'doubtful', says: `the machine polls only every ${Math.round(usualMs)} ms` },
  ]
}

function middle(values: readonly number[]): number | undefined {
  return [...values].sort((one, other) => one - other)[Math.floor(values.length / 2)]
}

function optionsOf({ heard }: Timed): number {
  return heard.bytes.slice(2, 6).reduce((sum, byte) => sum * 256 + (byte & 0xff), 0)
}

/** What the machine has said of itself, for the technician's notes. */
export function claims({ blocks, address }: HeardBus): string[] {
  const names = ['setupConfig', 'setupPrices', 'requestId', 'enableOptions']
  const said = blocks.filter(({ heard }) => heard.address === address && heard.from === 'machine')
  return names.flatMap((name) => {
    const last = said.findLast(({ heard }) => heard.name === name)
    return last ? [last.heard.words] : []
  })
}
