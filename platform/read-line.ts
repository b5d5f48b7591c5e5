// One line from standard input, for what must not stand on a command line: shells keep their history, and
// everybody on the machine sees the arguments of a program.
import { createInterface } from 'node:readline/promises'

/** @param prompt shown at a terminal only */
export async function readLine(prompt: string): Promise<string> {
  const { stdin, stderr } = process
  const lines = createInterface({ input: stdin, output: stderr, terminal: false })
  if (stdin.isTTY) stderr.write(prompt)
  try {
    for await (const line of lines) return line
    return ''
  } finally {
    lines.close()
    stdin.unref?.()
  }
}
