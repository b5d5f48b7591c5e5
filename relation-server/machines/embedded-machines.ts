// The machines port at the embedded broker: it is in this very process, so its messages are heard and
// published by calls, and there is no way to it that could be lost. Other servers reach the same broker as
// clients (machine-link-adapter.ts).
import type { Clock } from '@concilia/protocol/clock.ts'
import { type DownChannel, downTopic } from '@concilia/protocol/topics.ts'
import type { EmbeddedBroker } from './embedded-broker-adapter.ts'
import type { Machines, MachinesHear } from './port.ts'
import { readMessage } from './read-message.ts'
import { SendQueues } from './send-queue.ts'

export class EmbeddedMachines implements Machines {
  readonly #broker: Pick<EmbeddedBroker, 'hear' | 'publish'>
  readonly #clock: Clock
  readonly #queues: SendQueues
  #hear: MachinesHear | undefined

  constructor(broker: Pick<EmbeddedBroker, 'hear' | 'publish'>, clock: Clock) {
    this.#broker = broker
    this.#clock = clock
    this.#queues = new SendQueues((topic, text) => broker.publish(topic, text))
  }

  start(hear: MachinesHear): void {
    this.#hear = hear
    const receive = (topic: string, bytes: Uint8Array) => {
      const input = this.#hear && readMessage(topic, bytes, this.#clock.now())
      if (input) this.#hear?.receive(input)
    }
    this.#broker.hear(receive, () => this.#hear?.up())
  }

  async send(automatonId: string, channel: DownChannel, body: object): Promise<boolean> {
    if (!this.#hear) return false
    return this.#queues.send(automatonId, downTopic(automatonId, channel), JSON.stringify(body))
  }

  async stop(): Promise<void> {
    this.#hear = undefined
  }
}
