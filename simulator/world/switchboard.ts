// The voice platform between callers and servers: it says each step of a call, again until a server answers
// it, does what it is told, and says when the caller hangs up. What the caller hears, types and does is the
// caller's.
import type { CallDesk, CallStep } from '@concilia/relation-server/phones/voice/call-desk.ts'
import type { CallAction, CallAnswer } from '@concilia/relation-server/phones/voice/next-step.ts'
import type { ServedPhones } from './carrier.ts'
import type { Observe } from './observations.ts'
import type { SeededRandom } from './seeded-random.ts'
import type { Timeline } from './timeline.ts'
import type { Carriage } from './weather.ts'

const againMs = 6_000
const mostRepeats = 40
const playMs = 1_000
const typingMs = 4_000

/** Somebody on the phone. */
export interface Caller {
  readonly called: string
  readonly amountMinor: number
  readonly direct: boolean
  /** What is typed when a machine number is asked for. */
  readonly type: () => string
  readonly hears: (code: string) => void
  /** Hangs up as so many things have been heard; never when left out. */
  readonly hangsUpAfter?: number
}

interface Call {
  readonly id: string
  readonly caller: Caller
  step: number
  heard: number
  isOver: boolean
}

interface Parts {
  readonly timeline: Timeline
  readonly random: SeededRandom
  readonly carriage: Carriage
  readonly observe: Observe
  readonly servers: () => readonly ServedPhones[]
}

export class Switchboard {
  readonly #parts: Parts
  #calls = 0

  constructor(parts: Parts) {
    this.#parts = parts
  }

  place(caller: Caller): void {
    const call: Call = { id: `call-${this.#calls++}`, caller, step: 0, heard: 0, isOver: false }
    const { amountMinor, direct } = caller
    this.#parts.observe({ type: 'called', callId: callIdOf(call), amountMinor, direct })
    this.#say(call, 'begun')
  }

  /** @param digits what was typed */
  #say(call: Call, event: CallStep['event'], digits?: string): void {
    const { id, caller } = call
    const step: CallStep = {
      platform: 'pbx',
      call: id,
      step: ++call.step,
      event,
      called: caller.called,
      ...(digits !== undefined && { digits }),
    }
    this.#hand(call, step, 0)
  }

  /** To any server that runs, and to any again while none has answered. */
  #hand(call: Call, step: CallStep, repeat: number): void {
    const { timeline, random, carriage, servers } = this.#parts
    let isAnswered = false
    const answered = (answer: CallAnswer) => {
      if (isAnswered) return
      isAnswered = true
      if (!call.isOver) this.#act(call, answer, 0)
    }
    timeline.after(againMs, () => {
      if (isAnswered || repeat >= mostRepeats) return
      isAnswered = true
      this.#hand(call, step, repeat + 1)
    })
    const running = servers().filter(({ process }) => process.alive)
    if (running.length === 0) return
    const server = random.pick(running)
    carriage.carry(() => hear(server, step, (answer) => carriage.carry(() => answered(answer))))
  }

  /** One action after the other; the caller may hang up at any of them. */
  #act(call: Call, answer: CallAnswer, place: number): void {
    const { timeline, observe } = this.#parts
    const { caller } = call
    if (call.heard++ === caller.hangsUpAfter) {
      this.#end(call)
      return
    }
    const action = answer.do[place]
    if (!action) {
      if (answer.report === 'hungUp' || answer.report === null) this.#end(call, answer.report)
      else if (answer.report !== 'digits') this.#say(call, answer.report)
      return
    }
    const callId = callIdOf(call)
    if (action.do === 'play') observe({ type: 'callHeard', callId, what: action.message })
    if (action.do === 'readCode') {
      observe({ type: 'callHeard', callId, what: 'code', code: action.code })
      caller.hears(action.code)
    }
    timeline.after(msOf(action), () => {
      if (call.isOver) return
      if (action.do === 'ask') {
        const digits = caller.type()
        observe({ type: 'callTyped', callId, machineNumber: digits })
        this.#say(call, 'digits', digits)
      } else this.#act(call, answer, place + 1)
    })
  }

  #end(call: Call, report: 'hungUp' | null = 'hungUp'): void {
    call.isOver = true
    if (report !== null) this.#say(call, report)
  }
}

/** As servers know it. */
const callIdOf = ({ id }: Call) => `pbx ${id}`

function hear({ process, calls }: ServedPhones, step: CallStep, answer: (it: CallAnswer) => void): void {
  const desk: CallDesk | undefined = calls
  if (!desk) return
  process.enter(() => {
    desk.hear(step).then(
      (it) => process.leave(() => answer(it)),
      // It could not be stored: nothing is answered, and the step comes again.
      () => {},
    )
  })
}

function msOf(action: CallAction): number {
  if (action.do === 'wait') return action.forMs
  if (action.do === 'ask') return typingMs
  return action.do === 'play' || action.do === 'readCode' ? playMs : 0
}
