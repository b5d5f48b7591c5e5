// The supervisor's and the tests' end of the simulator's IPC channel.
import type { ChildProcess } from 'node:child_process'
import { OperatingError } from '@concilia/platform/operating-error.ts'
import type { CallMessage, CallName, Calls, FromSimulator } from './control.ts'
import type { KioskEvent } from './kiosk/kiosk.ts'
import type { MachineEvent } from './vending-machine.ts'

interface Waiting {
  readonly resolve: (answer: never) => void
  readonly reject: (error: Error) => void
}

export class SimulatorControl {
  readonly #child: ChildProcess
  readonly #waiting = new Map<number, Waiting>()
  #calls = 0

  /**
   * @param child `simulator/main.ts`, started with an IPC channel
   * @param see what happens on the machines, as it happens
   * @param seeKiosk and on the kiosks
   */
  constructor(
    child: ChildProcess,
    see: (machine: string, event: MachineEvent) => void = () => {},
    seeKiosk: (machine: string, event: KioskEvent) => void = () => {},
  ) {
    this.#child = child
    child.on('message', (message: FromSimulator) => {
      if (message.type === 'answer') this.#take(message.id)?.resolve(message.answer as never)
      if (message.type === 'failed') this.#take(message.id)?.reject(new Error(message.why))
      if (message.type === 'machine') see(message.machine, message)
      if (message.type === 'kiosk') seeKiosk(message.machine, message)
    })
    child.on('exit', () => {
      for (const id of [...this.#waiting.keys()]) this.#take(id)?.reject(gone())
    })
  }

  /** Rejects with the simulator's own words when it cannot. */
  call<Name extends CallName>(call: Name, takes: Calls[Name]['takes']): Promise<Calls[Name]['answers']> {
    const { promise, resolve, reject } = Promise.withResolvers<Calls[Name]['answers']>()
    this.#calls += 1
    this.#waiting.set(this.#calls, { resolve, reject })
    const message: CallMessage = { id: this.#calls, call, takes }
    if (this.#child.connected) this.#child.send(message)
    else this.#take(message.id)?.reject(gone())
    return promise
  }

  #take(id: number): Waiting | undefined {
    const waiting = this.#waiting.get(id)
    this.#waiting.delete(id)
    return waiting
  }
}

function gone(): OperatingError {
  return new OperatingError({
    code: 'simulator-gone',
    message: 'The simulator has ended.',
    advice: 'Start it again; its own log says why it ended.',
  })
}
