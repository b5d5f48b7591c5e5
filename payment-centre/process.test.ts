// The payment centre as a process on a real PostgreSQL: the operator's commands, a whole purchase over a
// socket, and being killed under load again and again without a cent or an answer lost.
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { Agent, request } from 'node:http'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { issue } from '@concilia/platform/enrolment.ts'
import { type Identity, readIdentity } from '@concilia/platform/identity.ts'
import { type TestDatabase, testDatabase } from '@concilia/platform/test-database.ts'
import { paths } from '@concilia/protocol/carrier-billing.ts'
import { promise, slipKind } from '@concilia/protocol/promises.ts'
import { sha256 } from '@concilia/protocol/random.ts'
import { afterAll, beforeAll, expect, test, vi } from 'vitest'
import { migrationsFolder } from './centre.ts'

// Processes start slowly where other tests run beside them.
vi.setConfig({ testTimeout: 120_000 })

const folder = mkdtempSync(join(tmpdir(), 'payment-centre-'))
const configuration = join(folder, 'centre.toml')
const secretFile = join(folder, 'client-secret')
const agent = new Agent({ keepAlive: true, maxSockets: 32 })
const running = new Set<ChildProcess>()
let database: TestDatabase
let automaton: Identity

beforeAll(async () => {
  database = await testDatabase(migrationsFolder)
  const identity = await issue(folder, { id: 'centre', role: 'payment-centre', seller: '' }, Date.now())
  automaton = readIdentity(await issue(folder, { id: 'a-1', role: 'automaton', seller: 'acme' }, Date.now()))
  writeFileSync(
    configuration,
    `identity = ${JSON.stringify(identity)}
sweepMs = 50
[listen]
port = 0
[caps]
purchasesPerHour = 100000
[caps.currencies.EUR]
purchaseMinor = 5000
dayMinor = 10000000
monthMinor = 10000000
`,
  )
})
afterAll(async () => {
  for (const child of running) child.kill('SIGKILL')
  agent.destroy()
  await database.drop()
  rmSync(folder, { recursive: true })
})

function start(words: readonly string[], environment: NodeJS.ProcessEnv = { DATABASE_URL: database.url }) {
  const child = spawn(
    process.execPath,
    [join(import.meta.dirname, 'main.ts'), ...words, '--config', configuration],
    {
      env: { PATH: process.env.PATH, ...environment },
      stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
    },
  )
  running.add(child)
  child.once('exit', () => running.delete(child))
  let said = ''
  child.stdout?.on('data', (bytes: Buffer) => {
    said += bytes
  })
  child.stderr?.on('data', (bytes: Buffer) => {
    said += bytes
  })
  return { child, said: () => said }
}

async function command(...words: string[]): Promise<{ code: number; said: string }> {
  const { child, said } = start(words)
  const [code] = await once(child, 'close')
  return { code, said: said().trim() }
}

async function serving(): Promise<{ child: ChildProcess; port: number; said: () => string }> {
  const { child, said } = start([])
  const ended = once(child, 'close').then(() => {
    throw new Error(`the centre ended: ${said()}`)
  })
  const [message] = await Promise.race([once(child, 'message'), ended])
  ended.catch(() => {})
  return { child, port: message.port, said }
}

interface Answer {
  readonly status: number
  readonly text: string
}

function send(port: number, path: string, body: string, authorization: string): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const headers = {
      authorization,
      'content-type': 'application/json',
      'content-length': Buffer.byteLength(body),
    }
    const asked = request({ host: '127.0.0.1', port, path, method: 'POST', agent, headers }, (answer) => {
      let text = ''
      answer.setEncoding('utf8')
      answer.on('data', (part: string) => {
        text += part
      })
      answer.on('end', () => resolve({ status: answer.statusCode ?? 0, text }))
      answer.on('error', reject)
    })
    asked.on('error', reject)
    asked.end(body)
  })
}

async function bearer(port: number): Promise<string> {
  const credentials = Buffer.from(`server:${readFileSync(secretFile, 'utf8').trim()}`).toString('base64')
  const { text } = await send(port, paths.token, 'grant_type=client_credentials', `Basic ${credentials}`)
  return `Bearer ${JSON.parse(text).access_token}`
}

function charge(key: string): string {
  const slip = promise(slipKind, automaton.signer, {
    offerHash: sha256(key),
    amountMinor: 150,
    currency: 'EUR',
    seller: 'acme',
    waitMs: 180_000,
  })
  return JSON.stringify({
    amountTransaction: {
      phoneNumber: '+33612345678',
      clientCorrelator: key,
      referenceCode: key,
      paymentAmount: { chargingInformation: { amount: 1.5, currency: 'EUR', description: 'Acme 4021' } },
    },
    priceSlip: slip,
    consent: { identificationId: 'i', channel: 'text', by: 'code', at: 1 },
  })
}

test('the commands of the operator: sellers, clients, accounts, and the books', async () => {
  expect(await command('seller', 'add', '--id', 'acme', '--name', 'Acme Vending')).toMatchObject({ code: 0 })
  const added = await command(
    'client',
    'add',
    '--id',
    'server',
    '--sellers',
    'acme',
    '--secret-file',
    secretFile,
  )
  expect(added).toMatchObject({ code: 0 })
  expect(statSync(secretFile).mode & 0o777).toBe(0o600)
  expect(statSync(join(folder, 'payment-centre-keys.json')).mode & 0o777).toBe(0o600)
  const open = ['account', 'open', '--subscriber', '+33612345678', '--balance', '3000.00']
  expect(await command(...open)).toMatchObject({
    code: 0,
    said: expect.stringContaining('balance: 3000.00 EUR'),
  })
  expect(await command(...open)).toMatchObject({
    code: 1,
    said: expect.stringContaining('has an account already'),
  })
  expect(
    await command('account', 'top-up', '--subscriber', '+33612345678', '--amount', '1.005'),
  ).toMatchObject({ code: 2 })
  const other = ['account', 'open', '--subscriber', '+33687654321']
  expect(await command(...other)).toMatchObject({ code: 0 })
  const topUp = (amount: string, ...more: string[]) =>
    command('account', 'top-up', '--subscriber', '+33687654321', '--amount', amount, ...more)
  expect(await topUp('5.00', '--key', 'R/17')).toMatchObject({
    code: 0,
    said: expect.stringMatching(/balance: 5\.00 EUR[\s\S]*key: R\/17\ntopUp: 5\.00 EUR added/),
  })
  expect(await topUp('5.00', '--key', 'R/17')).toMatchObject({
    code: 0,
    said: expect.stringMatching(/balance: 5\.00 EUR[\s\S]*topUp: done before, nothing is changed/),
  })
  expect(await topUp('6.00', '--key', 'R/17')).toMatchObject({
    code: 1,
    said: expect.stringContaining('This key stands for another top-up.'),
  })
  expect(await topUp('6.00', '--key', 'R 17')).toMatchObject({ code: 2 })
  const made = await topUp('1.00')
  expect(made).toMatchObject({ code: 0, said: expect.stringContaining('balance: 6.00 EUR') })
  const key = /^key: ([\da-f-]{36})$/m.exec(made.said)?.[1] ?? ''
  expect(await topUp('1.00', '--key', key)).toMatchObject({
    code: 0,
    said: expect.stringContaining('balance: 6.00 EUR'),
  })
  const shown = await command('account', 'show', '--subscriber', '+33612345678')
  expect(shown.said).toContain('+33•••••678')
  expect(shown.said).not.toContain('612345')
  expect(await command('ledger', 'check')).toMatchObject({
    code: 0,
    said: expect.stringContaining('the books are right'),
  })
})

/** A load of purchases that goes on over restarts, and remembers what was answered. */
class Load {
  readonly answered = new Map<string, string>()
  readonly #bodies: ReadonlyMap<string, string>

  constructor(size: number) {
    this.#bodies = new Map(
      Array.from({ length: size }, (_, index) => [`key-${index}`, charge(`key-${index}`)]),
    )
  }

  get isDone(): boolean {
    return this.answered.size === this.#bodies.size
  }

  /**
   * Asks fifty of what was answered before, then all that was not, until a request is cut off or all is done.
   * What the centre cannot answer now (503) is asked again with its key, as the answer says.
   * @param killAfter new answers after which `kill` is called
   */
  async run(port: number, killAfter: number, kill: () => void): Promise<void> {
    const authorization = await bearer(port)
    await send(port, paths.certificates, JSON.stringify({ chain: automaton.chain }), authorization)
    const before = this.answered.size
    const waiting = [...this.#bodies.keys()].filter((key) => !this.answered.has(key))
    const work = [...[...this.answered.keys()].slice(-50), ...waiting]
    let isCut = false
    const worker = async () => {
      for (let key = work.shift(); key !== undefined && !isCut; key = work.shift()) {
        const answer = await send(port, paths.payments, this.#bodies.get(key) ?? '', authorization).catch(
          () => undefined,
        )
        if (answer?.status === 503) work.push(key)
        else if (answer) this.#remember(key, answer)
        else isCut = true
        if (this.answered.size - before >= killAfter) kill()
      }
    }
    await Promise.all(Array.from({ length: 24 }, worker))
  }

  #remember(key: string, { status, text }: Answer): void {
    expect(status, text).toBe(201)
    expect(this.answered.get(key) ?? text).toBe(text)
    this.answered.set(key, text)
  }
}

test('killed under load, again and again: no answer changes and nothing is charged twice', async () => {
  const load = new Load(1000)
  for (let kills = 0; kills < 4; kills++) {
    const { child, port } = await serving()
    const gone = once(child, 'close')
    await load.run(port, 100, () => child.kill('SIGKILL'))
    await gone
  }
  expect(load.isDone).toBe(false)
  const centre = await serving()
  await load.run(centre.port, Number.POSITIVE_INFINITY, () => {})
  expect(load.isDone).toBe(true)
  const paymentIds = [...load.answered.values()].map((text) => JSON.parse(text).paymentId)
  expect(new Set(paymentIds).size).toBe(1000)
  const shown = await command('account', 'show', '--subscriber', '+33612345678')
  expect(shown.said).toContain('balance: 1500.00 EUR')
  expect((await command('ledger', 'check')).said).toContain('the books are right')
  const balances = await command('operator', 'balances', '--id', 'acme')
  expect(balances.said).toMatch(/acme +unsettled +1500\.00 EUR/)
  expect(centre.said()).not.toContain('612345678')
  expect(centre.said()).toContain('"step":"ST131"')
  const stopped = once(centre.child, 'close')
  centre.child.kill('SIGTERM')
  expect((await stopped)[0]).toBe(0)
})

test('what a person has to put right is said in words, with an exit code', async () => {
  const { child, said } = start([], {})
  expect((await once(child, 'close'))[0]).toBe(1)
  expect(said()).toMatch(/DATABASE_URL is not set/)
  const away = start([], { DATABASE_URL: 'postgres://nobody:secret@127.0.0.1:1/none' })
  expect((await once(away.child, 'close'))[0]).toBe(1)
  expect(away.said()).not.toContain('secret')
  const taken = createServer().listen(0, '127.0.0.1')
  await once(taken, 'listening')
  const address = taken.address()
  const port = typeof address === 'object' ? address?.port : 0
  const before = readFileSync(configuration, 'utf8')
  writeFileSync(configuration, before.replace('port = 0', `port = ${port}`))
  const other = start([])
  expect((await once(other.child, 'close'))[0]).toBe(1)
  expect(other.said()).toContain(`Port ${port} of 127.0.0.1 is taken`)
  writeFileSync(configuration, before)
  taken.close()
  rmSync(join(folder, 'payment-centre-keys.json'))
  expect(await command('ledger', 'check')).toMatchObject({
    code: 1,
    said: expect.stringContaining('only it can find'),
  })
})
