// Around a whole test run: names the folder of its PostgreSQL, which the first test that needs one starts,
// and stops and deletes it at the end. What a killed run left behind is ended by the next one.
import { existsSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { startEmbeddedPostgres } from './embedded-postgres.ts'
import { directoryVariable } from './test-database.ts'

const prefix = `concilia-test-${process.getuid?.() ?? 'user'}-`

export default async function setup(): Promise<() => Promise<void>> {
  if (Number.parseInt(process.versions.node, 10) < 24) {
    throw new Error(`This is Node.js ${process.versions.node}. Run tests with: npm test -- [FOLDER]`)
  }
  for (const name of readdirSync(tmpdir())) {
    const pid = name.startsWith(prefix) && Number(name.slice(prefix.length))
    if (pid && !isAlive(pid)) await remove(join(tmpdir(), name))
  }
  const directory = join(tmpdir(), `${prefix}${process.pid}`)
  process.env[directoryVariable] = directory
  return () => remove(directory)
}

async function remove(directory: string): Promise<void> {
  if (existsSync(join(directory, 'cluster', 'postmaster.pid'))) {
    // Taken over where it runs; where it was killed, started once more, as only so can it be stopped for
    // certain.
    await (await startEmbeddedPostgres({ directory, port: 0 })).stop()
  }
  rmSync(directory, { recursive: true, force: true })
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch (error) {
    return error instanceof Error && 'code' in error && error.code === 'EPERM'
  }
}
