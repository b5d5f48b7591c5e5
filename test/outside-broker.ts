// The outside broker of a bench: started, killed, stopped in time, started again on the same port.
import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import type { BrokerAccess } from '@concilia/simulator/start/configurations.ts'

export class OutsideBroker {
  port = 0
  #child: ChildProcess | undefined

  get access(): BrokerAccess & { readonly machines: string } {
    const url = `mqtt://127.0.0.1:${this.port}`
    return { machines: url, servers: { brokerUrl: url } }
  }

  async start(): Promise<void> {
    const child = fork(join(import.meta.dirname, 'broker-process.ts'), [String(this.port)])
    this.#child = child
    const [{ port }] = await once(child, 'message')
    this.port = port
  }

  /** kill -9. */
  async kill(): Promise<void> {
    const child = this.#child
    if (!child) return
    const gone = once(child, 'exit')
    child.kill('SIGKILL')
    await gone
  }

  /** Takes it out of time until `resume`. */
  pause(): void {
    this.#child?.kill('SIGSTOP')
  }

  resume(): void {
    this.#child?.kill('SIGCONT')
  }

  double(on: boolean): void {
    this.#child?.send({ double: on })
  }
}
