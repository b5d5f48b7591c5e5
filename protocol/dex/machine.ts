// Both ends of DEX/UCS as one pure machine: (state, input, now) -> (state, outputs). A *carrier* (we) fetches
// a machine's file, a *device* (the machine) gives it. Three sessions, each led by one of the two: the
// carrier's handshake, the device's answer to it, the data. Old devices insist on leading the first one;
// then the carrier yields and answers in the second. Whoever leads calls (ENQ), sends frame after frame,
// each acknowledged with 0 and 1 in turn, and ends (EOT); what is not answered is asked for, not repeated
// blindly, so that no block is taken twice.
import {
  ack,
  blocksOf,
  enq,
  eot,
  type Frame,
  frameBytes,
  header,
  isInside,
  nak,
  outside,
  readByte,
  type Signal,
  wack,
} from './frames.ts'

import {
  type DexInput,
  type DexOutput,
  type DexSettings,
  type DexState,
  dexTimes,
  idleDex,
  mostAttempts,
  mostCalls,
  mostRepeats,
  type Session,
} from './state.ts'

export function dexStep(
  state: DexState,
  input: DexInput,
  now: number,
  settings: DexSettings,
): { state: DexState; outputs: readonly DexOutput[] } {
  const turn = new Turn(state, now, settings)
  switch (input.type) {
    case 'start':
      turn.start()
      break
    case 'received':
      for (const byte of input.bytes) turn.byte(byte)
      break
    case 'due':
      turn.due()
  }
  return { state: turn.state, outputs: turn.outputs }
}

/** The three sessions as a role begins them. */
function sessionsOf({ role, insists }: DexSettings, yields: boolean): Session[] {
  const leads = role === 'carrier' ? !yields : insists
  return [
    { by: leads ? 'us' : 'peer', what: 'handshake' },
    { by: leads ? 'peer' : 'us', what: 'answer' },
    { by: role === 'carrier' ? 'peer' : 'us', what: 'data' },
  ]
}

const answers: Readonly<Record<string, string>> = {
  '01': 'our communication id is unknown to the machine (01)',
  '02': 'the machine does not take our revision and level (02)',
  '03': 'the machine cannot do this now (03)',
  '04': 'the machine has no data (04)',
}

class Turn {
  state: DexState
  readonly outputs: DexOutput[] = []
  readonly #now: number
  readonly #settings: DexSettings

  constructor(state: DexState, now: number, settings: DexSettings) {
    this.state = state
    this.#now = now
    this.#settings = settings
  }

  start(): void {
    this.#set({ ...idleDex, limitAt: this.#now + dexTimes.wholeMs, attempts: 1 })
    this.#begin(sessionsOf(this.#settings, false), dexTimes.leastMs)
  }

  byte(byte: number): void {
    const { partial, signal } = readByte(this.state.partial, byte)
    this.#set({ partial })
    if (this.state.at === 'listening' && this.state.lastAnswer.length > 0) {
      this.#wait(isInside(partial) ? dexTimes.gapMs : dexTimes.silenceMs)
    }
    if (signal) this.#hear(signal)
  }

  due(): void {
    const { reply, dueAt, limitAt } = this.state
    if (limitAt !== undefined && limitAt <= this.#now) {
      this.#end({ type: 'failed', why: `not done within ${dexTimes.wholeMs / 1000} s${this.#before}` })
      return
    }
    if (reply && reply.at <= this.#now) {
      this.#set({ reply: undefined })
      this.outputs.push({ type: 'send', bytes: reply.bytes })
    }
    if (dueAt !== undefined && dueAt <= this.#now) this.#overdue()
  }

  get #before(): string {
    return this.state.trouble === '' ? '' : ` (${this.state.trouble})`
  }

  #set(change: Partial<DexState>): void {
    this.state = { ...this.state, ...change }
  }

  #wait(delayMs: number): void {
    this.#set({ dueAt: this.#now + delayMs })
  }

  /** @param forMs how long the answer is waited for; not at all when left out */
  #say(bytes: readonly number[], forMs?: number): void {
    const at = this.#now + dexTimes.leastMs
    this.#set({ reply: { bytes, at }, dueAt: forMs === undefined ? undefined : at + forMs })
  }

  #begin(sessions: readonly Session[], pauseMs: number): void {
    const [next] = sessions
    const fresh = { sessions, frames: [], pending: -1, repeats: 0, got: [], lastAnswer: [] }
    const busyLeft = this.#settings.busy ?? 0
    this.#set({ ...fresh, busyLeft, partial: outside, at: next?.by === 'us' ? 'pausing' : 'listening' })
    this.#wait(next?.by === 'us' ? pauseMs : dexTimes.turnMs)
  }

  #hear(signal: Signal): void {
    switch (this.state.at) {
      case 'idle':
        if (signal.type === 'enq' && this.#settings.role === 'device') this.#called()
        return
      case 'listening':
        this.#led(signal)
        return
      case 'asking':
        this.#answered(signal)
        return
      case 'pausing':
        if (signal.type === 'enq') this.#yield()
    }
  }

  /** A device that nobody spoke to until now. */
  #called(): void {
    this.#set({ limitAt: this.#now + dexTimes.wholeMs, attempts: mostAttempts })
    this.#begin(sessionsOf(this.#settings, false), dexTimes.leastMs)
    if (this.state.at === 'listening') this.#led({ type: 'enq' })
  }

  /** Both want to lead the first handshake: the carrier gives way. */
  #yield(): void {
    const { role } = this.#settings
    const [session] = this.state.sessions
    if (role !== 'carrier' || session?.what !== 'handshake' || session.by !== 'us') return
    this.#begin(sessionsOf(this.#settings, true), 0)
    this.#led({ type: 'enq' })
  }

  // The peer leads.

  #led(signal: Signal): void {
    const { lastAnswer, got, busyLeft } = this.state
    switch (signal.type) {
      case 'enq':
        if (busyLeft > 0) {
          this.#set({ busyLeft: busyLeft - 1 })
          this.#say(wack, dexTimes.silenceMs)
          return
        }
        // Once it has called, this asks what became of its last frame.
        this.#answer(lastAnswer.length > 0 ? lastAnswer : ack(0))
        return
      case 'frame': {
        if (lastAnswer.length === 0) return
        if (signal.frame.kind !== this.#wantedKind) {
          this.#say(nak, dexTimes.silenceMs)
          return
        }
        // Repeated instead of asked for: it is the one we have.
        const isRepeat = got.at(-1)?.text === signal.frame.text && got.at(-1)?.last === signal.frame.last
        if (!isRepeat) this.#set({ got: [...got, signal.frame] })
        this.#answer(isRepeat ? lastAnswer : ack(this.state.got.length % 2 === 1 ? 1 : 0))
        return
      }
      case 'badFrame':
        if (lastAnswer.length > 0) this.#say(nak, dexTimes.silenceMs)
        return
      case 'eot':
        if (lastAnswer.length > 0) this.#ledToItsEnd()
    }
  }

  get #wantedKind(): Frame['kind'] {
    return this.state.sessions[0]?.what === 'data' ? 'block' : 'header'
  }

  #answer(bytes: readonly number[]): void {
    this.#set({ lastAnswer: bytes })
    this.#say(bytes, dexTimes.silenceMs)
  }

  #ledToItsEnd(): void {
    const { got, sessions } = this.state
    const [session, ...rest] = sessions
    const text = got.map((frame) => frame.text).join('')
    if (!got.at(-1)?.last) {
      this.#fail('the machine ended a session in its middle')
      return
    }
    if (session?.what === 'data') {
      this.#end({ type: 'done', text, peer: this.state.peer })
      return
    }
    const isAnswer = session?.what === 'answer'
    const code = text.slice(0, 2)
    if (isAnswer && code !== '00') {
      const why = answers[code] ?? `the machine answers ${code.replace(/[^\x20-\x7e]/g, '?')}`
      this.#end({ type: 'failed', why })
      return
    }
    const id = isAnswer ? text.slice(2, 12) : text.slice(0, 10)
    const revision = text.slice(isAnswer ? 12 : 11).trim()
    this.#set({ peer: { id: id.trim(), revision } })
    this.#begin(rest, dexTimes.pauseMs)
  }

  // We lead.

  #call(): void {
    const [session] = this.state.sessions
    const { id, revision, role, file } = this.#settings
    let frames = this.state.frames
    if (frames.length === 0) {
      if (session?.what === 'data') frames = blocksOf(file?.() ?? '')
      else if (session?.what === 'answer') frames = [header(`00${id}${revision}`)]
      else frames = [header(`${id}${role === 'carrier' ? 'R' : 'S'}${revision}`)]
    }
    this.#set({ at: 'asking', frames })
    this.#say(enq, dexTimes.answerMs)
  }

  #answered(signal: Signal): void {
    const { pending, frames } = this.state
    switch (signal.type) {
      case 'ack': {
        const expected = pending < 0 ? 0 : (pending + 1) % 2
        if (signal.number === expected) this.#acknowledged()
        else if (pending >= 0) this.#repeat('the machine does not acknowledge a block')
        return
      }
      case 'nak':
        if (pending >= 0) this.#repeat('the machine refuses a block again and again')
        else this.#wait(dexTimes.busyMs)
        return
      case 'wack':
        // It lives: what it was asked before counts no more.
        this.#set({ repeats: 0 })
        this.#wait(dexTimes.busyMs)
        return
      case 'eot':
        this.#fail('the machine ended a session in its middle')
        return
      case 'enq':
        if (pending < 0 && frames.length > 0) this.#yield()
    }
  }

  #acknowledged(): void {
    const { pending, frames, sessions } = this.state
    const next = frames[pending + 1]
    this.#set({ pending: pending + 1, repeats: 0 })
    if (next) {
      this.#say(frameBytes(next), dexTimes.answerMs)
      return
    }
    const [session, ...rest] = sessions
    if (session?.what === 'data') {
      this.#end({ type: 'done', text: '', peer: this.state.peer }, eot)
      return
    }
    this.#begin(rest, dexTimes.pauseMs)
    const { dueAt } = this.state
    this.#say(eot)
    this.#set({ dueAt })
  }

  #repeat(why: string): void {
    const { frames, pending, repeats } = this.state
    const frame = frames[pending]
    if (!frame || repeats >= mostRepeats) {
      this.#fail(why)
      return
    }
    this.#set({ repeats: repeats + 1 })
    this.#say(frameBytes(frame), dexTimes.answerMs)
  }

  // Nothing came.

  #overdue(): void {
    const { at, repeats, pending, lastAnswer, partial } = this.state
    if (at === 'pausing') {
      this.#call()
      return
    }
    if (at === 'asking') {
      if (repeats >= (pending < 0 ? mostCalls : mostRepeats)) {
        this.#fail(pending < 0 ? 'the machine does not answer' : 'the machine went silent')
        return
      }
      this.#set({ repeats: repeats + 1 })
      this.#call()
      return
    }
    if (at !== 'listening') return
    if (isInside(partial)) {
      // Whoever sent it will ask what became of it.
      this.#set({ partial: outside })
      this.#wait(dexTimes.silenceMs)
      return
    }
    this.#fail(
      lastAnswer.length > 0 ? 'the machine went silent in a session' : 'the machine does not call back',
    )
  }

  /** A session that failed costs the reading one attempt. A device waits to be called again. */
  #fail(why: string): void {
    const { attempts, limitAt } = this.state
    if (this.#settings.role === 'device' || attempts >= mostAttempts || this.#isUnanswered(why)) {
      this.#end({ type: 'failed', why })
      return
    }
    this.#set({ ...idleDex, limitAt, attempts: attempts + 1, trouble: why })
    this.#begin(sessionsOf(this.#settings, false), dexTimes.restMs)
  }

  /** Ten calls without a sound are enough. */
  #isUnanswered(why: string): boolean {
    return why === 'the machine does not answer' && this.state.trouble === ''
  }

  #end(output: DexOutput, last?: readonly number[]): void {
    if (last) this.outputs.push({ type: 'send', bytes: last })
    this.outputs.push(output)
    this.state = idleDex
  }
}
