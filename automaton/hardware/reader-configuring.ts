// Before selling: the line is opened, then the box switched off, given its settings and switched on. It goes
// on trying for as long as it takes, and says once when the hardware does not answer.
import type { BoxLine } from '@concilia/protocol/qibixx.ts'
import {
  becomeIdle,
  conclude,
  configurationStep,
  configure,
  configureStep,
  listen,
  readStatus,
  requestVend,
} from './reader-moves.ts'
import type { PhaseOf, ReaderInput, Turn } from './reader-state.ts'

/** So many rounds without an answer, and the hardware counts as lost although its line is open. */
const patientRounds = 3

/** The machine works without these: firmware that refuses one is told of and lived with. */
const dispensable = ['mdb-always-idle', 'mdb-timeout', 'mdb-timeout-vend']

export function atLost(turn: Turn, phase: PhaseOf<'lost'>, input: ReaderInput) {
  switch (input.type) {
    case 'lineOpened':
      if (turn.state.lossSaid) turn.notice('hardwareBack', 'the line is open again')
      turn.change({ lossSaid: false, alwaysIdle: turn.settings.mdb.alwaysIdle })
      return phase.listening ? listen(turn) : configure(turn)
    case 'due':
      if (input.deadline !== 'vend') return
      turn.amend({ name: 'lost', listening: false })
      return conclude(turn, 'unknown', 'line-lost')
    case 'approve':
      // With a vend still to be concluded, one conclusion is owed already.
      return phase.listening ? undefined : turn.refuseApproval()
    case 'attend':
      return turn.hear({ type: 'sessionEnded' })
  }
}

export function atConfiguring(turn: Turn, phase: PhaseOf<'configuring'>, input: ReaderInput) {
  switch (input.type) {
    case 'line':
      return atAnswer(turn, phase, input.line)
    case 'due':
      return startOver(turn, phase.round + 1)
    case 'approve':
      return turn.refuseApproval()
    case 'attend':
      return turn.hear({ type: 'sessionEnded' })
  }
}

function atAnswer(turn: Turn, phase: PhaseOf<'configuring'>, line: BoxLine) {
  const asked = configurationStep(turn, phase.step)
  if (asked.type === 'setting') return atSettingAnswer(turn, phase, asked, line)
  if (phase.step === 0) {
    const off = line.type === 'refusedAsOff' || (line.type === 'switched' && !line.on)
    return off ? next(turn, phase) : undefined
  }
  // Switching on: what the machine does about it may be said before the answer.
  if (line.type === 'status') readStatus(turn, line)
  if (line.type === 'vendRequested' || (line.type === 'switched' && line.on)) configured(turn)
  if (line.type === 'vendRequested') requestVend(turn, line)
}

function atSettingAnswer(
  turn: Turn,
  phase: PhaseOf<'configuring'>,
  { name, value }: { name: string; value: string },
  line: BoxLine,
) {
  if (line.type === 'settingKept') return next(turn, phase)
  if (line.type === 'refusedAsOn') return startOver(turn, phase.round)
  const refused = line.type === 'unknownCommand' || line.type === 'refused'
  if (!refused || !dispensable.includes(name)) return
  turn.notice('surprise', `the box refuses ${name}=${value}`)
  if (name === 'mdb-always-idle') turn.change({ alwaysIdle: false })
  next(turn, phase)
}

function next(turn: Turn, { step, round }: PhaseOf<'configuring'>): void {
  configureStep(turn, step + 1, round)
}

function startOver(turn: Turn, round: number): void {
  if (round === patientRounds && !turn.state.lossSaid) {
    turn.notice('hardwareLost', 'the line is open, but the box does not answer')
    turn.change({ lossSaid: true })
  }
  configure(turn, round)
}

function configured(turn: Turn): void {
  if (turn.state.lossSaid) turn.notice('hardwareBack', 'the box answers')
  turn.change({ lossSaid: false })
  becomeIdle(turn)
}
