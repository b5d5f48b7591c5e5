// How the reader on the raw bus answers: blocks are cut out of the bytes, each gets its one answer within
// this very turn, and what the machine has to hear is kept and said again until it is acknowledged (MDB
// 4.2, 3). What a command means is in bus-commands.ts.
import {
  addressOf,
  answerControl,
  type BusByte,
  controlOf,
  isMarked,
  longestBlock,
} from '@concilia/protocol/mdb/bus.ts'
import { type CashlessAnswer, type CashlessCommand, cashless } from '@concilia/protocol/mdb/cashless.ts'
import { blockLength, readCommand, writeAnswer, writeMessage } from '@concilia/protocol/mdb/codec.ts'
import type { BusTurn } from './bus-reader-state.ts'

/** Quiet so long, a block of unknown length has ended. The machine waits 5 ms at least (MDB 4.2, 3). */
const gapMs = 4

/** Called for each whole command; answers it by `acknowledge`, `answer` or `answerPoll`. */
type Obey = (turn: BusTurn, command: CashlessCommand) => void
/** Called for each message that the machine has acknowledged. */
type Heard = (turn: BusTurn, message: CashlessAnswer) => void

export function receive(turn: BusTurn, bytes: readonly BusByte[], obey: Obey, heard: Heard): void {
  for (const byte of bytes) {
    if (isMarked(byte)) beginBlock(turn, byte)
    else if (turn.state.block) goOn(turn, [...turn.state.block, byte], obey)
    else control(turn, byte, heard)
  }
}

/** The line was quiet: a block whose end only silence tells may be whole. */
export function gap(turn: BusTurn, obey: Obey): void {
  const { block } = turn.state
  if (block) read(turn, block, obey)
}

export function acknowledge(turn: BusTurn): void {
  reply(turn, answerControl('ack'), [])
}

/** Answers with one message at once; if that is not acknowledged, it comes at the next poll. */
export function answer(turn: BusTurn, message: CashlessAnswer): void {
  turn.say(message)
  reply(turn, writeAnswer(cashless, [message], turn.state.dialect), [message])
}

/**
 * As many of the waiting messages as a block takes, in their order; ACK when there are none. JUST RESET
 * stands alone: a machine that does not know yet that we forgot its level could not read what follows.
 */
export function answerPoll(turn: BusTurn) {
  const { waiting, dialect } = turn.state
  let length = 1
  const reset = waiting.filter(({ name }) => name === 'justReset')
  // A diagnostic response has no length of its own: nothing can follow it.
  const isOpen = ({ name }: CashlessAnswer) => name === 'diagnosticData'
  const ordered = [...waiting.filter((message) => !isOpen(message)), ...waiting.filter(isOpen)]
  const fitting = (reset.length > 0 ? reset : ordered).filter((message) => {
    length += writeMessage(cashless, message, dialect).length
    return length <= longestBlock
  })
  if (fitting.length === 0) return acknowledge(turn)
  reply(turn, writeAnswer(cashless, fitting, dialect), fitting)
}

function reply(turn: BusTurn, block: readonly BusByte[], said: readonly CashlessAnswer[]): void {
  turn.send(block)
  turn.change({ answered: block, said })
}

/**
 * Any address byte, another peripheral's too, shows that our last answer gets no acknowledgement any more.
 */
function beginBlock(turn: BusTurn, byte: BusByte): void {
  const ours = addressOf(byte) === Number(turn.settings.mdb.address)
  turn.change({ block: ours ? [byte] : undefined, answered: undefined, said: [] })
  turn.drop('gap')
  if (ours) turn.wait('gap', gapMs)
}

function goOn(turn: BusTurn, block: readonly BusByte[], obey: Obey) {
  if (block.length > longestBlock) return turn.change({ block: undefined })
  turn.change({ block })
  turn.wait('gap', gapMs)
  const length = blockLength(cashless, block, turn.state.dialect)
  const told = !turn.state.listening || length === blockLength(cashless, block, otherWidth(turn))
  if (length === block.length && told) read(turn, block, obey)
}

/**
 * A block that does not read gets no answer: a NAK of somebody who was not meant would fall into the answer
 * of him who was (MDB 4.2, App. 3). While listening the width of money is not known, and both are tried.
 */
function read(turn: BusTurn, block: readonly BusByte[], obey: Obey) {
  turn.drop('gap')
  const { listening, dialect } = turn.state
  const first = readCommand(cashless, block, dialect)
  const found = first.ok || !listening ? first : readCommand(cashless, block, otherWidth(turn))
  const known = found.ok || found.error === 'unknown'
  const whole = known || blockLength(cashless, block, dialect) === block.length
  if (whole) turn.change({ block: undefined })
  if (found.ok) return obey(turn, found.value.command)
  if (known) return acknowledge(turn)
  if (whole) turn.notice('garbage', `a block that is not readable: ${found.error}`)
}

function otherWidth(turn: BusTurn) {
  const { dialect } = turn.state
  return { ...dialect, expanded: !dialect.expanded }
}

function control(turn: BusTurn, byte: BusByte, heard: Heard) {
  const { answered, said, waiting } = turn.state
  if (!answered) return
  switch (controlOf(byte)) {
    case 'ack':
      turn.change({
        waiting: waiting.filter((message) => !said.includes(message)),
        said: [],
        answered: undefined,
      })
      for (const message of said) heard(turn, message)
      return
    case 'ret':
      return turn.send(answered)
    default:
      // NAK, or nothing known: it is said again at the next poll.
      return turn.change({ said: [], answered: undefined })
  }
}
