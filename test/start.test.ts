// npm start as somebody uses it who has just cloned: the terminal on a pipe, yesterday's data, a supervisor
// killed with everything it owns, and one sale without a person. The program runs as it is; only its lines
// are read.
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { rmSync } from 'node:fs'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { temporaryData } from '@concilia/simulator/start/temporary-data.ts'
import { afterAll, describe, expect, test } from 'vitest'

const main = join(import.meta.dirname, '../simulator/start/main.ts')

class Session {
  readonly lines: string[] = []
  readonly ended: Promise<number | null>
  readonly #child: ChildProcess
  #waiting: (() => void)[] = []

  constructor(...words: string[]) {
    this.#child = spawn(process.execPath, [main, ...words], { stdio: ['pipe', 'pipe', 'pipe'] })
    const closed = once(this.#child, 'close')
    this.ended = closed.then(([code]) => code)
    for (const stream of [this.#child.stdout, this.#child.stderr]) {
      if (stream) createInterface({ input: stream }).on('line', (line) => this.#hear(line))
    }
    closed.then(() => this.#hear('(the program has ended)'))
  }

  type(line: string): void {
    this.#child.stdin?.write(`${line}\n`)
  }

  kill(signal: NodeJS.Signals): void {
    this.#child.kill(signal)
  }

  /** What the first group of the pattern caught, in any line so far or to come. */
  shows(pattern: RegExp): Promise<string> {
    return this.showsAfter(0, pattern)
  }

  async showsAfter(line: number, pattern: RegExp): Promise<string> {
    for (;;) {
      const found = this.lines
        .slice(line)
        .map((text) => pattern.exec(text))
        .find((match) => match)
      if (found) return found[1] ?? found[0]
      if (this.lines.at(-1) === '(the program has ended)') {
        throw new Error(`${pattern} was not shown:\n${this.lines.join('\n')}`)
      }
      await new Promise<void>((resolve) => this.#waiting.push(resolve))
    }
  }

  #hear(line: string): void {
    this.lines.push(line)
    for (const wake of this.#waiting.splice(0)) wake()
  }
}

/** The link may be up a moment later than the machine: who is told coins only chooses again. */
async function pressUntilOffered(session: Session): Promise<void> {
  for (;;) {
    const before = session.lines.length
    session.type('press 4021 2')
    await session.showsAfter(before, / ST5 |does not sell item 2/)
    if (session.lines.some((line) => line.includes(' ST5 '))) return
  }
}

describe('the terminal', () => {
  const data = temporaryData()
  afterAll(() => rmSync(data, { recursive: true }))

  test('sells, stops when told, and finds yesterday’s data', { timeout: 120_000 }, async () => {
    const first = new Session('--data', data)
    await first.shows(/machine 4021 +sells by phone/)
    await first.shows(/Try: press/)
    first.type('pres 4021 2')
    await first.shows(/did you mean press\?/)
    await pressUntilOffered(first)
    first.type('text rich PAY 4021')
    const code = await first.shows(/Reply YES (\d+)/)
    first.type(`text rich YES ${code}`)
    await first.shows(/item 2 falls into the tray/)
    await first.shows(/ST132/)
    first.type('accounts')
    await first.shows(/^rich +998\.00 EUR/)
    first.type('quit')
    expect(await first.ended).toBe(0)

    const second = new Session('--data', data)
    await second.shows(/Try: press/)
    second.type('accounts')
    await second.shows(/^rich +998\.00 EUR/)
    second.type('sales')
    await second.shows(/4021 +2\.00 EUR +settled/)

    const third = new Session('--data', data)
    await third.shows(/running from this data folder already/)
    expect(await third.ended).toBe(1)

    second.kill('SIGKILL')
    await second.ended
    const fourth = new Session('--data', data)
    await fourth.shows(/machine 4021 +sells by phone/)
    fourth.type('kill automaton-4021')
    await fourth.shows(/automaton 4021 is back/)
    fourth.type('accounts')
    await fourth.shows(/^rich +998\.00 EUR/)
    fourth.kill('SIGINT')
    expect(await fourth.ended).toBe(0)
  })
})

describe('--sale', () => {
  test.each<[string[], RegExp]>([
    [['--phone-first', '--dial', '--hold', '--on-demand'], /agree: delivered and paid/],
    [['--fault', 'jam'], /agree: not delivered and not paid/],
    [['--fault', 'owed'], /agree: not delivered, and the money, .* is owed to the buyer/],
    [['--buyer', 'careful'], /agree: delivered and paid/],
  ])('%j', { timeout: 120_000 }, async (words, verdict) => {
    const session = new Session('--sale', ...words)
    const code = await session.ended
    expect(session.lines.join('\n')).toMatch(verdict)
    expect(code).toBe(0)
  })

  test('every step has its line, in order', { timeout: 120_000 }, async () => {
    const session = new Session('--sale')
    expect(await session.ended).toBe(0)
    expect(session.lines.join('\n')).toMatch(/agree: delivered and paid/)
    const steps = session.lines.flatMap((line) => / (ST\d+) /.exec(line)?.[1] ?? [])
    const told = [
      'ST2',
      'ST3',
      'ST4',
      'ST5',
      'ST8',
      'ST9',
      'ST10',
      'ST11',
      'ST13',
      'ST131',
      'ST14',
      'ST15',
      'ST52',
    ]
    const firsts = [...told, 'ST6', 'ST7'].map((step) => steps.indexOf(step))
    expect(firsts).toEqual([...firsts].sort((a, b) => a - b))
    expect(firsts).not.toContain(-1)
    expect(steps).toContain('ST132')
  })
})

describe('what is mistyped', () => {
  test.each<[string[], RegExp]>([
    [['--sale', '--fault', 'jamm'], /no fault jamm; did you mean jam\?/],
    [['--fault', 'jam'], /--fault goes with --sale/],
    [['--sale', '--hold', '--fault', 'owed'], /--fault owed goes without --hold/],
    [['--sales'], /unknown flag --sales; did you mean --sale\?/],
    [['--sale', '--machine', '4012'], /no machine 4012 on this bench/],
    [['--sale', '--buyer', 'rick'], /no buyer rick; there are rich, poor/],
  ])('%j', async (words, said) => {
    const session = new Session(...words)
    expect(await session.ended).toBe(2)
    expect(session.lines.join('\n')).toMatch(said)
  })

  test('--help says what there is', async () => {
    const session = new Session('--help')
    expect(await session.ended).toBe(0)
    for (const word of ['--sale', '--phone-first', 'jam', 'centre-silent']) {
      expect(session.lines.join('\n')).toContain(word)
    }
  })
})
