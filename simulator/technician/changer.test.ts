// npm run changer as it is typed: coin changer and motor board alone on pseudo-terminals of their own, with
// somebody at the other ends who knows the bytes.
import { serialPortLine } from '@concilia/automaton/hardware/serialport-adapter.ts'
import { systemClock } from '@concilia/platform/system-clock.ts'
import { busBytesOf } from '@concilia/protocol/mdb/bus.ts'
import { pairsText } from '@concilia/protocol/mdb/bus-pairs.ts'
import { writeBoardCommand } from '@concilia/protocol/motor-board.ts'
import { afterEach, expect, test, vi } from 'vitest'
import { startedTool } from './started-tool.ts'

const undo: (() => unknown)[] = []
afterEach(async () => {
  for (const action of undo.splice(0).reverse()) await action()
})

test('a master hears it, what is typed happens, and the faults of the command line are waiting', async () => {
  const changer = startedTool(undo, 'changer', ['--watch', '--faults', 'payoutJam:1,board:deaf'])
  const path = await changer.shows(/the coin changer is on (.+)/)
  const boardPath = await changer.shows(/the motor board is on (.+)/)
  const said: string[] = []
  const open = (port: string) => {
    const opened = Promise.withResolvers<void>()
    const line = serialPortLine({ path: port, clock: systemClock, retryMs: 20 })({
      opened: () => opened.resolve(),
      received: (bytes) => said.push(Buffer.from(bytes).toString('latin1')),
      lost: () => {},
    })
    undo.push(() => line.close())
    return opened.promise.then(() => line)
  }
  const [bus, board] = [await open(path), await open(boardPath)]
  const tell = (text: string) => bus.write(pairsText(busBytesOf(text) ?? []))
  tell('0B* 0B')
  await changer.shows(/08 < /)
  tell('00 0C* 00 3F 00 3F 8A')
  await changer.shows(/08 > COIN TYPE/)
  changer.type('coin 0.50')
  await changer.shows(/"valueMinor":50,"went":"tube"/)
  tell('0D* 23 30')
  await changer.shows(/"payoutOver","why":"jam"/)
  changer.type('look')
  await changer.shows(/"tray":50,/)
  // The first one it does not hear.
  const hello = `${writeBoardCommand({ type: 'hello' })}\n`
  board.write(hello + hello)
  const heard = (text: string) => vi.waitUntil(() => said.join('').includes(text), { interval: 5 })
  await heard('board SIM-1 1 0*')
  changer.type('press 5')
  await heard('key 5*')
  expect(said.join('').match(/board /g)).toHaveLength(1)
  changer.type('fault odd')
  await changer.shows(/^fault NAME \[AFTER\]: deaf/)
  const shown = changer.lines.filter((line) => !/[{/]/.test(line))
  expect(Math.max(...shown.map((line) => line.length))).toBeLessThanOrEqual(80)
})
