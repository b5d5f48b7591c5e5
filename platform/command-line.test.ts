// Command lines as people mistype them, and the life of a process that runMain leads, on real processes.
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { text } from 'node:stream/consumers'
import { describe, expect, test } from 'vitest'
import { helpText, type Line, readCommandLine } from './command-line.ts'

const description = {
  program: 'payment-centre',
  summary: 'keeps accounts',
  usage: ['node payment-centre/main.ts --config FILE [COMMAND]'],
  flags: { config: { value: 'FILE', says: 'its configuration' }, hold: { says: 'hold first' } },
  commands: { 'account open': 'opens an account', ledger: 'checks the ledger' },
} as const

const read = (...words: string[]) => readCommandLine(description, words) as Line<typeof description.flags>
const refused = (...words: string[]) => expect(() => read(...words))

describe('reading', () => {
  test('flags and commands, in any order', () => {
    expect(read()).toEqual({ command: '', operands: [], flags: { config: undefined, hold: false } })
    expect(read('--config', 'a.toml', 'account', 'open')).toEqual({
      command: 'account open',
      operands: [],
      flags: { config: 'a.toml', hold: false },
    })
    expect(read('ledger', '--config=a.toml', '--hold').flags).toEqual({ config: 'a.toml', hold: true })
    expect(readCommandLine({ ...description, operands: ['ledger'] }, ['ledger', 'a', 'b'])).toMatchObject({
      command: 'ledger',
      operands: ['a', 'b'],
    })
  })

  test('an unknown flag or command names the nearest known one', () => {
    refused('--confg', 'x').toThrow(/unknown flag --confg; did you mean --config\?/)
    refused('--zzzzzzz').toThrow(/unknown flag --zzzzzzz$/)
    refused('--constructor').toThrow(/unknown flag --constructor/)
    refused('-x').toThrow(/unknown flag -x/)
    refused('acount', 'open').toThrow(/unknown command acount open; did you mean account open\?/)
    refused('ledger', 'more').toThrow(/unexpected: more/)
  })

  test('a value where none belongs, or none where one does', () => {
    refused('--config').toThrow(/--config needs a value: --config FILE/)
    refused('--config', '--hold').toThrow(/--config needs a value/)
    refused('--hold=yes').toThrow(/--hold takes no value/)
  })

  test('help says everything there is', () => {
    expect(readCommandLine(description, ['account', 'open', '--help'])).toBe('help')
    const help = helpText(description)
    for (const word of ['keeps accounts', 'account open', 'ledger', '--config FILE', '--hold', '--help']) {
      expect(help).toContain(word)
    }
  })
})

/** A program of a few lines, run for real. */
function program(body: string, stdio: 'pipe' | 'ipc' = 'pipe'): ChildProcess {
  const source = `
    import { runMain } from './run-main.ts'
    import { OperatingError } from './operating-error.ts'
    runMain({ program: 'p', summary: 's', usage: [], flags: {} }, async (line, stopping) => { ${body} })`
  return spawn(process.execPath, ['--input-type=module-typescript', '--eval', source], {
    cwd: import.meta.dirname,
    stdio: ['ignore', 'pipe', 'pipe', stdio],
  })
}

async function ended(child: ChildProcess) {
  const [[code, signal], stdout, stderr] = await Promise.all([
    once(child, 'exit'),
    child.stdout ? text(child.stdout) : '',
    child.stderr ? text(child.stderr) : '',
  ])
  return { code, signal, stdout, stderr }
}

const staying = `const alive = setInterval(() => {}, 1000)
  return { ready: { port: 7 }, stop: async () => { console.log('stopped'); clearInterval(alive) } }`

describe('a process', () => {
  test('that is done exits 0', async () => {
    expect(await ended(program(`console.log('done')`))).toMatchObject({ code: 0, stdout: 'done\n' })
  })

  test('tells an operating error in two lines, without a number, and exits 1', async () => {
    const body = `throw new OperatingError({ code: 'c', message: 'no +33612345678', advice: 'do this' })`
    expect(await ended(program(body))).toEqual({
      code: 1,
      signal: null,
      stdout: '',
      stderr: 'no +33•••••678\ndo this\n',
    })
  })

  test('tells anything else with its stack, wherever it is thrown', async () => {
    for (const body of [
      `throw new RangeError('odd')`,
      `setTimeout(() => { throw new RangeError('odd') }); ${staying}`,
      `setTimeout(() => { Promise.reject(new RangeError('odd')) }); ${staying}`,
    ]) {
      const { code, stderr } = await ended(program(body))
      expect(code).toBe(1)
      expect(stderr).toMatch(/RangeError: odd\n\s+at /)
    }
  })

  test('says it is ready, stops in order on SIGTERM and SIGINT', async () => {
    for (const signal of ['SIGTERM', 'SIGINT'] as const) {
      const child = program(staying, 'ipc')
      expect(await once(child, 'message')).toEqual([{ type: 'ready', port: 7 }, undefined])
      child.kill(signal)
      expect(await ended(child)).toMatchObject({ code: 0, stdout: 'stopped\n' })
    }
  })

  test('stops when its parent is gone', async () => {
    const child = program(staying, 'ipc')
    await once(child, 'message')
    child.disconnect()
    expect(await ended(child)).toMatchObject({ code: 0, stdout: 'stopped\n' })
  })

  test('stops when its parent went before it was ready', async () => {
    const child = program(
      `if (!stopping.aborted) await new Promise((go) => stopping.onabort = go); ${staying}`,
      'ipc',
    )
    child.disconnect()
    expect(await ended(child)).toMatchObject({ code: 0, stdout: 'stopped\n' })
  })

  test('takes a Ctrl-C that comes twice for one', async () => {
    const child = program(
      `const alive = setInterval(() => {}, 1000)
       return { stop: () => new Promise((done) => {
         process.once('SIGINT', () => setImmediate(done))
         process.send({ type: 'stopping' })
       }) }`,
      'ipc',
    )
    await once(child, 'message')
    child.kill('SIGINT')
    await once(child, 'message')
    child.kill('SIGINT')
    expect(await ended(child)).toMatchObject({ code: 0 })
  })

  test('ends at once when it is asked twice', async () => {
    const child = program(
      `const alive = setInterval(() => {}, 1000)
       return { stop: () => new Promise(() => process.send({ type: 'stopping' })) }`,
      'ipc',
    )
    await once(child, 'message')
    child.kill('SIGTERM')
    await once(child, 'message')
    child.kill('SIGTERM')
    expect(await ended(child)).toMatchObject({ code: 130 })
  })
})
