// The hardware port of a machine that we control ourselves: two serial lines, one to the bus of the coin
// changer and one to the motor board, and the shell around the controller (controller.ts). One input at a
// time: decide, write the till to the journal, and only then say anything, an ACK to the changer included.
// When the journal cannot be written nothing was decided: the controller begins anew on what is written, as
// after a power cut.
import type { Log } from '@concilia/platform/log.ts'
import type { Clock, Timer } from '@concilia/protocol/clock.ts'
import type { Money } from '@concilia/protocol/money.ts'
import { readBoardLine, writeBoardCommand } from '@concilia/protocol/motor-board.ts'
import { LineSplitter } from '@concilia/protocol/qibixx-splitter.ts'
import type { Hardware, HardwareEvent } from '../hardware/port.ts'
import type { OpenSerialLine, SerialLine } from '../hardware/serial-line.ts'
import { type Journal, JournalError } from '../journal/port.ts'
import type { ChangerWire } from './changer-wire.ts'
import { stepController } from './controller.ts'
import {
  type ControllerInput,
  type ControllerOutput,
  type ControllerSettings,
  type ControllerState,
  newController,
  nextControllerDue,
} from './controller-state.ts'
import { emptyTill, type Till, tillVersion } from './till.ts'

export interface ControllerParts {
  readonly openBus: OpenSerialLine
  readonly openBoard: OpenSerialLine
  readonly wire: ChangerWire
  readonly journal: Pick<Journal, 'till' | 'keepTill'>
  readonly clock: Clock
  readonly log: Log
  /** How long after a failed write the journal is tried again (ms). */
  readonly retryMs: number
  readonly settings: Omit<ControllerSettings, 'answerMs'>
}

export class ControllerHardware implements Hardware {
  readonly #parts: ControllerParts
  #settings: ControllerSettings
  readonly #waiting: ControllerInput[] = []
  #state: ControllerState
  #working = false
  #bus: SerialLine | undefined
  #board: SerialLine | undefined
  #busOpen = false
  #boardOpen = false
  #timer: Timer | undefined
  /** Set while the journal cannot be written. */
  #retry: Timer | undefined
  #hear: (event: HardwareEvent) => void = () => {}
  #left: (() => void) | undefined

  constructor(parts: ControllerParts) {
    this.#parts = parts
    this.#settings = { ...parts.settings, answerMs: parts.wire.answerMs }
    this.#state = newController(readTill(parts.journal.till))
  }

  get till(): Till {
    return this.#state.till
  }

  /** By selection, as they count now. */
  get prices(): ReadonlyMap<number, number> {
    return this.#settings.prices
  }

  /** What our own file sells, at the prices of a list where it has them. */
  usePrices(listed: ReadonlyMap<number, number>): void {
    const { prices } = this.#parts.settings
    const inForce = [...prices].map(([item, price]) => [item, listed.get(item) ?? price] as const)
    this.#settings = { ...this.#settings, prices: new Map(inForce) }
  }

  start(listening: boolean, hear: (event: HardwareEvent) => void): void {
    this.#hear = hear
    this.#take({ type: 'start', listening })
    this.#bus = this.#openBus()
    this.#board = this.#openBoard()
  }

  attend(forMs: number): void {
    this.#take({ type: 'attend', forMs })
  }

  approve(price: Money): void {
    this.#take({ type: 'approve', price })
  }

  deny(): void {
    this.#take({ type: 'deny' })
  }

  display(text: string): void {
    this.#take({ type: 'display', text })
  }

  async stop(): Promise<void> {
    this.#take({ type: 'stop' })
    this.#retry?.cancel()
    if (this.#state.running) {
      await new Promise<void>((left) => {
        this.#left = left
      })
    }
    this.#timer?.cancel()
    await Promise.all([this.#bus?.close(), this.#board?.close()])
  }

  #openBus(): SerialLine {
    const { openBus, wire, log } = this.#parts
    return openBus({
      opened: () => {
        this.#busOpen = true
        log.info('the line to the coin changer is open')
        this.#bus?.write(wire.opened())
        this.#take({ type: 'busOpened' })
      },
      received: (bytes) => {
        const result = wire.receive(bytes)
        if (result !== undefined) this.#take({ type: 'changer', result })
      },
      lost: (error) => {
        this.#busOpen = false
        log.warn({ err: error }, 'the line to the coin changer is lost')
        this.#take({ type: 'busLost', why: error.message })
      },
    })
  }

  #openBoard(): SerialLine {
    const { openBoard, log } = this.#parts
    let splitter = new LineSplitter()
    return openBoard({
      opened: () => {
        this.#boardOpen = true
        splitter = new LineSplitter()
        log.info('the line to the motor board is open')
        this.#take({ type: 'boardOpened' })
      },
      received: (bytes) => {
        for (const text of splitter.push(bytes)) {
          log.debug({ line: text }, 'from the motor board')
          this.#take({ type: 'board', line: readBoardLine(text) })
        }
      },
      lost: (error) => {
        this.#boardOpen = false
        log.warn({ err: error }, 'the line to the motor board is lost')
        this.#take({ type: 'boardLost', why: error.message })
      },
    })
  }

  /** While the journal fails nothing is taken: what matters is said again, or asked for, afterwards. */
  #take(input: ControllerInput): void {
    if (this.#retry) return
    this.#waiting.push(input)
    if (this.#working) return
    this.#working = true
    try {
      for (let next = this.#waiting.shift(); next; next = this.#waiting.shift()) this.#work(next)
    } finally {
      this.#working = false
    }
    this.#sleep()
  }

  #work(input: ControllerInput): void {
    const { clock, journal } = this.#parts
    const { state, outputs, events } = stepController(this.#state, input, clock.monotonic(), this.#settings)
    if (state.till !== this.#state.till) {
      try {
        journal.keepTill(JSON.stringify(state.till), events, clock.now())
      } catch (error) {
        if (!(error instanceof JournalError)) throw error
        this.#beginAnew(error, input)
        return
      }
    }
    this.#state = state
    for (const output of outputs) this.#perform(output)
  }

  /** Nothing of this step has happened, and nothing of it was said. */
  #beginAnew(err: JournalError, input: ControllerInput): void {
    const { log, clock, retryMs } = this.#parts
    log.error({ err }, 'the till cannot be written; no coins are taken and nothing is sold until it can')
    // A sale that waits for the end of its vend still does.
    const { concluding, request } = this.#state.counter
    const approved = [input, ...this.#waiting].some(({ type }) => type === 'approve')
    this.#state = newController(this.#state.till)
    this.#waiting.length = 0
    this.#timer?.cancel()
    this.#retry = clock.after(retryMs, () => {
      this.#retry = undefined
      this.#take({ type: 'start', listening: concluding || approved })
      if (this.#busOpen) this.#take({ type: 'busOpened' })
      if (this.#boardOpen) this.#take({ type: 'boardOpened' })
    })
    if (request && !approved) this.#hear({ type: 'vendCancelled', why: 'readerLost' })
    this.#hear({ type: 'notReady', why: 'lost' })
  }

  #perform(output: ControllerOutput): void {
    const { wire, log } = this.#parts
    switch (output.type) {
      case 'ask':
        log.debug({ command: output.command }, 'to the coin changer')
        this.#bus?.write(wire.ask(output.command))
        break
      case 'acknowledge':
        this.#bus?.write(wire.acknowledge())
        break
      case 'resync':
        this.#bus?.write(wire.opened())
        break
      case 'board': {
        const text = writeBoardCommand(output.line)
        log.debug({ line: text }, 'to the motor board')
        this.#board?.write(`${text}\n`)
        break
      }
      case 'hear':
        this.#hear(output.event)
        break
    }
  }

  #sleep(): void {
    if (!this.#state.running) this.#left?.()
    const { clock } = this.#parts
    this.#timer?.cancel()
    const due = nextControllerDue(this.#state)
    if (!due) return
    const delayMs = Math.max(0, due.at - clock.monotonic())
    this.#timer = clock.after(delayMs, () => this.#take({ type: 'due', deadline: due.deadline }))
  }
}

/** @throws Error when a newer release wrote it */
function readTill(text: string | undefined): Till {
  if (text === undefined) return emptyTill
  const till = JSON.parse(text) as Till
  if (till.version !== tillVersion) throw new Error(`the till in the journal is of form ${till.version}`)
  return till
}
