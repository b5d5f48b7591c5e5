// A real PostgreSQL without installing one: the binaries come from npm, listen on loopback alone and keep
// fsync on. The server has a session of its own: neither Ctrl-C nor our being killed ends it, and the next
// start takes it over. For the bench, a first look and tests; a deployment names its own database. Who starts
// it, stops it.
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import {
  chownSync,
  existsSync,
  linkSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs'
import { join, resolve } from 'node:path'
import pg from 'pg'
import { type Home, prepareHome } from './embedded-postgres-home.ts'
import { freePorts } from './free-ports.ts'
import { OperatingError } from './operating-error.ts'
import { systemClock } from './system-clock.ts'
import { systemRandom } from './system-random.ts'

export interface EmbeddedPostgres {
  readonly port: number
  /** Of the superuser: for `createDatabase`, never for a program. */
  readonly adminUrl: string
  /** The superuser's address of another database of the same server. */
  databaseUrl(name: string): string
  /** Ends every session (they see 57P01) and waits until the server has gone. */
  stop(): Promise<void>
}

/**
 * Makes the cluster on the first start, starts the server, or takes over the one that runs in this directory
 * already.
 * @param directory where it keeps everything; nothing else may be in it
 * @param port 0 chooses a free one; ignored when a running server is taken over
 * Rejects with an OperatingError: `port-taken` or `embedded-postgres-failed`.
 */
export async function startEmbeddedPostgres(options: {
  readonly directory: string
  readonly port: number
}): Promise<EmbeddedPostgres> {
  const home = await prepareHome(resolve(options.directory))
  const password = keptPassword(home)
  await makeCluster(home)
  forgetStaleServer(home)
  for (let attempt = 0; attempt < 40; attempt++) {
    const running = await runningPort(home, password)
    if (running !== undefined) return new RunningPostgres(home, password, running)
    const port = options.port || (await freePorts(1))[0] || 0
    const refusal = await startServer(home, port)
    if (refusal === undefined) return new RunningPostgres(home, password, port)
    if (/Address already in use/.test(refusal) && options.port !== 0) throw portTaken(port)
    if (!passing.test(refusal)) throw failed('start', home, refusal)
    await new Promise<void>((done) => systemClock.after(250, done))
  }
  throw failed('start', home, 'Another process is starting or stopping it, and does not come to an end.')
}

/**
 * Reasons that pass: another process starts it, the children of a killed server still run, a chosen port was
 * lost.
 */
const passing = /Address already in use|lock file ".*" already exists|pre-existing shared memory block/

class RunningPostgres implements EmbeddedPostgres {
  readonly port: number
  readonly adminUrl: string
  readonly #home: Home
  readonly #password: string

  constructor(home: Home, password: string, port: number) {
    this.#home = home
    this.#password = password
    this.port = port
    this.adminUrl = adminUrl(password, port)
  }

  databaseUrl(name: string): string {
    return adminUrl(this.#password, this.port, name)
  }

  async stop(): Promise<void> {
    const { pg_ctl } = this.#home.binaries
    const stopping = ['-D', clusterOf(this.#home), '-m', 'fast', '-w', '-t', '30', 'stop']
    const { status, output } = await run(this.#home, pg_ctl, stopping)
    if (status !== 0 && (await runningPort(this.#home, this.#password)) !== undefined) {
      throw failed('stop', this.#home, output)
    }
  }
}

const clusterOf = (home: Home) => join(home.path, 'cluster')
const logOf = (home: Home) => join(home.path, 'postgres.log')

function adminUrl(password: string, port: number, database = 'postgres'): string {
  return `postgres://postgres:${password}@127.0.0.1:${port}/${database}`
}

/** Linked into place when complete: of two that start at once, both use the same. */
function keptPassword(home: Home): string {
  const path = join(home.path, 'password')
  if (!existsSync(path)) {
    if (existsSync(clusterOf(home))) throw failed('start', home, 'Its file `password` is gone.')
    const unfinished = mkdtempSync(join(home.path, 'unfinished-'))
    const made = join(unfinished, 'password')
    writeFileSync(made, Buffer.from(systemRandom.bytes(24)).toString('base64url'), { mode: 0o600 })
    if (home.user) chownSync(made, home.user.uid, home.user.gid)
    try {
      linkSync(made, path)
    } catch (error) {
      if (!existsSync(path)) throw error
    }
  }
  return readFileSync(path, 'utf8')
}

/**
 * Into a temporary folder that is renamed when complete: a cluster broken off half made cannot be made again.
 */
async function makeCluster(home: Home): Promise<void> {
  const cluster = clusterOf(home)
  if (!existsSync(cluster)) {
    const unfinished = mkdtempSync(join(home.path, 'unfinished-'))
    if (home.user) chownSync(unfinished, home.user.uid, home.user.gid)
    const made = join(unfinished, 'cluster')
    const login = ['--username=postgres', '--auth=scram-sha-256', `--pwfile=${join(home.path, 'password')}`]
    // UTF-8 whatever the environment says: with LANG unset initdb would make an ASCII database.
    const text = ['--encoding=UTF8', '--locale=C', '--locale-provider=builtin', '--builtin-locale=C.UTF-8']
    const { status, output } = await run(home, home.binaries.initdb, ['-D', made, ...login, ...text])
    try {
      if (status === 0) renameSync(made, cluster)
    } catch (error) {
      if (!existsSync(cluster)) throw error
    }
    if (!existsSync(cluster)) throw failed('make', home, output)
  }
  for (const name of readdirSync(home.path)) {
    if (name.startsWith('unfinished-')) rmSync(join(home.path, name), { recursive: true, force: true })
  }
}

/**
 * After a power cut the number in the pid file may be another program's, and PostgreSQL would wait for its
 * end.
 */
function forgetStaleServer(home: Home): void {
  const pidFile = join(clusterOf(home), 'postmaster.pid')
  if (process.platform !== 'linux' || !existsSync(pidFile)) return
  const pid = readFileSync(pidFile, 'utf8').split('\n')[0]
  const name = `/proc/${pid}/comm`
  if (existsSync(name) && readFileSync(name, 'utf8').trim() !== 'postgres') rmSync(pidFile)
}

/** The port of the server in this home, if one answers there and knows our password. */
async function runningPort(home: Home, password: string): Promise<number | undefined> {
  let lines: string[]
  try {
    lines = readFileSync(join(clusterOf(home), 'postmaster.pid'), 'utf8').split('\n')
  } catch {
    return undefined
  }
  const port = Number(lines[3])
  if (lines[7]?.trim() !== 'ready') return undefined
  const client = new pg.Client({ connectionString: adminUrl(password, port), connectionTimeoutMillis: 2000 })
  client.on('error', () => {})
  try {
    await client.connect()
    return port
  } catch {
    return undefined
  } finally {
    await client.end()
  }
}

/** @returns undefined once it accepts connections; otherwise what it said */
async function startServer(home: Home, port: number): Promise<string | undefined> {
  const settings = [
    `-p ${port}`,
    `-c listen_addresses=127.0.0.1`,
    `-c unix_socket_directories=''`,
    // Without DETAIL and statement: they would carry rows, hence phone numbers.
    `-c log_error_verbosity=terse`,
    `-c log_min_error_statement=panic`,
  ]
  const before = statSync(logOf(home), { throwIfNoEntry: false })?.size ?? 0
  const starting = ['-D', clusterOf(home), '-w', '-t', '30', '-l', logOf(home), '-o', settings.join(' ')]
  const { status } = await run(home, home.binaries.pg_ctl, [...starting, 'start'], 'ignore')
  if (status === 0) return undefined
  return existsSync(logOf(home)) ? readFileSync(logOf(home)).subarray(before).toString('utf8') : ''
}

/** @param output `ignore` when a server is left behind: it would hold our pipe open */
async function run(home: Home, program: string, args: string[], output: 'pipe' | 'ignore' = 'pipe') {
  const child = spawn(program, args, {
    ...home.user,
    cwd: '/',
    env: { LC_ALL: 'C', PATH: process.env.PATH ?? '/usr/bin:/bin' },
    stdio: ['ignore', output, output],
  })
  const said: Buffer[] = []
  child.stdout?.on('data', (bytes: Buffer) => said.push(bytes))
  child.stderr?.on('data', (bytes: Buffer) => said.push(bytes))
  try {
    const [status] = await once(child, output === 'pipe' ? 'close' : 'exit')
    return { status: status as number | null, output: Buffer.concat(said).toString('utf8') }
  } catch (error) {
    return { status: null, output: String(error) }
  }
}

function portTaken(port: number): OperatingError {
  return new OperatingError({
    code: 'port-taken',
    message: `Port ${port} of 127.0.0.1, meant for PostgreSQL, is taken by another program.`,
    advice: 'End that program, or choose another port for PostgreSQL.',
  })
}

function failed(what: string, home: Home, said: string): OperatingError {
  const tail = said.trim().split('\n').slice(-5).join('\n')
  return new OperatingError({
    code: 'embedded-postgres-failed',
    message: `PostgreSQL in ${home.path} did not ${what}. ${tail}`,
    advice: `See ${logOf(home)}; or set DATABASE_URL to a PostgreSQL of your own.`,
  })
}
