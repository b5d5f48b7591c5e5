// The page that shows a sale on the raw bus, byte by byte: a real run of the simulated machine against the
// automaton's reader, heard by the listener that technicians use.
import { busText } from '@concilia/protocol/mdb/bus.ts'
import { BusListener, type HeardBlock } from '@concilia/protocol/mdb/bus-listener.ts'
import { IdlePolls } from '@concilia/protocol/mdb/idle-polls.ts'
import { ReaderWorld } from '@concilia/simulator/reader-world.ts'

interface Line {
  readonly atMs: number
  readonly heard: HeardBlock
}

export function mdbSalePage(): string {
  const lines: Line[] = []
  const listener = new BusListener()
  const world = new ReaderWorld([], { bridge: 'raw', pollMs: 125 })
  world.bus.trace = (_, bytes) => {
    for (const heard of listener.push(bytes)) lines.push({ atMs: world.clock.monotonic(), heard })
  }
  const step = (title: string, act: () => void, ms: number) => {
    act()
    world.pass(ms)
    return `## ${title}\n\n${table(lines.splice(0))}\n`
  }
  const price = { amountMinor: 150, currency: 'EUR' } as const
  const steps = [
    step('The machine sets our reader up', () => {}, 2050),
    step('The price is on the display', () => world.hardware.display('4021  1.50 EUR'), 500),
    step('A buyer chooses item 5, and the phone payment begins', () => world.machine.press(5), 1000),
    step('The payment is confirmed, the item falls', () => world.hardware.approve(price), 1500),
  ]
  if (world.fallen() !== 1) throw new Error('the sale of this page did not deliver')
  return `# A sale on the raw bus, byte by byte

Written from a real run: the simulated machine is master of the bus, the automaton's reader answers, and
[the listener](../protocol/mdb/bus-listener.ts) of the technician's tools says who said what. Times are
milliseconds since the machine came up; a star is the mode bit. Polls that are only acknowledged are left out
after the first. The reader's last byte of each answer is marked, and whatever carries data is acknowledged by
the machine; what it does not acknowledge comes again at the next poll.

${steps.join('\n')}`
}

function table(lines: readonly Line[]): string {
  const polls = new IdlePolls<Line>()
  const rows = lines
    .flatMap((line) => polls.push(line))
    .map(({ atMs, heard }) => row([String(atMs), heard.from, `\`${busText(heard.bytes)}\``, heard.words]))
  return [row(['ms', 'from', 'bytes', 'says']), row(['---:', '---', '---', '---']), ...rows].join('\n')
}

function row(cells: readonly string[]): string {
  return `| ${cells.join(' | ')} |`
}
