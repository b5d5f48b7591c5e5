// A real PostgreSQL without installing one: the binaries come from npm, listen on loopback and on a socket in
// their own folder, and keep fsync on. The server has a session of its own: neither Ctrl-C nor our being
// killed ends it, and the next start takes it over. For the bench, a first look and tests; a deployment names
// its own database. Who starts it, stops it.
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
    const running = await runningPlace(home, password)
    if (running !== undefined) return new RunningPostgres(home, password, running)
    const port = options.port || (await freePorts(1))[0] || 0
    const place = { port, socketFolder: socketFolderOf(home, port) }
    const refusal = await startServer(home, place)
    if (refusal === undefined) return new RunningPostgres(home, password, place)
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

/** Where it listens; without a socket's folder on loopback alone. */
interface Place {
  readonly port: number
  readonly socketFolder: string
}

class RunningPostgres implements EmbeddedPostgres {
  readonly adminUrl: string
  readonly #home: Home
  readonly #password: string
  readonly #place: Place

  constructor(home: Home, password: string, place: Place) {
    this.#home = home
    this.#password = password
    this.#place = place
    this.adminUrl = adminUrl(password, place)
  }

  get port(): number {
    return this.#place.port
  }

  databaseUrl(name: string): string {
    return adminUrl(this.#password, this.#place, name)
  }

  async stop(): Promise<void> {
    const { pg_ctl } = this.#home.binaries
    const stopping = ['-D', clusterOf(this.#home), '-m', 'fast', '-w', '-t', '30', 'stop']
    const { status, output } = await run(this.#home, pg_ctl, stopping)
    if (status !== 0 && (await runningPlace(this.#home, this.#password)) !== undefined) {
      throw failed('stop', this.#home, output)
    }
  }
}

const clusterOf = (home: Home) => join(home.path, 'cluster')
const logOf = (home: Home) => join(home.path, 'postgres.log')

/** Over the socket where there is one: a trip costs both ends a quarter less than over loopback. */
function adminUrl(password: string, { port, socketFolder }: Place, database = 'postgres'): string {
  const url = `postgres://postgres:${password}@127.0.0.1:${port}/${database}`
  return socketFolder === '' ? url : `${url}?host=${encodeURIComponent(socketFolder)}`
}

/** A socket's whole path has 107 bytes at most, and a list of folders is parted by commas. */
function socketFolderOf({ path }: Home, port: number): string {
  const fits = Buffer.byteLength(`${path}/.s.PGSQL.${port}.lock`) <= 107
  return fits && /^[\w./-]+$/.test(path) ? path : ''
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
 * After a power cut the number in the pid file, or in a socket's lock, may be another program's, and
 * PostgreSQL would wait for its end.
 */
function forgetStaleServer(home: Home): void {
  if (process.platform !== 'linux') return
  const locks = readdirSync(home.path).filter((name) => /^\.s\.PGSQL\.\d+\.lock$/.test(name))
  for (const name of ['cluster/postmaster.pid', ...locks]) {
    const file = join(home.path, name)
    // A server that ends takes its files along.
    const pid = existsSync(file) ? readFileSync(file, 'utf8').split('\n')[0] : ''
    const program = `/proc/${pid}/comm`
    const isAlive = pid !== '' && existsSync(program)
    if (isAlive && readFileSync(program, 'utf8').trim() !== 'postgres') rmSync(file, { force: true })
  }
}

/** Where the server in this home listens, if it answers there and knows our password. */
async function runningPlace(home: Home, password: string): Promise<Place | undefined> {
  let lines: string[]
  try {
    lines = readFileSync(join(clusterOf(home), 'postmaster.pid'), 'utf8').split('\n')
  } catch {
    return undefined
  }
  const place = { port: Number(lines[3]), socketFolder: lines[4] ?? '' }
  if (lines[7]?.trim() !== 'ready') return undefined
  const client = new pg.Client({ connectionString: adminUrl(password, place), connectionTimeoutMillis: 2000 })
  client.on('error', () => {})
  try {
    await client.connect()
    return place
  } catch {
    return undefined
  } finally {
    await client.end()
  }
}

/** @returns undefined once it accepts connections; otherwise what it said */
async function startServer(home: Home, { port, socketFolder }: Place): Promise<string | undefined> {
  const settings = [
    `-p ${port}`,
    `-c listen_addresses=127.0.0.1`,
    `-c unix_socket_directories='${socketFolder}'`,
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
