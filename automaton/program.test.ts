// The program as an operator runs it: its own process, its own files, its words when something is wrong.
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { type AddressInfo, createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { issue } from '@concilia/platform/enrolment.ts'
import { Aedes } from 'aedes'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'

const main = fileURLToPath(new URL('main.ts', import.meta.url))
const running = new Set<ChildProcess>()
let folder: string
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'concilia-automaton-'))
})
afterEach(async () => {
  for (const child of running) {
    child.kill('SIGKILL')
    await once(child, 'exit')
  }
  rmSync(folder, { recursive: true, force: true })
})

interface Run {
  readonly child: ChildProcess
  out(): string
  error(): string
  /** The code it exits with. */
  readonly ended: Promise<number | null>
  /** Until its output says this. */
  says(words: string): Promise<void>
}

function run(...words: string[]): Run {
  const child = spawn(process.execPath, [main, ...words], {
    stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
    env: { ...process.env, NODE_COMPILE_CACHE: join(tmpdir(), 'concilia-compile-cache') },
  })
  running.add(child)
  let [out, error] = ['', '']
  const heard = new Set<() => void>()
  child.stdout?.on('data', (bytes) => {
    out += bytes
    for (const check of heard) check()
  })
  child.stderr?.on('data', (bytes) => {
    error += bytes
  })
  const ended = once(child, 'close').then(([code]) => {
    running.delete(child)
    return code
  })
  const says = (expected: string) =>
    new Promise<void>((resolve, reject) => {
      const check = () => {
        if (out.includes(expected)) resolve()
      }
      heard.add(check)
      void ended.then(() => reject(new Error(`it ended without saying ${expected}: ${out}${error}`)))
      check()
    })
  return { child, out: () => out, error: () => error, ended, says }
}

async function configured(changes = ''): Promise<string> {
  const at = Date.now()
  const identity = await issue(folder, { id: 'automaton-4021', role: 'automaton', seller: 'acme' }, at)
  const file = join(folder, 'automaton.toml')
  writeFileSync(
    file,
    `machineNumber = "4021"\ncurrency = "EUR"\nidentity = "${identity}"\njournal = "journal.db"\n${changes}
[serial]\npath = "${join(folder, 'no-such-port')}"\n[link]\nurl = "mqtt://127.0.0.1:${port}"\n`,
  )
  return file
}
let port = 1

describe('the automaton as a program', () => {
  test('helps', async () => {
    const { ended, out } = run('--help')
    expect([await ended, out()]).toEqual([0, expect.stringContaining('node automaton/main.ts --config FILE')])
  })

  test.each<[string, number, RegExp, () => Promise<string[]>]>([
    ['no configuration', 2, /--config FILE is needed/, async () => []],
    ['a missing file', 1, /cannot be read \(ENOENT\)/, async () => ['--config', join(folder, 'none.toml')]],
    [
      'a mistyped key',
      1,
      /unknown key languag; did you mean language\?/,
      async () => ['--config', await configured('languag = "fr"')],
    ],
    [
      'limits that contradict each other',
      1,
      /offerWaitMs \(245000\) must not exceed readerLimitMs - marginMs/,
      async () => ['--config', await configured('limits.offerWaitMs = 245000')],
    ],
    [
      'the identity of another role',
      1,
      /is that of a payment-centre/,
      async () => {
        const file = await configured()
        const other = await issue(folder, { id: 'centre', role: 'payment-centre', seller: '' }, Date.now())
        const text = readFileSync(file, 'utf8').replace(/identity = .*/, `identity = "${other}"`)
        writeFileSync(file, text)
        return ['--config', file]
      },
    ],
    [
      'a broker elsewhere without TLS',
      1,
      /in the clear[\s\S]*Use an mqtts:\/\/ address/,
      async () => {
        const file = await configured()
        writeFileSync(file, readFileSync(file, 'utf8').replace('127.0.0.1', 'broker.example'))
        return ['--config', file]
      },
    ],
  ])('says what is wrong with %s', async (_, code, words, line) => {
    const { ended, error } = run(...(await line()))
    expect(await ended).toBe(code)
    expect(error()).toMatch(words)
  })

  test('is ready without its port and its broker, finds the broker later, and stops in order', async () => {
    const server = createServer({ noDelay: true })
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    port = (server.address() as AddressInfo).port
    const broker = await Aedes.createBroker()
    server.on('connection', broker.handle)
    const births = once(broker, 'publish', { signal: AbortSignal.timeout(20_000) })
    const automaton = run('--config', await configured())
    const [ready] = await once(automaton.child, 'message')
    expect(ready).toEqual({ type: 'ready' })
    await automaton.says('"step":"ST1"')
    await automaton.says('no-such-port')
    await births
    await automaton.says('connected to the broker')

    const second = run('--config', join(folder, 'automaton.toml'))
    expect(await second.ended).toBe(1)
    expect(second.error()).toMatch(/is held by another process[\s\S]*Stop the other automaton/)

    const resident = /VmRSS:\s+(\d+) kB/.exec(readFileSync(`/proc/${automaton.child.pid}/status`, 'utf8'))
    expect(Number(resident?.[1]) / 1024, 'megabytes resident').toBeLessThan(100)
    automaton.child.kill('SIGTERM')
    expect(await automaton.ended).toBe(0)
    await new Promise<void>((resolve) => broker.close(() => resolve()))
    server.close()
  })
})
