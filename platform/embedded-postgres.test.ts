import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { chmodSync, mkdtempSync, readFileSync, realpathSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import pg from 'pg'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { createDatabase } from './create-database.ts'
import { type EmbeddedPostgres, startEmbeddedPostgres } from './embedded-postgres.ts'

const folders: string[] = []
let directory: string
let server: EmbeddedPostgres

function folder(): string {
  const made = mkdtempSync(join(tmpdir(), 'concilia-embedded-'))
  folders.push(made)
  return made
}

beforeAll(async () => {
  directory = folder()
  server = await startEmbeddedPostgres({ directory, port: 0 })
})

afterAll(async () => {
  await server.stop()
  for (const made of folders.reverse()) rmSync(made, { recursive: true })
})

async function ask(url: string, statement: string): Promise<Record<string, unknown>[]> {
  const client = new pg.Client({ connectionString: url })
  await client.connect()
  try {
    return (await client.query(statement)).rows
  } finally {
    await client.end()
  }
}

function postmasterPid(): number {
  return Number(readFileSync(join(directory, 'cluster/postmaster.pid'), 'utf8').split('\n')[0])
}

test('keeps fsync on and text in UTF-8, whatever the environment says', async () => {
  const rows = await ask(
    server.adminUrl,
    `select current_setting('fsync') f, current_setting('server_encoding') e`,
  )
  expect(rows).toEqual([{ f: 'on', e: 'UTF8' }])
})

test('below a folder that others may not enter it lives where its user can reach it', async () => {
  const closed = folder()
  const inside = join(closed, 'data/postgres')
  const start = () => startEmbeddedPostgres({ directory: inside, port: 0 })
  const first = await start()
  await createDatabase(first.adminUrl, 'kept')
  await first.stop()
  const second = await start()
  await expect(ask(second.databaseUrl('kept'), 'select 1 as one')).resolves.toEqual([{ one: 1 }])
  await second.stop()
  folders.push(realpathSync(inside))
})

const clientPort = 'select client_port as port from pg_stat_activity where pid = pg_backend_pid()'

test('its sessions come over a socket in its folder', async () => {
  expect(await ask(server.databaseUrl('postgres'), clientPort)).toEqual([{ port: -1 }])
})

test('a second start takes the running server over, whatever port it asks for', async () => {
  const again = await startEmbeddedPostgres({ directory, port: 1 })
  expect(again.adminUrl).toBe(server.adminUrl)
})

test('starts at the same time end up with one server; a path too long for a socket has loopback', async () => {
  const other = join(folder(), 'p'.repeat(90))
  chmodSync(dirname(other), 0o711)
  const start = () => startEmbeddedPostgres({ directory: other, port: 0 })
  const servers = await Promise.all([start(), start(), start()])
  expect(new Set(servers.map(({ adminUrl }) => adminUrl)).size).toBe(1)
  const [session] = await ask(servers[0].adminUrl, clientPort)
  expect(Number(session?.port)).toBeGreaterThan(0)
  await servers[0].stop()
})

test('stopped and started again, it has its data and its passwords; after kill -9 as well', async () => {
  const url = await createDatabase(server.adminUrl, 'kept', 'keeper')
  await ask(url, 'create table kept (n int)')
  await ask(url, 'insert into kept values (7)')
  const { port } = server
  await server.stop()
  server = await startEmbeddedPostgres({ directory, port })
  expect(server.port).toBe(port)
  expect(await ask(url, 'select n from kept')).toEqual([{ n: 7 }])
  process.kill(postmasterPid(), 'SIGKILL')
  server = await startEmbeddedPostgres({ directory, port })
  expect(await ask(url, 'select n from kept')).toEqual([{ n: 7 }])
})

test('stopping twice is harmless', async () => {
  const { port } = server
  await server.stop()
  await server.stop()
  server = await startEmbeddedPostgres({ directory, port })
})

test('a pid file and a lock whose number is another living program by now are no server', async () => {
  const { port } = server
  await server.stop()
  const owner = statSync(join(directory, 'cluster'))
  const living = spawn('cat', { uid: owner.uid, gid: owner.gid, cwd: '/' })
  await once(living, 'spawn')
  const lines = [living.pid, join(directory, 'cluster'), 0, port, '', '127.0.0.1', '', 'ready   ', '']
  writeFileSync(join(directory, 'cluster/postmaster.pid'), lines.join('\n'))
  writeFileSync(join(directory, `.s.PGSQL.${port}.lock`), lines.join('\n'))
  server = await startEmbeddedPostgres({ directory, port })
  expect(await ask(server.adminUrl, 'select 1 as one')).toEqual([{ one: 1 }])
  living.kill()
})

test('a taken port is named', async () => {
  const holder = createServer()
  await new Promise<void>((done) => holder.listen(0, '127.0.0.1', done))
  const address = holder.address()
  const port = typeof address === 'object' && address ? address.port : 0
  const start = startEmbeddedPostgres({ directory: folder(), port })
  await expect(start).rejects.toMatchObject({
    code: 'port-taken',
    message: expect.stringContaining(`${port}`),
  })
  await new Promise((done) => holder.close(done))
})

test('a cluster that cannot be started is said to be so, with what PostgreSQL says', async () => {
  const spoilt = folder()
  const start = () => startEmbeddedPostgres({ directory: spoilt, port: 0 })
  await (await start()).stop()
  writeFileSync(join(spoilt, 'cluster/PG_VERSION'), '9')
  const incompatible = { code: 'embedded-postgres-failed', message: expect.stringContaining('incompatible') }
  await expect(start()).rejects.toMatchObject(incompatible)
  rmSync(join(spoilt, 'password'))
  const lost = { code: 'embedded-postgres-failed', message: expect.stringContaining('password') }
  await expect(start()).rejects.toMatchObject(lost)
})

test('a role uses its own database and no other; making both again changes nothing', async () => {
  const first = await createDatabase(server.adminUrl, 'first', 'one')
  await createDatabase(server.adminUrl, 'second', 'two')
  await ask(first, 'create table t (n int)')
  expect(await createDatabase(server.adminUrl, 'first', 'one')).toBe(first)
  await expect(ask(first.replace('/first', '/second'), 'select 1')).rejects.toThrow(/permission denied/)
  await expect(ask(first, 'create role three')).rejects.toThrow(/permission denied/)
})

test('the log of the server shows no rows', async () => {
  const url = await createDatabase(server.adminUrl, 'quiet')
  await ask(url, 'create table phones (number text primary key)')
  await ask(url, `insert into phones values ('+33600000001')`)
  await expect(ask(url, `insert into phones values ('+33600000001')`)).rejects.toThrow(/duplicate key/)
  const log = readFileSync(join(directory, 'postgres.log'), 'utf8')
  expect(log).toContain('duplicate key')
  expect(log).not.toContain('+33600000001')
})
