// `npm run bus -- doctor`: says in plain words what is wrong at a port and what to do. It listens, then plays
// our reader for some seconds and looks at how the machine takes it; a buyer who comes meanwhile is denied.
// What follows from what was heard is in diagnosis.ts.
import type { HardwareEvent } from '@concilia/automaton/hardware/port.ts'
import type { OperatingError } from '@concilia/platform/operating-error.ts'
import type { Clock } from '@concilia/protocol/clock.ts'
import { BusListener } from '@concilia/protocol/mdb/bus-listener.ts'
import { PairSplitter } from '@concilia/protocol/mdb/bus-pairs.ts'
import { readBoxLine } from '@concilia/protocol/qibixx.ts'
import { LineSplitter } from '@concilia/protocol/qibixx-splitter.ts'
import { wrapped } from '../start/wrapped.ts'
import { advice, claims, diagnosed, type Finding, type HeardBus, type Timed } from './diagnosis.ts'
import { identified } from './identified.ts'
import { latencyTimerMs } from './latency-timer.ts'
import { peripheralName } from './peripherals.ts'
import { playedReader, type ReaderPlace } from './played-reader.ts'

/** A reader that was away is reset every ten seconds only (MDB 4.2, 7). */
const resetEveryMs = 11_000
/** Enabled for so long, the reader is looked at no longer. */
const enoughMs = 2000
/** What a serial adapter may hold bytes back for. */
const longestTimerMs = 1

const terminalColumns = 80
const marks = { wrong: 'WRONG', doubtful: 'look', good: 'good' } as const

interface Said {
  readonly grade: Finding['grade']
  readonly says: string
  readonly todo?: string
}

export type Print = (line: string) => void

/** @returns whether nothing is wrong */
export async function doctor(
  place: Omit<ReaderPlace, 'bridge'>,
  seconds: number,
  clock: Clock,
  print: Print,
): Promise<boolean> {
  const said: Said[] = []
  const tell = (one: Said) => {
    said.push(one)
    print(spoken(one))
  }
  print(`${place.path}: listening; then our reader is played for up to ${seconds} s.`)
  await examine({ ...place, bridge: 'raw' }, seconds, clock, tell)
  const wrong = said.filter(({ grade }) => grade === 'wrong').length
  const doubtful = said.filter(({ grade }) => grade === 'doubtful').length
  print(wrong + doubtful === 0 ? 'Nothing is wrong.' : `Wrong: ${wrong}. To be looked at: ${doubtful}.`)
  return wrong === 0
}

async function examine(place: ReaderPlace, seconds: number, clock: Clock, tell: (said: Said) => void) {
  const found = await identified(place.path, clock, resetEveryMs).catch((error: OperatingError) => error)
  if ('code' in found) return tell({ grade: 'wrong', says: found.message, todo: found.advice })
  tell({ grade: 'good', says: 'the port opens' })
  const [says = '', ...more] = found.lines
  if (found.is === 'nothing') return tell({ grade: 'wrong', says, todo: more.join(' ') })
  if (found.is === 'noise') return tell({ grade: 'wrong', says, todo: advice.noise })
  tell({ grade: 'good', says: [says, ...more.map((line) => line.trim())].join(' ') })
  lookAtAdapter(place.path, tell)
  if (found.is !== 'raw') return examineBox({ ...place, bridge: 'qibixx' }, seconds, clock, tell)
  if (found.answering.includes(Number(place.mdb.address))) {
    const says = `somebody answers at ${peripheralName(Number(place.mdb.address))} already`
    return tell({ grade: 'wrong', says, todo: advice['place-taken'] })
  }
  const bus = await heardWithReader(place, seconds, clock)
  for (const claim of claims(bus)) tell({ grade: 'good', says: `the machine: ${claim}` })
  for (const { code, grade, says } of diagnosed(bus)) tell({ grade, says, todo: advice[code] })
}

function lookAtAdapter(path: string, tell: (said: Said) => void): void {
  const timerMs = latencyTimerMs(path)
  if (timerMs === undefined || timerMs <= longestTimerMs) return
  const says = `the USB adapter holds bytes back for up to ${timerMs} ms (its latency timer)`
  tell({ grade: 'doubtful', says, todo: advice['late-answers'] })
}

/** Both sides of the bus, from the start of our reader on. */
async function heardWithReader(place: ReaderPlace, seconds: number, clock: Clock): Promise<HeardBus> {
  const listener = new BusListener()
  const splitters = { in: new PairSplitter(), out: new PairSplitter() }
  const blocks: Timed[] = []
  let bytes = 0
  let strays = 0
  const begun = clock.monotonic()
  await played(place, seconds, clock, (read, way) => {
    const split = splitters[way].push(read)
    if (way === 'in') {
      bytes += read.length
      strays += split.strays
    }
    const atMs = clock.monotonic() - begun
    for (const heard of listener.push(split.bytes)) blocks.push({ atMs, heard })
  })
  return { blocks, bytes, strays, address: Number(place.mdb.address), level: place.level }
}

/** A box tells nothing of the bus but what the machine does with our reader. */
async function examineBox(place: ReaderPlace, seconds: number, clock: Clock, tell: (said: Said) => void) {
  const lines = new LineSplitter()
  let status: string | undefined
  const events = await played(place, seconds, clock, (read, way) => {
    if (way === 'out') return
    for (const text of lines.push(read)) {
      const line = readBoxLine(text, place.currency)
      if (line.type === 'status') status = line.status
    }
  })
  const restarts = events.filter((event) => event.type === 'noticed' && event.what === 'boxRestarted').length
  if (restarts > 0) {
    const todo = 'The box has its power from the bus: check the plug, and what else hangs on it.'
    tell({ grade: 'doubtful', says: `the box has restarted ${restarts} times`, todo })
  }
  const ready = events.findLast((event) => event.type === 'ready')
  if (status === 'enabled') {
    tell({ grade: 'good', says: 'our reader is enabled' })
    if (ready?.reader !== 'session') return
    const says = 'the box does not take "always idle"'
    return tell({ grade: 'doubtful', says, todo: advice['session-mode'] })
  }
  if (status === 'disabled') {
    const says = 'the machine has set the box up, and does not enable it'
    return tell({ grade: 'wrong', says, todo: advice.disabled })
  }
  if (status === undefined) {
    const says = 'the box tells its version and takes no settings'
    return tell({ grade: 'wrong', says, todo: 'Unplug the box, plug it in again, and run the doctor again.' })
  }
  const says = 'the box answers; the machine is silent, or never sets it up'
  tell({ grade: 'wrong', says, todo: advice['never-set-up'] })
}

/** Ends when our reader has been enabled for a while, or after so many seconds. */
async function played(
  place: ReaderPlace,
  seconds: number,
  clock: Clock,
  passed: (bytes: Uint8Array, way: 'in' | 'out') => void = () => {},
): Promise<HardwareEvent[]> {
  const events: HardwareEvent[] = []
  const enough = Promise.withResolvers<void>()
  const hardware = playedReader(place, clock, { passed, lost: () => enough.resolve() })
  clock.after(seconds * 1000, () => enough.resolve())
  hardware.start(false, (event) => {
    events.push(event)
    if (event.type === 'vendRequested') hardware.deny()
    if (event.type === 'ready') clock.after(enoughMs, () => enough.resolve())
  })
  await enough.promise
  await hardware.stop()
  return events
}

function spoken({ grade, says, todo }: Said): string {
  const indent = marks.wrong.length + 1
  const first = `${marks[grade].padEnd(indent)}${wrapped(says, terminalColumns, indent)}`
  if (!todo) return first
  return `${first}\n${' '.repeat(indent)}-> ${wrapped(todo, terminalColumns, indent + 3)}`
}
