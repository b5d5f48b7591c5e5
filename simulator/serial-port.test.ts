// The whole way of a line: the simulated box, a real pseudo-terminal, the real `serialport`, the parser and
// the driver; and the simulator as a process of its own, worked over its channel as the supervisor does.
import { type ChildProcess, fork } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { BusHardware } from '@concilia/automaton/hardware/bus-hardware.ts'
import type { HardwareEvent } from '@concilia/automaton/hardware/port.ts'
import { QibixxHardware } from '@concilia/automaton/hardware/qibixx-hardware.ts'
import { serialError, serialPortLine } from '@concilia/automaton/hardware/serialport-adapter.ts'
import { makeLog } from '@concilia/platform/log.ts'
import type { OperatingError } from '@concilia/platform/operating-error.ts'
import { systemClock } from '@concilia/platform/system-clock.ts'
import { defaultLimits } from '@concilia/protocol/limits.ts'
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import type { BehaviourName } from './behaviours.ts'
import { SimulatorControl } from './control-client.ts'
import { MachineOnPty } from './machine-on-pty.ts'
import { type BridgeName, bridges } from './reader-world.ts'
import { type MachineEvent, usualMachine } from './vending-machine.ts'

/** What happened, and somebody who waits for the first of a kind. */
class Heard<T> {
  readonly all: T[] = []
  #waiting: (() => void)[] = []

  add(happened: T): void {
    this.all.push(happened)
    for (const wake of this.#waiting.splice(0)) wake()
  }

  async first<U extends T>(matches: (happened: T) => happened is U): Promise<U> {
    for (;;) {
      const found = this.all.find(matches)
      if (found) return found
      await new Promise<void>((resolve) => this.#waiting.push(resolve))
    }
  }
}

const isEvent =
  <Type extends HardwareEvent['type']>(type: Type) =>
  (event: HardwareEvent): event is Extract<HardwareEvent, { type: Type }> =>
    event.type === type
const isNoticed =
  (what: string) =>
  (event: HardwareEvent): event is HardwareEvent =>
    event.type === 'noticed' && event.what === what

const limits = { ...defaultLimits, vendMs: 2000, boxAnswerMs: 200, boxHeartbeatMs: 300, retryMs: 20 }
const price = { amountMinor: 150, currency: 'EUR' } as const
const settings = { ...usualMachine, currency: 'EUR', items: { 5: 150 }, pollMs: 2, motorMs: 20 } as const

let folder: string
let undo: (() => unknown)[]

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'concilia-serial-'))
  undo = [() => rmSync(folder, { recursive: true })]
})
afterEach(async () => {
  for (const action of undo.reverse()) await action()
})

function drive(path: string, bridge: BridgeName = 'qibixx') {
  const heard = new Heard<HardwareEvent>()
  const parts = {
    openLine: serialPortLine({ path, clock: systemClock, retryMs: limits.retryMs }),
    clock: systemClock,
    limits,
    currency: 'EUR',
    mdb: { address: '0x60', scaleFactor: 1, decimalPlaces: 2, alwaysIdle: true },
    log: makeLog('test', { level: 'silent', write: () => {} }),
  } as const
  const hardware =
    bridge === 'raw' ? new BusHardware({ ...parts, level: 3, serial: '4021' }) : new QibixxHardware(parts)
  hardware.start(false, (event) => heard.add(event))
  undo.push(() => hardware.stop())
  return { hardware, heard }
}

function machineOn(link: string, behaviours: BehaviourName[], bridge: BridgeName = 'qibixx') {
  const machine = new MachineOnPty(link, { ...settings, bridge, unpluggedMs: 100 }, systemClock, () => {})
  machine.machine.behave(behaviours)
  undo.push(() => machine.unplug())
  return machine
}

describe.each(bridges)('over the bridge "%s", on a real pseudo-terminal', (bridge) => {
  test.each<[BehaviourName, string, number]>([
    ['good', 'delivered', 1],
    ['jam', 'failed', 0],
    ['reset', 'unknown', 1],
    ['garbage', 'delivered', 1],
    // On the raw bus the machine repeats its word until somebody hears it.
    ['unplugged', bridge === 'raw' ? 'delivered' : 'unknown', 1],
  ])('%s: %s', async (behaviour, result, fallen) => {
    const link = join(folder, 'tty')
    const machine = machineOn(link, [behaviour], bridge)
    const { hardware, heard } = drive(link, bridge)
    await heard.first(isEvent('ready'))
    // The machine has enabled the reader once it has our answer, which is still on its way.
    await vi.waitUntil(() => machine.machine.enabled, { interval: 2 })
    expect(machine.machine.press(5)).toBe('asked')
    expect(await heard.first(isEvent('vendRequested'))).toMatchObject({ price, item: 5 })
    hardware.approve(price)
    expect((await heard.first(isEvent('vendConcluded'))).result).toBe(result)
    expect(machine.machine.dropped.get(5) ?? 0).toBe(fallen)
  })
})

test('unplugged and back: the automaton opens the line again under its stable name', async () => {
  const link = join(folder, 'tty')
  const machine = machineOn(link, [])
  const { heard } = drive(link)
  await heard.first(isEvent('ready'))
  machine.machine.press(5)
  await heard.first(isEvent('vendRequested'))
  machine.unplug()
  expect(await heard.first(isEvent('vendCancelled'))).toMatchObject({ why: 'readerLost' })
  await heard.first(isNoticed('hardwareLost'))
  heard.all.length = 0
  machine.plug()
  await heard.first(isNoticed('hardwareBack'))
  await heard.first(isEvent('ready'))
})

test('a port does not take the place of a file, nor of a folder that is not there', () => {
  const file = join(folder, 'file')
  writeFileSync(file, 'kept')
  for (const path of [file, join(folder, 'no', 'tty')]) {
    expect(() => machineOn(path, [])).toThrow(`The serial port cannot appear at ${path}.`)
  }
  expect(readFileSync(file, 'utf8')).toBe('kept')
})

/** Opens a path and waits for what is wrong with it. */
function lossOf(path: string): Promise<OperatingError> {
  return new Promise((resolve) => {
    const open = serialPortLine({ path, clock: systemClock, retryMs: 20 })
    const line = open({ opened() {}, received() {}, lost: resolve })
    undo.push(() => line.close())
  })
}

test('a port that is missing, no serial port, or in use says so in words', async () => {
  const missing = await lossOf(join(folder, 'nothing'))
  expect(missing.code).toBe('serial-port-missing')
  const file = join(folder, 'file')
  writeFileSync(file, '')
  expect((await lossOf(file)).code).toBe('not-a-serial-port')
  const link = join(folder, 'tty')
  machineOn(link, [])
  const { heard } = drive(link)
  await heard.first(isEvent('ready'))
  const busy = await lossOf(link)
  expect(busy.code).toBe('serial-port-busy')
  for (const error of [missing, busy]) {
    expect(error.retry).toBe(true)
    expect(error.message).toMatch(/^The serial port .+\.$/)
    expect(error.advice).not.toBe('')
  }
})

test.each([
  ['Error: Permission denied, cannot open /dev/x', 'serial-port-not-allowed'],
  ['bad file descriptor', 'serial-port-unplugged'],
  ['EIO: i/o error, write', 'serial-port-unplugged'],
  ['closed', 'serial-port-unplugged'],
  ['something new', 'serial-port-failed'],
])('%s is %s', (words, code) => {
  const cause = new Error(words)
  expect(serialError('/dev/x', cause)).toMatchObject({ code, cause, retry: true })
})

test('the simulator as a process: machines by its channel, a serial port for us', async () => {
  const happened = new Heard<MachineEvent>()
  const child: ChildProcess = fork(new URL('main.ts', import.meta.url), { stdio: 'pipe' })
  undo.push(() => exitOf(child))
  const control = new SimulatorControl(child, (_, event) => happened.add(event))
  await new Promise<void>((resolve) => child.once('message', () => resolve()))
  const link = join(folder, 'tty')
  await control.call('createMachine', { ...settings, name: '4021', link })
  await expect(control.call('look', { machine: '4099' })).rejects.toThrow('no simulated machine 4099')
  const { hardware, heard } = drive(link)
  await heard.first(isEvent('ready'))
  await happened.first((event): event is MachineEvent => event.event === 'readerEnabled')
  expect(await control.call('press', { machine: '4021', item: 5 })).toBe('asked')
  await heard.first(isEvent('vendRequested'))
  hardware.approve(price)
  await happened.first((event): event is MachineEvent => event.event === 'dropped')
  expect(await heard.first(isEvent('vendConcluded'))).toMatchObject({ result: 'delivered' })
  expect((await control.call('look', { machine: '4021' })).dropped).toEqual({ 5: 1 })
  await control.call('startPhones', { port: 0, shortCode: '36000', ussdCode: '*123#' })
  const waiting = control.call('nextText', { number: '+33612345678', timeoutMs: 60_000 })
  child.kill('SIGKILL')
  await expect(waiting).rejects.toThrow('The simulator has ended.')
  await heard.first(isNoticed('hardwareLost'))
})

async function exitOf(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return
  await new Promise((resolve) => child.once('exit', resolve).disconnect())
}
