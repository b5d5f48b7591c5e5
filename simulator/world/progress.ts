// How far a long piece of work has come, and how long it may still take: a bar that is drawn over on a
// terminal, a line now and then where there is none.

import type { WriteStream } from 'node:tty'
import { systemClock } from '@concilia/platform/system-clock.ts'

const width = 30
const linesWithoutTerminal = 10

export interface Progress {
  step(failed: number): void
  end(): void
}

export function progress(total: number, what: string, out: WriteStream = process.stdout): Progress {
  let done = 0
  let said = 0
  const begun = systemClock.monotonic()
  const left = () => leftText(((systemClock.monotonic() - begun) / done) * (total - done))
  const text = (failed: number) =>
    `${done} of ${total} ${what}, ${left()}${failed > 0 ? `, ${failed} FAILED` : ''}`
  return {
    step(failed) {
      done++
      if (out.isTTY) {
        const filled = Math.round((done / total) * width)
        // The last text may have been longer.
        out.write(`\r[${'='.repeat(filled).padEnd(width)}] ${text(failed)}   `)
        return
      }
      const part = Math.floor((done / total) * linesWithoutTerminal)
      if (part > said) out.write(`${text(failed)}\n`)
      said = part
    },
    end() {
      if (out.isTTY) out.write('\n')
    },
  }
}

function leftText(ms: number): string {
  const seconds = Math.ceil(ms / 1000)
  return seconds < 100 ? `${seconds} s left` : `${Math.ceil(seconds / 60)} min left`
}
