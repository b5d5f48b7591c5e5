// The technician's tools as they are typed: a machine alone on a port, and ears on a bus. Each runs as a
// program of its own; the automaton's reader is the one that is sold with.
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { BusHardware } from '@concilia/automaton/hardware/bus-hardware.ts'
import { serialPortLine } from '@concilia/automaton/hardware/serialport-adapter.ts'
import { makeLog } from '@concilia/platform/log.ts'
import { systemClock } from '@concilia/platform/system-clock.ts'
import { defaultLimits } from '@concilia/protocol/limits.ts'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { MachineOnPort } from '../machine-on-port.ts'
import { Pty } from '../pty.ts'
import { usualMachine } from '../vending-machine.ts'
import { readRecord, recordHead } from './bus-record.ts'
import { startedTool, type ToolName } from './started-tool.ts'

let folder: string
let undo: (() => unknown)[]
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'concilia-tools-'))
  undo = [() => rmSync(folder, { recursive: true })]
})
afterEach(async () => {
  for (const action of undo.reverse()) await action()
})

const tool = (name: ToolName, ...words: string[]) => startedTool(undo, name, words)

function reader(path: string, decide: (hardware: BusHardware, amountMinor: number) => void) {
  const hardware: BusHardware = new BusHardware({
    openLine: serialPortLine({ path, clock: systemClock, retryMs: 20 }),
    clock: systemClock,
    limits: defaultLimits,
    currency: 'EUR',
    mdb: { address: '0x60', scaleFactor: 1, decimalPlaces: 2, alwaysIdle: true },
    level: 3,
    serial: '4021',
    log: makeLog('test', { level: 'silent', write: () => {} }),
  })
  hardware.start(false, (event) => {
    if (event.type === 'vendRequested') decide(hardware, event.price.amountMinor)
  })
  undo.push(() => hardware.stop())
}

test('vmc on a pseudo-terminal of its own sells one item to a reader, and says so by its exit code', async () => {
  const vmc = tool('vmc', '--press', '5', '--watch', '--fault', 'ret,nak', '--poll', '25')
  reader(await vmc.shows(/the machine is on (.+)/), (hardware, amountMinor) =>
    hardware.approve({ amountMinor, currency: 'EUR' }),
  )
  expect(await vmc.ended).toBe(0)
  expect(vmc.lines).toContain('item 5 fell')
  expect(vmc.lines.some((line) => line.includes('VEND REQUEST: price 150, item 5'))).toBe(true)
  expect(Math.max(...vmc.lines.map((line) => line.length))).toBeLessThanOrEqual(80)
}, 30_000)

test('vmc: what is denied does not fall, and that is exit code 1', async () => {
  const vmc = tool('vmc', '--press', '5')
  reader(await vmc.shows(/the machine is on (.+)/), (hardware) => hardware.deny())
  expect(await vmc.ended).toBe(1)
  expect(vmc.lines).toContain('item 5 did not fall')
}, 30_000)

test('vmc obeys what is typed', async () => {
  const vmc = tool('vmc')
  await vmc.shows(/the machine is on/)
  for (const line of ['press 5', 'coins 5', 'fault ret', 'fault odd', 'behave jam', 'look']) vmc.type(line)
  await vmc.shows(/"coinsMinor":150/)
  expect(vmc.lines).toEqual(expect.arrayContaining(['noPhonePayment', 'paid', 'once: ret', 'vends go: jam']))
  expect(vmc.lines.some((line) => line.startsWith('unknown fault odd; known: loseAnswer'))).toBe(true)
}, 30_000)

test('bus: identifies, watches and records a bus; the record is heard again', async () => {
  const vmc = tool('vmc')
  const port = await vmc.shows(/the machine is on (.+)/)
  const identify = tool('bus', 'identify', '--port', port)
  expect(await identify.ended).toBe(0)
  expect(identify.lines[0]).toBe('a raw MDB bus (reader.bridge = "raw"):')
  const record = join(folder, 'record')
  const watch = tool('bus', '--port', port, '--seconds', '1', '--record', record)
  expect(await watch.ended).toBe(0)
  expect(watch.lines.some((line) => line.endsWith('60 > RESET'))).toBe(true)
  expect(readFileSync(record, 'utf8')).toContain('60* 60')
  const replay = tool('bus', 'replay', record)
  expect(await replay.ended).toBe(0)
  expect(replay.lines).toEqual(watch.lines)
}, 30_000)

test('bus: a Qibixx box is known by its version; silence is said in words, and is exit code 1', async () => {
  const box = tool('vmc', '--box')
  const identify = tool('bus', 'identify', '--port', await box.shows(/the machine is on (.+)/))
  expect(await identify.ended).toBe(0)
  expect(identify.lines[0]).toContain('a Qibixx box')
  const link = join(folder, 'silent')
  const pty = new Pty(link, () => {})
  undo.push(() => pty.unplug())
  const silent = tool('bus', 'identify', '--port', link)
  expect(await silent.ended).toBe(1)
  expect(silent.lines[0]).toBe('nothing: no byte came, and no box answered.')
}, 30_000)

test('bus dex: a machine is read over its DEX plug, a bad block costs nothing, and the file is kept', async () => {
  const vmc = tool('vmc', '--dex')
  const plug = await vmc.shows(/its DEX plug is on (.+)/)
  await vmc.shows(/the machine is on/)
  for (const line of ['coins 5', 'dexfault badBlock', 'dexfault odd']) vmc.type(line)
  await vmc.shows(/"event":"dropped"/)
  const save = join(folder, 'audit.eva')
  const bus = tool('bus', 'dex', '--port', plug, '--save', save)
  expect(await bus.ended).toBe(0)
  expect(vmc.lines).toEqual(expect.arrayContaining(['at the next reading: badBlock', 'dex: read']))
  expect(bus.lines).toEqual(
    expect.arrayContaining([
      'Machine SIM0000042 PHONEVEND-30 A00042',
      '  paid                        1  1.50 EUR',
      '  cash                        1  1.50 EUR',
      '  product 5                   1  1.50 EUR',
      'All sums agree.',
    ]),
  )
  expect(Math.max(...bus.lines.slice(1).map((line) => line.length))).toBeLessThanOrEqual(80)
  expect(readFileSync(save, 'latin1')).toMatch(/^DXS\*SIM0000042\*VA\*V0\/6\*1\r\n.*\r\nDXE\*1\*1\r\n$/s)
}, 30_000)

test.each(['vmc', 'bus'] as const)('%s --help is readable on 80 columns', async (name) => {
  const { ended, lines } = tool(name, '--help')
  expect(await ended).toBe(0)
  expect(lines.length).toBeGreaterThan(20)
  expect(lines.filter((line) => line.length > 80)).toEqual([])
})

test('vmc: a fault that there is not, and one where no bus is', async () => {
  const [odd, boxed] = [tool('vmc', '--fault', 'odd'), tool('vmc', '--box', '--fault', 'ret')]
  expect([await odd.ended, await boxed.ended]).toEqual([2, 2])
  expect([...odd.lines, ...boxed.lines].join('\n')).toMatch(
    /unknown fault odd; known: .*\n.*\n.*not for a --box/,
  )
})

test.each<[string, string[], number, RegExp]>([
  ['no port', [], 2, /--port PATH is needed/],
  ['a port that is not there', ['--port', '/dev/not-there'], 1, /is not there/],
  ['a file that is no record', ['replay', import.meta.filename], 1, /line 1: it should be/],
  ['no file', ['replay', '/not/there'], 1, /cannot be read/],
])('bus: %s', async (_, words, code, says) => {
  const bus = tool('bus', ...words)
  expect(await bus.ended).toBe(code)
  expect(bus.lines.join('\n')).toMatch(says)
})

test('a record with a block that is not readable is exit code 1', async () => {
  const file = join(folder, 'broken')
  writeFileSync(file, `${recordHead}\n100 62* 62 00*\n200 62* 63\n`)
  const bus = tool('bus', 'replay', file)
  expect(await bus.ended).toBe(1)
  expect(bus.lines.join('\n')).toContain('not readable: checksum')
  expect(readRecord(`${recordHead}\n5 62* 62\nnonsense`)).toMatchObject({ line: 3 })
})

test('a machine at one end of a real port is heard at the other', async () => {
  const link = join(folder, 'tty')
  const heard = Promise.withResolvers<string>()
  let hex = ''
  const pty = new Pty(link, (bytes) => {
    // In whatever pieces it comes.
    hex += Buffer.from(bytes).toString('hex')
    if (hex.length >= 8) heard.resolve(hex.slice(0, 8))
  })
  undo.push(() => pty.unplug())
  const settings = { ...usualMachine, bridge: 'raw', currency: 'EUR', items: { 5: 150 } } as const
  const placed = new MachineOnPort(link, settings, systemClock, () => {}, heard.reject)
  undo.push(() => placed.unplug())
  // RESET, each byte with its mode bit before it.
  expect(await heard.promise).toBe('01600060')
})
