// A vend that was approved, until its one conclusion: heard live (delivering), or found again after a restart
// of ours or a loss of the line (listening). Goods move here, so nothing is sent that could disturb, and
// doubt makes `unknown`.
//
// The box answers an approval only when it refuses it, and works off our lines in order. An approval that
// crosses the buyer's cancellation on the wire may therefore meet the *next* request. So after a cancellation
// we wait for the refusal (`VEND -3`); and a new request before the conclusion is denied: if that denial is
// refused, the box had taken our approval for the new request, whose outcome is then ours.
import type { BoxLine } from '@concilia/protocol/qibixx.ts'
import {
  becomeIdle,
  conclude,
  configure,
  readStatus,
  requestVend,
  sameRequest,
  type VendResult,
} from './reader-moves.ts'
import type { PhaseOf, ReaderInput, Turn, VendRequest } from './reader-state.ts'

export function atDelivering(turn: Turn, phase: PhaseOf<'delivering'>, input: ReaderInput) {
  switch (input.type) {
    case 'line':
      return atVendLine(turn, phase, input.line)
    case 'due':
      if (input.deadline === 'vend') return concludeAnew(turn, 'unknown', 'vend-limit')
      if (phase.next === 'denied') return concludeAnew(turn, 'unknown', 'superseded')
      return concludeIdle(turn, 'failed', 'cancelled-after-approval')
    case 'approve':
      return turn.notice('surprise', 'a second approval of one vend')
    case 'attend':
      return turn.hear({ type: 'sessionEnded' })
  }
}

function atVendLine(turn: Turn, phase: PhaseOf<'delivering'>, line: BoxLine) {
  switch (line.type) {
    case 'vendSucceeded':
      return concludeIdle(turn, 'delivered', 'vend-success')
    case 'vendEnded':
      if (line.how === 'failed') return concludeIdle(turn, 'failed', 'vend-failed')
      if (line.how === 'reset') return concludeIdle(turn, 'unknown', 'reset-in-vend')
      if (phase.next === 'denied') return concludeWithoutNext(turn, phase)
      turn.amend({ ...phase, cancelled: true })
      return turn.wait('answer', turn.settings.limits.boxAnswerMs)
    case 'refused':
      if (line.command !== 'VEND' || phase.next === 'taken') return
      if (phase.next === 'none') return concludeIdle(turn, 'failed', 'approval-too-late')
      turn.amend({ ...phase, next: 'taken' })
      return turn.drop('answer')
    case 'refusedAsOff':
      turn.notice('boxRestarted', 'the box was off when the approval came')
      // Nothing else was sent since, so nothing was approved; unless it answers the denial that came after.
      if (phase.next === 'none') return concludeAnew(turn, 'failed', 'box-off')
      return concludeAnew(turn, 'unknown', 'box-restarted')
    case 'vendRequested':
      return atNextRequest(turn, phase, line)
    case 'status':
      readStatus(turn, line)
      if (line.status === 'enabled' && phase.next === 'denied') concludeWithoutNext(turn, phase)
      return
    case 'sessionIdle':
      if (phase.next === 'denied') concludeWithoutNext(turn, phase)
      return
  }
}

function atNextRequest(turn: Turn, phase: PhaseOf<'delivering'>, request: VendRequest): void {
  if (phase.next === 'none') {
    if (sameRequest(phase, request) && !phase.cancelled) return
    turn.send({ type: 'deny' })
    turn.amend({ ...phase, next: 'denied' })
    turn.wait('answer', turn.settings.limits.boxAnswerMs)
  } else if (phase.next === 'taken') {
    concludeIdle(turn, 'unknown', 'superseded')
    requestVend(turn, request)
  }
}

/** The next request ended undecided, so our approval was not taken for it. */
function concludeWithoutNext(turn: Turn, { cancelled }: PhaseOf<'delivering'>): void {
  if (cancelled) concludeIdle(turn, 'failed', 'cancelled-after-approval')
  else concludeIdle(turn, 'unknown', 'superseded')
}

/** Only hears. What is sent could destroy an outcome still to come, or deny the request of the next buyer. */
export function atListening(turn: Turn, input: ReaderInput) {
  switch (input.type) {
    case 'line':
      return atListenedLine(turn, input.line)
    case 'due':
      return concludeAnew(turn, 'unknown', 'vend-limit')
    case 'attend':
      return turn.hear({ type: 'sessionEnded' })
  }
}

function atListenedLine(turn: Turn, line: BoxLine) {
  switch (line.type) {
    case 'vendSucceeded':
      return concludeAnew(turn, 'delivered', 'vend-success')
    case 'vendEnded':
      if (line.how === 'failed') return concludeAnew(turn, 'failed', 'vend-failed')
      if (line.how === 'reset') return concludeAnew(turn, 'unknown', 'reset-in-vend')
      // Perhaps the next buyer's, who chose while nobody listened: then ours may have fallen before.
      return concludeAnew(turn, 'unknown', 'cancelled')
    case 'refusedAsOff':
      turn.notice('boxRestarted', 'the box has lost its settings during a vend')
      return concludeAnew(turn, 'unknown', 'box-restarted')
    case 'status':
      return readStatus(turn, line)
  }
}

function concludeIdle(turn: Turn, result: VendResult, detail: string): void {
  becomeIdle(turn)
  conclude(turn, result, detail)
}

/** Where the box's state is no longer known, it starts anew. */
function concludeAnew(turn: Turn, result: VendResult, detail: string): void {
  conclude(turn, result, detail)
  configure(turn)
}
