// Two DEX ends on one simulated line, for tests: each byte takes its time at 9600 baud, the clock jumps from
// one event to the next, and the line may do to a message what it likes.
import { dexStep } from './machine.ts'
import { type DexOutput, type DexSettings, type DexState, idleDex, nextDexDue } from './state.ts'

export type LineFault = (bytes: readonly number[], from: 'carrier' | 'device') => readonly number[]

/** 9600 baud, ten bits a byte. */
const byteMs = 10 / 9.6

interface End {
  state: DexState
  readonly settings: DexSettings
  readonly outputs: DexOutput[]
}

export interface LineLog {
  readonly carrier: DexOutput
  /** What was on the line: `>` from the carrier. */
  readonly said: readonly string[]
  readonly tookMs: number
  readonly device: DexOutput | undefined
}

/** Plays one reading to its end. */
export function playReading(
  carrier: DexSettings,
  device: DexSettings,
  fault: LineFault = (bytes) => bytes,
): LineLog {
  const ends: Record<'carrier' | 'device', End> = {
    carrier: { state: idleDex, settings: carrier, outputs: [] },
    device: { state: idleDex, settings: device, outputs: [] },
  }
  const said: string[] = []
  const arrivals: { at: number; to: 'carrier' | 'device'; bytes: readonly number[] }[] = []
  let now = 0
  const take = (name: 'carrier' | 'device', input: Parameters<typeof dexStep>[1]) => {
    const end = ends[name]
    const { state, outputs } = dexStep(end.state, input, now, end.settings)
    end.state = state
    for (const output of outputs) {
      if (output.type !== 'send') end.outputs.push(output)
      else {
        const bytes = fault(output.bytes, name)
        said.push(`${name === 'carrier' ? '>' : '<'} ${lineText(bytes)}`)
        const to = name === 'carrier' ? 'device' : 'carrier'
        arrivals.push({ at: now + bytes.length * byteMs, to, bytes })
      }
    }
  }
  take('carrier', { type: 'start' })
  for (let step = 0; step < 20_000; step++) {
    const [done] = ends.carrier.outputs
    arrivals.sort((a, b) => a.at - b.at)
    const [first] = arrivals
    const dues = (['carrier', 'device'] as const).map((name) => ({ name, at: nextDexDue(ends[name].state) }))
    const due = dues.filter(({ at }) => at !== undefined).sort((a, b) => (a.at ?? 0) - (b.at ?? 0))[0]
    if (done && !first) return { carrier: done, said, tookMs: now, device: ends.device.outputs.at(-1) }
    if (first && first.at <= (due?.at ?? Number.POSITIVE_INFINITY)) {
      arrivals.shift()
      now = Math.max(now, first.at)
      take(first.to, { type: 'received', bytes: first.bytes })
    } else if (due?.at !== undefined) {
      now = Math.max(now, due.at)
      take(due.name, { type: 'due' })
    } else throw new Error(`both ends wait for ever: ${said.join(' | ')}`)
  }
  throw new Error('the reading does not end')
}

const names: Readonly<Record<number, string>> = {
  1: 'SOH',
  2: 'STX',
  3: 'ETX',
  4: 'EOT',
  5: 'ENQ',
  16: 'DLE',
  21: 'NAK',
  22: 'SYN',
  23: 'ETB',
}

/** Control characters by name, check sums as they come. */
export function lineText(bytes: readonly number[]): string {
  return bytes
    .map((byte, at) => {
      const afterEnd = [at - 1, at - 2].some(
        (end) => (bytes[end] === 3 || bytes[end] === 0x17) && bytes[end - 1] === 0x10,
      )
      if (afterEnd) return `[${byte.toString(16).toUpperCase().padStart(2, '0')}]`
      return names[byte] === undefined ? String.fromCharCode(byte) : `<${names[byte]}>`
    })
    .join('')
}
