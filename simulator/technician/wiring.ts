// `npm run bus -- wiring`: which places of the bus are spoken to, which answer and which are silent. Behind a
// Qibixx box the box listens for us. With `ask`, and only where no machine is heard, each place is polled
// once, as a machine would: that finds out what hangs on a bus that has no machine.
import type { SerialLine } from '@concilia/automaton/hardware/serial-line.ts'
import { serialPortLine } from '@concilia/automaton/hardware/serialport-adapter.ts'
import type { Clock } from '@concilia/protocol/clock.ts'
import { commandBlock, isMarked } from '@concilia/protocol/mdb/bus.ts'
import { BusListener } from '@concilia/protocol/mdb/bus-listener.ts'
import { PairSplitter, pairsText } from '@concilia/protocol/mdb/bus-pairs.ts'
import { readMasterBoxLine, writeMasterHostLine } from '@concilia/protocol/qibixx-master.ts'
import { readSniffed, writeSniffer } from '@concilia/protocol/qibixx-sniffer.ts'
import { LineSplitter } from '@concilia/protocol/qibixx-splitter.ts'
import { BusSummary } from './bus-summary.ts'
import type { Print } from './doctor.ts'
import { identified } from './identified.ts'
import { peripheralName, peripherals } from './peripherals.ts'

/** Far longer than any peripheral may take for its answer (MDB 4.2, 3). */
const answerMs = 100
const retryMs = 1000

type Heard = 'polled and answers' | 'polled, no answer heard' | 'answers' | 'silent'

/** @returns whether anybody is there */
export async function wiring(
  path: string,
  { seconds, ask }: { readonly seconds: number; readonly ask: boolean },
  clock: Clock,
  print: Print,
): Promise<boolean> {
  const found = await identified(path, clock)
  for (const line of found.lines.slice(0, 1)) print(line)
  const box = found.is === 'qibixx'
  const summary = new BusSummary()
  if (found.is === 'raw' || box) await listen(path, seconds, box, clock, summary)
  const heard = new Map<number, Heard>()
  for (const [address, { answers }] of summary.devices) {
    heard.set(address, answers > 0 ? 'polled and answers' : 'polled, no answer heard')
  }
  if (heard.size === 0 && ask && found.is !== 'noise') {
    print('No machine is heard: each place is polled once.')
    await poll(path, box, clock, heard)
  } else if (heard.size === 0) print(ask ? 'Nothing is asked on such a line.' : noMachine)
  for (const [address, word] of [...heard].sort(([one], [other]) => one - other)) {
    print(`  ${peripheralName(address).padEnd(30)} ${word}`)
  }
  if (summary.devices.size > 0) print('The machine speaks to nobody else.')
  if (!box && summary.devices.size > 0) print(onlyOneSide)
  return [...heard.values()].some((word) => word !== 'silent')
}

const noMachine = 'No machine is heard. Where there is none on this bus, --ask polls each place once.'
const onlyOneSide = "On a reader's wire only the machine is heard: answers of others do not show."

async function listen(path: string, seconds: number, box: boolean, clock: Clock, summary: BusSummary) {
  const listener = new BusListener()
  const pairs = new PairSplitter()
  const lines = new LineSplitter()
  await onLine(path, clock, async (line, read) => {
    read((bytes) => {
      const blocks = box
        ? lines.push(bytes).map((text) => readSniffed(text)?.bytes ?? [])
        : [pairs.push(bytes).bytes]
      for (const heard of blocks.flatMap((block) => listener.push(block))) summary.add(heard)
    })
    if (box) line.write(`${writeSniffer(true)}\n`)
    await pause(clock, seconds * 1000)
    if (box) line.write(`${writeSniffer(false)}\n`)
  })
}

async function poll(path: string, box: boolean, clock: Clock, heard: Map<number, Heard>): Promise<void> {
  const pairs = new PairSplitter()
  const lines = new LineSplitter()
  let answered = false
  await onLine(path, clock, async (line, read) => {
    read((bytes) => {
      answered ||= box
        ? lines.push(bytes).some((text) => isAnswer(text))
        : pairs.push(bytes).bytes.some((byte) => isMarked(byte))
    })
    if (box) line.write(`${writeMasterHostLine({ type: 'master', on: true })}\n`)
    for (const address of Object.keys(peripherals).map(Number)) {
      answered = false
      // The changer's POLL is 0B, that of all others their address with 2 or 3 added (MDB 4.2, 5 ff.).
      const command = address | (address === 0x08 || address === 0x30 ? 3 : 2)
      const asked = box
        ? `${writeMasterHostLine({ type: 'exchange', command, data: [] })}\n`
        : pairsText(commandBlock([command]))
      line.write(asked)
      await pause(clock, answerMs)
      heard.set(address, answered ? 'answers' : 'silent')
    }
    if (box) line.write(`${writeMasterHostLine({ type: 'master', on: false })}\n`)
  })
}

function isAnswer(text: string): boolean {
  const line = readMasterBoxLine(text)
  return line?.type === 'exchanged' && line.answer !== 'silence'
}

/** Rejects with the OperatingError of a port that is lost. */
async function onLine(
  path: string,
  clock: Clock,
  act: (line: SerialLine, read: (received: (bytes: Uint8Array) => void) => void) => Promise<void>,
): Promise<void> {
  let received: (bytes: Uint8Array) => void = () => {}
  const opened = Promise.withResolvers<void>()
  const lost = Promise.withResolvers<never>()
  const line = serialPortLine({ path, clock, retryMs })({
    opened: () => opened.resolve(),
    received: (bytes) => received(bytes),
    lost: (error) => lost.reject(error),
  })
  const acting = opened.promise.then(() =>
    act(line, (hear) => {
      received = hear
    }),
  )
  try {
    await Promise.race([acting, lost.promise])
  } finally {
    await line.close()
  }
}

function pause(clock: Clock, ms: number): Promise<void> {
  return new Promise((resolve) => {
    clock.after(ms, resolve)
  })
}
