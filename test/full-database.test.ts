// The disk under the database is full: nothing is called stored, nothing is paid, machines keep what they
// have to say, and all of it goes on by itself once there is room and the database runs.
import { readFileSync, rmSync, truncateSync } from 'node:fs'
import { join } from 'node:path'
import { startEmbeddedPostgres } from '@concilia/platform/embedded-postgres.ts'
import { buyers } from '@concilia/simulator/start/buyers.ts'
import { placesIn } from '@concilia/simulator/start/places.ts'
import { temporaryData } from '@concilia/simulator/start/temporary-data.ts'
import pg from 'pg'
import { afterAll, beforeAll, test } from 'vitest'
import { Bench } from './bench.ts'
import { SmallDisk } from './small-disk.ts'
import type { Story } from './story.ts'

const { rich } = buyers
let bench: Bench
let data: string
let disk: SmallDisk | string

beforeAll(async () => {
  data = temporaryData()
  disk = SmallDisk.mount(placesIn(data).postgres, 200)
  bench = await Bench.open({ data })
})
afterAll(async () => {
  await bench?.close()
  if (disk instanceof SmallDisk) disk.unmount()
  rmSync(data, { recursive: true, force: true })
})

type Moment = 'before the offer' | 'while the buyer reads the price' | 'while the machine delivers'
const moments: Moment[] = [
  'before the offer',
  'while the buyer reads the price',
  'while the machine delivers',
]

test.each(moments)('full %s: nothing is stored, and everything is once there is room', async (moment) => {
  await sells(moment, async (small) => {
    small.fill()
    await fillTable()
    return () => isLogged(/disk of .* is full/)
  })
})

test.each(moments)(
  '%s the database gives up for want of room, and is started again with some',
  async (moment) => {
    await sells(moment, async (small, story) => {
      small.fill()
      await giveUp(story)
      return () => isLogged(/does not answer|disk of .* is full/)
    })
  },
)

/** One good sale, with a full disk in its way until both the operator and the programs have noticed. */
async function sells(
  moment: Moment,
  fill: (disk: SmallDisk, story: Story) => Promise<() => boolean>,
): Promise<void> {
  const small = disk
  if (typeof small === 'string') return console.log(small)
  const story = await bench.begin()
  const { log } = bench.house.places
  for (const name of programs) truncateSync(join(log, `${name}.log`))
  const isFull = async (during: () => Promise<unknown>) => {
    const isNoticed = await fill(small, story)
    const going = during()
    await story.watch.untilTrue('a program has noticed', async () => isNoticed())
    await makeRoom(small)
    await going
  }
  const press = () => bench.house.simulator.call('press', { machine: '4021', item: 1 })
  if (moment === 'before the offer') await isFull(press)
  else await press()
  const saleId = await story.watch.step('ST5', 'automaton')
  await story.texts(rich, 'PAY 4021')
  const code = await story.readsPrice(rich)
  const consents = () => story.texts(rich, `YES ${code}`)
  if (moment === 'while the buyer reads the price') await isFull(consents)
  else await consents()
  await story.watch.step('ST52', 'automaton', saleId)
  if (moment === 'while the machine delivers') await isFull(async () => {})
  await story.ends({ sales: ['settled'], paid: { rich: 150 } })
}

const programs = ['relation-server', 'payment-centre'] as const

function isLogged(words: RegExp): boolean {
  const { log } = bench.house.places
  return programs.some((name) => words.test(readFileSync(join(log, `${name}.log`), 'utf8')))
}

/** What the operator does: makes room, and starts the database if it gave up. */
async function makeRoom(small: SmallDisk): Promise<void> {
  small.empty()
  await database()
  await asServer((client) => client.query(`delete from inbox where source = 'ballast'`))
}

/** Starts it if it does not run. */
async function database() {
  const { port } = new URL(serverDatabase())
  return await startEmbeddedPostgres({ directory: bench.house.places.postgres, port: Number(port) })
}

function serverDatabase(): string {
  return bench.program('relation-server').program.environment?.DATABASE_URL ?? ''
}

/** Until not even a small row finds a place in the pages that are there. */
async function fillTable(): Promise<void> {
  await asServer(async (client) => {
    let row = 0
    for (const length of [1500, 100, 1]) {
      for (let isFull = false; !isFull; row++) {
        const body = 'x'.repeat(length)
        isFull = await client
          .query(`insert into inbox values ('ballast', $1, null, null, '', $2, 0)`, [String(row), body])
          .then(() => false)
          .catch((error: { code?: string }) => error.code === '53100' || Promise.reject(error))
      }
    }
  })
}

/**
 * What PostgreSQL does when its write-ahead log finds no room: it ends at once. (Left to itself it starts
 * again, and lives until the next segment; here it is down until the operator starts it.)
 */
async function giveUp(story: Story): Promise<void> {
  const file = join(bench.house.places.postgres, 'cluster/postmaster.pid')
  const pid = Number(readFileSync(file, 'utf8').split('\n')[0])
  await story.watch.untilTrue('the database is gone', async () => {
    try {
      process.kill(pid, 'SIGQUIT')
      return false
    } catch {
      return true
    }
  })
}

async function asServer(act: (client: pg.Client) => Promise<unknown>): Promise<void> {
  const client = new pg.Client({ connectionString: serverDatabase() })
  client.on('error', () => {})
  await client.connect()
  try {
    await act(client)
  } finally {
    await client.end()
  }
}
