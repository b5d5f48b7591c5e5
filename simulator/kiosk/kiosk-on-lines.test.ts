// The whole way of a coin: simulated coin changer and motor board on real pseudo-terminals, the real
// `serialport`, the real controller; over either bridge.
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { BareBusWire, BoxWire } from '@concilia/automaton/controller/changer-wire.ts'
import { ControllerHardware } from '@concilia/automaton/controller/controller-hardware.ts'
import type { HardwareEvent } from '@concilia/automaton/hardware/port.ts'
import { serialPortLine } from '@concilia/automaton/hardware/serialport-adapter.ts'
import { MemoryJournal, SimulatedDisk } from '@concilia/automaton/journal/memory-journal.ts'
import { makeLog } from '@concilia/platform/log.ts'
import { systemClock } from '@concilia/platform/system-clock.ts'
import { defaultLimits } from '@concilia/protocol/limits.ts'
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { Pty } from '../pty.ts'
import { usualKiosk } from './kiosk.ts'
import { type KioskAct, perform } from './kiosk-acts.ts'
import { KioskOnLines } from './kiosk-on-lines.ts'
import { bridges } from './kiosk-world.ts'

let folder: string
let undo: (() => unknown)[]
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'concilia-kiosk-'))
  undo = [() => rmSync(folder, { recursive: true })]
})
afterEach(async () => {
  for (const action of undo.reverse()) await action()
})

function placed(bridge: (typeof bridges)[number]) {
  const usual = usualKiosk('EUR', [5])
  const settings = {
    ...usual,
    bridge,
    changer: { ...usual.changer, coinMs: 10, tubesReadyMs: 20 },
    board: { ...usual.board, motorMs: 20 },
  }
  const kiosk = new KioskOnLines(
    settings,
    systemClock,
    (part, received) => new Pty(join(folder, part), received),
    () => {},
  )
  undo.push(() => kiosk.unplug())
  return kiosk.kiosk
}

function controlled(bridge: (typeof bridges)[number], hear: (event: HardwareEvent) => void) {
  const line = (part: string) => serialPortLine({ path: join(folder, part), clock: systemClock, retryMs: 20 })
  const hardware = new ControllerHardware({
    openBus: line('changer'),
    openBoard: line('board'),
    wire: bridge === 'raw' ? new BareBusWire() : new BoxWire(),
    journal: new MemoryJournal(new SimulatedDisk({ bytes: (length) => new Uint8Array(length) })),
    clock: systemClock,
    log: makeLog('test', { level: 'silent', write: () => {} }),
    retryMs: 100,
    settings: {
      currency: 'EUR',
      language: 'en',
      prices: new Map([[5, 150]]),
      mostCreditMinor: 1000,
      creditReturnMs: 60_000,
      limits: defaultLimits,
    },
  })
  hardware.start(false, hear)
  undo.push(() => hardware.stop())
  return hardware
}

describe.each(bridges)('over the bridge "%s"', (bridge) => {
  test('coins, a line pulled out and put back, goods, change', { timeout: 30_000 }, async () => {
    const kiosk = placed(bridge)
    const does = (act: KioskAct) => expect(perform(kiosk, act)).toBeUndefined()
    const until = (what: () => boolean) => vi.waitUntil(what, { interval: 5, timeout: 15_000 })
    let sells = false
    const hardware = controlled(bridge, ({ type }) => {
      if (type === 'ready' || type === 'notReady') sells = type === 'ready'
    })
    await until(() => kiosk.changer.memory.accept !== 0)
    does({ act: 'coin', valueMinor: 200 })
    await until(() => hardware.till.creditMinor === 200)
    does({ act: 'line', part: 'changer', on: false })
    does({ act: 'line', part: 'board', on: false })
    await until(() => !sells && hardware.till.counters.events.EAR?.active === true)
    does({ act: 'mend' })
    await until(() => hardware.till.counters.events.EAR?.active === false)
    await until(() => sells)
    // As long as the change could not be given the key only says so: the buyer presses it again.
    await until(() => {
      if (hardware.till.creditMinor > 0 && !hardware.till.vend) does({ act: 'press', item: 5 })
      return kiosk.board.dropped.get(5) === 1
    })
    await until(() => kiosk.worth('tray') === 50 && hardware.till.payout === undefined)
    expect(hardware.till.counters).toMatchObject({ coins: { valueMinor: 150 }, paidOutMinor: 50 })
  })
})
