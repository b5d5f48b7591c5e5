// Finding out what hangs on a serial port: a raw bus speaks by itself, a Qibixx box answers when it is
// asked for its version, and everything else is silence or noise.
import { serialPortLine } from '@concilia/automaton/hardware/serialport-adapter.ts'
import type { Clock } from '@concilia/protocol/clock.ts'
import { BusListener } from '@concilia/protocol/mdb/bus-listener.ts'
import { PairSplitter } from '@concilia/protocol/mdb/bus-pairs.ts'
import { readBoxLine, writeHostLine } from '@concilia/protocol/qibixx.ts'
import { LineSplitter } from '@concilia/protocol/qibixx-splitter.ts'
import { BusSummary } from './bus-summary.ts'

/** Machines poll at least five times a second (MDB 4.2, 3); a box answers at once. */
const listenMs = 2000
const answerMs = 1000

export type Identified =
  | { readonly is: 'qibixx' | 'nothing' | 'noise'; readonly lines: readonly string[] }
  /** `answering`: from where answers were heard; the bridge carries both sides, and somebody is there. */
  | { readonly is: 'raw'; readonly lines: readonly string[]; readonly answering: readonly number[] }

/**
 * @param patienceMs how long a bus may take to say something; a reader that has been away is only reset
 * every ten seconds
 * @returns rejects with an OperatingError when the port cannot be opened
 */
export async function identified(path: string, clock: Clock, patienceMs = 0): Promise<Identified> {
  const { promise, resolve, reject } = Promise.withResolvers<Identified>()
  const pairs = new PairSplitter()
  const listener = new BusListener()
  const summary = new BusSummary()
  const words = new LineSplitter()
  let bytes = 0
  const decide = () => (summary.isBus ? resolve(bus(summary)) : resolve(nothing(bytes)))
  const line = serialPortLine({ path, clock, retryMs: 1000 })({
    opened: () => {
      clock.after(listenMs, () => {
        if (summary.isBus) return resolve(bus(summary))
        line.write(`${writeHostLine({ type: 'askVersion' }, 'EUR')}\n`)
        // Only where nothing came at all is it worth to wait on.
        clock.after(bytes > 0 ? answerMs : Math.max(answerMs, patienceMs - listenMs), decide)
      })
    },
    received: (read) => {
      bytes += read.length
      for (const heard of listener.push(pairs.push(read).bytes)) summary.add(heard)
      for (const text of words.push(read)) {
        const said = readBoxLine(text, 'EUR')
        if (said.type === 'version') resolve(box(said.text))
      }
    },
    lost: reject,
  })
  try {
    return await promise
  } finally {
    await line.close()
  }
}

function bus(summary: BusSummary): Identified {
  const answering = [...summary.devices].flatMap(([address, { answers }]) => (answers > 0 ? [address] : []))
  return { is: 'raw', answering, lines: ['a raw MDB bus (reader.bridge = "raw"):', ...summary.lines()] }
}

function box(version: string): Identified {
  return { is: 'qibixx', lines: [`a Qibixx box (reader.bridge = "qibixx"), version ${version}`] }
}

function nothing(bytes: number): Identified {
  if (bytes === 0) {
    return {
      is: 'nothing',
      lines: [
        'nothing: no byte came, and no box answered.',
        'Is the machine switched on, the bridge on its MDB plug, and this its port?',
      ],
    }
  }
  return {
    is: 'noise',
    lines: [
      `${bytes} bytes came that are neither a raw bus nor a Qibixx box.`,
      'Is this the right port, and does the bridge send pairs of mode bit and data?',
    ],
  }
}
