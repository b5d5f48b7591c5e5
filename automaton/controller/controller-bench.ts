// The controller in a test's hand: the real shell over a simulated disk, a scripted changer and a scripted
// board, with a clock that the test advances. Its process can be ended before and after each write of the
// journal and each word on either line, and started again on what it left.

import { makeLog } from '@concilia/platform/log.ts'
import { OperatingError } from '@concilia/platform/operating-error.ts'
import type { Clock } from '@concilia/protocol/clock.ts'
import { defaultLimits } from '@concilia/protocol/limits.ts'
import { ManualClock } from '@concilia/protocol/manual-clock.ts'
import { type ChangerCommand, coinChanger } from '@concilia/protocol/mdb/coin-changer.ts'
import { readBoardCommand, writeBoardLine } from '@concilia/protocol/motor-board.ts'
import type { HardwareEvent } from '../hardware/port.ts'
import type { OpenSerialLine, SerialLineEvents } from '../hardware/serial-line.ts'
import { MemoryJournal, SimulatedDisk } from '../journal/memory-journal.ts'
import type { Journal } from '../journal/port.ts'
import type { ChangerWire } from './changer-wire.ts'
import { ControllerHardware } from './controller-hardware.ts'
import type { ChangerResult } from './controller-state.ts'
import { ScriptedBoard, ScriptedChanger, valuesMinor } from './scripted-changer.ts'
import type { Till } from './till.ts'

export const prices = new Map([
  [11, 120],
  [12, 150],
])
const creditReturnMs = 20_000
export const log = makeLog('automaton', { level: 'silent' })

/** The end of a process, at one of its moments. */
class Killed extends Error {}

export interface BenchProcess {
  readonly hardware: ControllerHardware
  readonly journal: Journal
  readonly clock: Clock
  /** To be called where this process may end. */
  readonly moment: () => void
}

export class ControllerBench {
  readonly clock = new ManualClock(Date.UTC(2030, 0, 1))
  readonly disk = new SimulatedDisk({ bytes: (length) => new Uint8Array(length) })
  readonly changer: ScriptedChanger
  readonly board = new ScriptedBoard()
  readonly heard: HardwareEvent[] = []
  /** Money that buyers have put in. */
  inserted = 0
  /** Moments of this process; `killAt` ends it at that one. */
  moments = 0
  killAt = Number.POSITIVE_INFINITY
  dead = true
  /** What the sale has yet to decide, and how often it approved. */
  request: Extract<HardwareEvent, { type: 'vendRequested' }> | undefined
  approvals = 0
  /** Starts the hardware in place of the bench, as an automaton does. */
  begin: ((process: BenchProcess) => void) | undefined
  hardware!: ControllerHardware
  #busEvents: SerialLineEvents | undefined
  #boardEvents: SerialLineEvents | undefined
  #boardThere = true
  #end = () => {}

  constructor(level: 2 | 3 = 2) {
    this.changer = new ScriptedChanger(level)
  }

  get till(): Till {
    return this.hardware.till
  }

  /** A new process on what the last one left. */
  start(listening = false): void {
    let alive = true
    this.dead = false
    this.moments = 0
    this.#end = () => {
      alive = false
      this.dead = true
    }
    const isAlive = () => alive
    const moment = () => {
      if (!alive) throw new Killed()
      if (++this.moments !== this.killAt) return
      this.#end()
      throw new Killed()
    }
    const journal = mortalJournal(new MemoryJournal(this.disk), moment)
    const clock = mortal(this.clock, isAlive)
    this.hardware = new ControllerHardware({
      openBus: this.#bus(isAlive),
      openBoard: this.#boardLine(isAlive, moment),
      wire: this.#wire(moment),
      ...{ journal, clock },
      log,
      retryMs: 1000,
      settings: {
        currency: 'EUR',
        language: 'en',
        prices,
        mostCreditMinor: 500,
        creditReturnMs,
        limits: defaultLimits,
      },
    })
    this.request = undefined
    const { hardware, begin } = this
    this.guarded(() => {
      if (begin) begin({ hardware, journal, clock, moment })
      else hardware.start(listening, (event) => this.#hear(event))
    })
  }

  #hear(event: HardwareEvent): void {
    this.heard.push(event)
    if (event.type === 'vendRequested') this.request = event
    if (event.type === 'vendCancelled') this.request = undefined
  }

  /** What happens to a process that may die of it. */
  guarded(action: () => void): void {
    try {
      action()
    } catch (error) {
      if (!(error instanceof Killed)) throw error
    }
  }

  pass(ms: number): void {
    const until = this.clock.monotonic() + ms
    while (this.clock.monotonic() < until) {
      this.guarded(() => this.clock.advance(until - this.clock.monotonic()))
    }
  }

  /** Ready to sell. */
  ready(listening = false): void {
    this.start(listening)
    this.pass(3000)
  }

  insert(...types: readonly number[]): void {
    for (const type of types) {
      if (this.changer.insert(type)) this.inserted += valuesMinor[type] ?? 0
      this.pass(400)
    }
  }

  press(selection: number): void {
    const text = writeBoardLine({ type: 'key', selection })
    this.guarded(() => this.#boardEvents?.received(Buffer.from(`${text}\n`)))
  }

  /** As the sale would, if a request waits. */
  approve(): void {
    const { request } = this
    if (!request) return
    this.request = undefined
    this.approvals++
    this.guarded(() => this.hardware.approve(request.price))
  }

  deny(): void {
    this.request = undefined
    this.guarded(() => this.hardware.deny())
  }

  get ends(): number {
    return this.types().filter((type) => type === 'vendConcluded').length
  }

  types(): HardwareEvent['type'][] {
    return this.heard.map(({ type }) => type)
  }

  noticed(what: string): string[] {
    return this.heard.flatMap((event) =>
      event.type === 'noticed' && event.what === what ? event.detail : [],
    )
  }

  #bus(isAlive: () => boolean): OpenSerialLine {
    return (events) => {
      this.clock.after(0, () => isAlive() && events.opened())
      this.#busEvents = events
      return { write: () => {}, close: async () => {} }
    }
  }

  /** The answer comes a moment later, as bytes of no meaning: the wire hands the result over. */
  #wire(moment: () => void): ChangerWire {
    let result: ChangerResult | undefined
    return {
      answerMs: 60,
      opened: () => '',
      ask: (command: ChangerCommand) => {
        moment()
        if (!(command.name in coinChanger.commands)) throw new Error(`no command ${command.name}`)
        const answer = this.changer.exchange(command)
        if (answer !== 'silence') {
          this.clock.after(3, () => {
            result = answer
            if (!this.dead) this.#busEvents?.received(new Uint8Array())
          })
        }
        moment()
        return ''
      },
      acknowledge: () => {
        moment()
        this.changer.acknowledge()
        moment()
        return ''
      },
      receive: () => {
        const came = result
        result = undefined
        return came
      },
    }
  }

  #boardLine(isAlive: () => boolean, moment: () => void): OpenSerialLine {
    return (events) => {
      this.#boardEvents = {
        opened: events.opened,
        received: (bytes) => isAlive() && events.received(bytes),
        lost: (error) => isAlive() && events.lost(error),
      }
      this.clock.after(0, () => isAlive() && events.opened())
      return {
        write: (text) => {
          moment()
          const command = readBoardCommand(text.trimEnd())
          if (command.type === 'unreadable') throw new Error(`the board cannot read ${text}`)
          for (const line of this.board.take(command)) {
            if (line.type === 'unreadable') continue
            const said = `${writeBoardLine(line)}\n`
            this.clock.after(3, () => isAlive() && this.#boardThere && events.received(Buffer.from(said)))
          }
          moment()
        },
        close: async () => {},
      }
    }
  }

  loseBoard(): void {
    const error = new OperatingError({ code: 'serial-port-unplugged', message: 'it went away', advice: '' })
    this.#boardThere = false
    this.guarded(() => this.#boardEvents?.lost(error))
  }

  openBoard(): void {
    this.#boardThere = true
    this.guarded(() => this.#boardEvents?.opened())
  }
}

function mortalJournal(journal: Journal, moment: () => void): Journal {
  const around = <T>(write: () => T): T => {
    moment()
    const written = write()
    moment()
    return written
  }
  const writes: Partial<Journal> = {
    keepTill: (...args) => around(() => journal.keepTill(...args)),
    commit: (change) => around(() => journal.commit(change)),
  }
  return new Proxy(journal, {
    get(target, name) {
      const value = Reflect.get(writes, name) ?? Reflect.get(target, name, target)
      return typeof value === 'function' ? value.bind(target) : value
    },
  })
}

/** Timers of an ended process do nothing. */
function mortal(clock: ManualClock, isAlive: () => boolean): Clock {
  return {
    now: () => clock.now(),
    monotonic: () => clock.monotonic(),
    after: (delayMs, action) => clock.after(delayMs, () => isAlive() && action()),
  }
}
