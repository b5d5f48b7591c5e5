// The controller of a machine that has none of its own: master of coin changer and motor board, and the till
// between them and the sale. One pure function of every answer, key, command and time limit; the shell
// (controller-hardware.ts) writes the till to the journal before it performs what comes out.
import { displayable } from '../hardware/displayable.ts'
import { askChanger, busLost, busOpened, changerAnswered, changerClosed, changerDue } from './changer.ts'
import {
  type ControllerInput,
  type ControllerOutput,
  type ControllerSettings,
  type ControllerState,
  ControllerTurn,
  type TillEvent,
} from './controller-state.ts'
import {
  approve,
  attend,
  deny,
  giveBack,
  keepTime,
  pages,
  sayReadiness,
  sessionDue,
  started,
  vendOver,
} from './counter.ts'
import { boardDue, boardHeard, boardLost, boardOpened } from './motor-board.ts'
import { payoutDue } from './payout.ts'

const pageMs = 2000
const leaveMs = 500

/** @param now monotonic ms */
export function stepController(
  state: ControllerState,
  input: ControllerInput,
  now: number,
  settings: ControllerSettings,
): { state: ControllerState; outputs: ControllerOutput[]; events: TillEvent[] } {
  const turn = new ControllerTurn(state, now, settings)
  if (input.type === 'due') turn.drop(input.deadline)
  if (state.running || input.type === 'start') {
    take(turn, input)
    if (turn.state.leaving) leaveWhenClosed(turn)
    if (turn.state.running) {
      askChanger(turn)
      keepTime(turn)
      sayReadiness(turn, state)
      show(turn)
    }
  }
  // Once told to stop, the sale hears nothing any more.
  const outputs = turn.state.leaving ? turn.outputs.filter(({ type }) => type !== 'hear') : turn.outputs
  return { state: turn.state, outputs, events: turn.events }
}

/** Nobody would hear of a coin that is put in now. What is being vended or paid out is left alone. */
function leaveWhenClosed(turn: ControllerTurn): void {
  if (changerClosed(turn) || turn.state.due.leave === undefined) {
    turn.state = { ...turn.state, running: false, due: {} }
  }
}

function take(turn: ControllerTurn, input: ControllerInput) {
  switch (input.type) {
    case 'start':
      turn.state = { ...turn.state, running: true }
      return started(turn, input.listening)
    case 'stop':
      turn.state = { ...turn.state, leaving: true }
      return turn.wait('leave', leaveMs)
    case 'busOpened':
      return busOpened(turn)
    case 'busLost':
      return busLost(turn, input.why)
    case 'boardOpened':
      return boardOpened(turn)
    case 'boardLost':
      return boardLost(turn, input.why)
    case 'changer':
      return changerAnswered(turn, input.result)
    case 'board':
      return boardHeard(turn, input.line)
    case 'attend':
      return attend(turn, input.forMs)
    case 'approve':
      return approve(turn, input.price.amountMinor)
    case 'deny':
      return deny(turn)
    case 'display':
      return turn.setCounter({ saleText: displayable(input.text), page: 0 })
    case 'due':
      return due(turn, input.deadline)
  }
}

function due(turn: ControllerTurn, deadline: Extract<ControllerInput, { type: 'due' }>['deadline']) {
  switch (deadline) {
    case 'changer':
      return changerDue(turn)
    case 'board':
      return boardDue(turn)
    case 'vend':
      return vendOver(turn, 'unknown', 'limit')
    case 'idle':
      return giveBack(turn)
    case 'payout':
      return payoutDue(turn)
    case 'session':
      return sessionDue(turn)
    case 'page':
      return turn.setCounter({ page: turn.counter.page + 1 })
    case 'message':
      return turn.setCounter({ message: '' })
    case 'leave':
      return
  }
}

/** The board is told when what it should show has changed. */
function show(turn: ControllerTurn): void {
  if (!turn.board.open || !turn.board.who) return
  const all = pages(turn)
  if (all.length < 2) turn.drop('page')
  else if (turn.state.due.page === undefined) turn.wait('page', pageMs)
  const text = (all[turn.counter.page % Math.max(1, all.length)] ?? '').slice(0, 32)
  if (text === turn.board.shown) return
  turn.setBoard({ shown: text })
  turn.toBoard({ type: 'show', text })
}
