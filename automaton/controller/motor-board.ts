// The master of the motor board, as pure moves: one vend at a time, under a number that the till gave it
// and wrote down before. It is told to turn by the process that wrote it, on the line on which it began;
// after any break it is only asked what became of it, which bars what had not begun.
import type { BoardLine, VendFate } from '@concilia/protocol/motor-board.ts'
import type { ControllerTurn } from './controller-state.ts'
import { keyPressed, vendOver } from './counter.ts'
import { type Vend, type VendEnd, vendBegan } from './till.ts'

const tickMs = 1000
/** A board that works answers each tick. */
const lostAfterMs = 5000

/** What each fate is worth. `old` depends on who asked; `turning` and `busy` are no end. */
const ends: Partial<Record<VendFate, VendEnd>> = {
  dropped: 'delivered',
  notDropped: 'failed',
  jam: 'failed',
  homeLost: 'failed',
  soldOut: 'failed',
  doorOpen: 'failed',
  never: 'failed',
  interrupted: 'unknown',
  sensorBlind: 'unknown',
}

/** EVA-DTS: helix blocked, dispense motor. */
const faultsOf: Partial<Record<VendFate, readonly [string, string]>> = {
  jam: ['EJC', 'the motor of a selection is blocked'],
  homeLost: ['EJB', 'the motor of a selection does not come home'],
}

/** It can deliver, and would notice whether it did. */
export function boardWorks({ board }: ControllerTurn): boolean {
  const { open, lost, who, state } = board
  return open && !lost && who !== undefined && state?.door === 'closed' && state.sensor === 'works'
}

export function boardOpened(turn: ControllerTurn): void {
  turn.setBoard({ open: true, who: undefined, state: undefined, shown: '', heardAt: turn.now })
  turn.setBoard({ vend: turn.till.vend ? 'ask' : undefined })
  turn.toBoard({ type: 'hello' })
  turn.wait('board', tickMs)
}

export function boardLost(turn: ControllerTurn, why: string): void {
  turn.setBoard({ open: false, who: undefined, state: undefined })
  turn.drop('board')
  sayLost(turn, why)
}

function sayLost(turn: ControllerTurn, why: string): void {
  if (turn.board.lost) return
  turn.setBoard({ lost: true })
  turn.notice('hardwareLost', `motor board: ${why}`)
}

/** Number and selection are in the journal before they are on the line. */
export function beginVend(
  turn: ControllerTurn,
  { selection, priceMinor, means }: Pick<Vend, 'selection' | 'priceMinor' | 'means'>,
): void {
  const { who } = turn.board
  if (!who) throw new Error('a vend was begun without a board')
  const number = Math.max(turn.till.lastVend, who.last) + 1
  const vend = { number, selection, priceMinor, means, board: who.serial }
  turn.keep(vendBegan(turn.till, vend), { type: 'vendBegan', ...vend })
  turn.setBoard({ vend: 'order' })
  turn.wait('board', tickMs)
  turn.toBoard({ type: 'vend', vend: number, selection })
}

export function boardHeard(turn: ControllerTurn, line: BoardLine) {
  if (line.type === 'unreadable') return turn.notice('garbage', `motor board: ${line.text}`)
  turn.setBoard({ heardAt: turn.now })
  if (turn.board.lost) {
    turn.setBoard({ lost: false })
    turn.notice('hardwareBack', 'the motor board answers')
  }
  switch (line.type) {
    case 'board':
      return introduced(turn, line)
    case 'state':
      return stateSaid(turn, line)
    case 'vend':
      return fateSaid(turn, line.vend, line.fate)
    case 'key':
      return keyPressed(turn, line.selection)
    case 'unread':
      return speak(turn)
  }
}

/** At its start too: what was turning then has stopped. */
function introduced(turn: ControllerTurn, { serial, last }: Extract<BoardLine, { type: 'board' }>): void {
  const { vend } = turn.till
  turn.setBoard({ who: { serial, last }, shown: '' })
  if (vend && vend.board !== serial) vendOver(turn, 'unknown', 'otherBoard')
  if (turn.till.vend) {
    turn.setBoard({ vend: 'ask' })
    speak(turn)
  }
  turn.toBoard({ type: 'askState' })
}

function stateSaid(turn: ControllerTurn, state: Extract<BoardLine, { type: 'state' }>): void {
  const { door, sensor, soldOut } = state
  turn.setBoard({ state: { door, sensor, soldOut } })
  turn.faultStands('EGS', door === 'open', 'the door is open')
  turn.faultStands('EJB_1', sensor === 'blind', 'the drop sensor does not work: nothing is sold')
  turn.faultStands('ELB', soldOut.length > 0, `sold out: ${soldOut.join(', ')}`)
}

function fateSaid(turn: ControllerTurn, number: number, fate: VendFate) {
  if (turn.till.vend?.number !== number) return
  if (fate === 'turning') return turn.setBoard({ vend: 'ask' })
  if (fate === 'busy') return
  const fault = faultsOf[fate]
  if (fault) turn.fault(...fault)
  // Told only by us, for the first time, under a number that it finds too low: then it has not turned.
  if (fate === 'old') return vendOver(turn, turn.board.vend === 'order' ? 'failed' : 'unknown', fate)
  vendOver(turn, ends[fate] ?? 'unknown', fate)
}

export function boardDue(turn: ControllerTurn): void {
  turn.wait('board', tickMs)
  if (turn.now - turn.board.heardAt >= lostAfterMs) {
    turn.setBoard({ who: undefined, state: undefined })
    sayLost(turn, 'it does not answer')
  }
  speak(turn)
}

/** All that is ever said may be said again. */
function speak(turn: ControllerTurn) {
  const { vend } = turn.till
  if (!turn.board.who) return turn.toBoard({ type: 'hello' })
  if (!vend) return turn.toBoard({ type: 'askState' })
  const { number, selection } = vend
  if (turn.board.vend === 'order') turn.toBoard({ type: 'vend', vend: number, selection })
  else turn.toBoard({ type: 'askVend', vend: number })
}
