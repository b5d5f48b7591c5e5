// The simulator's program: vending machines on pseudo-terminals and phones, in one process that starts no
// others (see pty.ts). With an IPC channel it is worked by its parent (control.ts); with `--machine` by a
// technician who types.
import { createInterface } from 'node:readline'
import { type Line, usageError } from '@concilia/platform/command-line.ts'
import { type Running, runMain } from '@concilia/platform/run-main.ts'
import { systemClock } from '@concilia/platform/system-clock.ts'
import { systemRandom } from '@concilia/platform/system-random.ts'
import { type Bench, openBench } from './bench.ts'
import type { CallMessage, FromSimulator, NewMachine } from './control.ts'
import { kioskHelp } from './kiosk/kiosk-words.ts'
import { machineOf, obey, obeyKiosk, typedHelp } from './technician/typed-bench.ts'

const description = {
  program: 'simulator',
  summary: 'vending machines on pseudo-terminals, for automata.',
  usage: [
    'node simulator/main.ts --machine NAME --link PATH [--items 1=1.20,2=2.00]',
    'node simulator/main.ts --machine NAME --link PATH --kiosk --board-link PATH',
  ],
  flags: {
    machine: { value: 'NAME', says: 'a name to call the machine by' },
    link: { value: 'PATH', says: 'where its serial port appears, for the automaton to open' },
    'dex-link': { value: 'PATH', says: 'where its DEX plug appears; it has none when left out' },
    items: { value: 'LIST', says: 'prices; 1=1.20,2=2.00,5=1.50 when left out' },
    currency: { value: 'CODE', says: 'of the prices; EUR when left out' },
    behaviour: { value: 'NAME', says: 'how vends go: good, jam, silent, reset, slow ...' },
    bus: { says: 'the port is the raw MDB bus instead of a Qibixx box' },
    keypad: { value: 'PATH', says: 'where its keypad for the codes of phone calls appears' },
    session: { says: 'the machine waits for a session instead of asking by itself' },
    kiosk: { says: 'without a controller: a coin changer and a motor board' },
    'board-link': { value: 'PATH', says: 'with --kiosk: where the line of its motor board appears' },
  },
} as const

await runMain(description, async (line) => {
  if (process.send) return worked()
  return typed(line)
})

/** By a parent process. */
function worked(): Running {
  const tell = (message: FromSimulator) => process.connected && process.send?.(message)
  const bench = openBench({
    clock: systemClock,
    random: systemRandom,
    see: (machine, event) => tell({ type: 'machine', machine, ...event }),
    seeKiosk: (machine, event) => tell({ type: 'kiosk', machine, ...event }),
  })
  process.on('message', async ({ id, call, takes }: CallMessage) => {
    try {
      // The caller's types bind name and argument together.
      const perform = bench.calls[call] as (takes: unknown) => unknown
      tell({ type: 'answer', id, answer: await perform(takes) })
    } catch (error) {
      tell({ type: 'failed', id, why: error instanceof Error ? error.message : String(error) })
    }
  })
  return { stop: () => bench.close() }
}

/** By a technician. */
async function typed({ flags }: Line<typeof description.flags>): Promise<Running> {
  const made = machineOf(flags)
  if (typeof made === 'string') throw usageError(description, made)
  const see = (machine: string, event: object) => console.log(`${machine}: ${JSON.stringify(event)}`)
  const bench: Bench = openBench({ clock: systemClock, random: systemRandom, see, seeKiosk: see })
  const dexLink = flags['dex-link']
  const answer = await (flags.kiosk
    ? kioskOf(bench, made, flags['board-link'])
    : machineOn(bench, { ...made, ...(dexLink !== undefined && { dexLink }) }))
  const lines = createInterface({ input: process.stdin })
  lines.on('line', (text) => console.log(answer(text)))
  return {
    async stop() {
      lines.close()
      await bench.close()
    },
  }
}

async function machineOn(bench: Bench, made: NewMachine): Promise<(text: string) => string> {
  await bench.calls.createMachine(made)
  console.log(`machine ${made.name} is on ${made.link}\n${typedHelp}`)
  return (text) => obey(bench, made.name, text)
}

async function kioskOf(bench: Bench, made: NewMachine, boardLink: string | undefined) {
  if (!boardLink) throw usageError(description, '--kiosk needs --board-link PATH as well')
  const { name, link, currency, bridge = 'qibixx' } = made
  const items = Object.keys(made.items).map(Number)
  await bench.calls.createKiosk({ name, link, boardLink, currency, items, bridge })
  console.log(`kiosk ${name}: changer on ${link}, motor board on ${boardLink}\n${kioskHelp}`)
  return (text: string) => obeyKiosk(bench, name, currency, text)
}
