// How far a long piece of work has come: a bar that is drawn over on a terminal, a line now and then where
// there is none.
import type { WriteStream } from 'node:tty'

const width = 30
const linesWithoutTerminal = 10

export interface Progress {
  step(failed: number): void
  end(): void
}

export function progress(total: number, what: string, out: WriteStream = process.stdout): Progress {
  let done = 0
  let said = 0
  const text = (failed: number) => `${done} of ${total} ${what}${failed > 0 ? `, ${failed} FAILED` : ''}`
  return {
    step(failed) {
      done++
      if (out.isTTY) {
        const filled = Math.round((done / total) * width)
        out.write(`\r[${'='.repeat(filled).padEnd(width)}] ${text(failed)}`)
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
