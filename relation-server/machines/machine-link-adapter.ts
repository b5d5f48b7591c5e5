// The machines port over MQTT 3.1.1: the server is an ordinary client of a broker that runs elsewhere, be it
// another server's embedded one. It hears every machine and has one queue for each. A message is acknowledged
// to the broker as it comes: what counts is our own *stored* after the commit. Reconnecting is ours too, with
// full jitter; what was under way then is not sent.
import { OperatingError } from '@concilia/platform/operating-error.ts'
import type { Clock, Timer } from '@concilia/protocol/clock.ts'
import { fullJitter, type Random } from '@concilia/protocol/random.ts'
import { allPresenceTopics, allUpTopics, type DownChannel, downTopic } from '@concilia/protocol/topics.ts'
import { connect, type IClientOptions, type MqttClient } from 'mqtt'
import type { Machines, MachinesHear } from './port.ts'
import { readMessage } from './read-message.ts'
import { SendQueues } from './send-queue.ts'

export interface MachineLinkParts {
  /** `mqtts://` anywhere; `mqtt://` to this machine only (the configuration sees to it). */
  readonly url: string
  /** Another for each server on the same broker. */
  readonly clientId: string
  readonly username: string
  readonly password: string
  /** What TLS presents and trusts; undefined for a plain connection. */
  readonly tls: { readonly keyPem: string; readonly chain: string; readonly rootPem: string } | undefined
  readonly clock: Clock
  readonly random: Random
  /** `limits.reconnectCapMs`. */
  readonly reconnectCapMs: number
}

const reconnectBaseMs = 1_000
const connectMs = 10_000
const keepAliveSeconds = 15

export class MachineLink implements Machines {
  readonly #parts: MachineLinkParts
  readonly #queues = new SendQueues((topic, text) => this.#publish(topic, text))
  #hear: MachinesHear | undefined
  #client: MqttClient | undefined
  #isUp = false
  #saidDown = false
  #attempt = 0
  #retry: Timer | undefined
  /** Settles every publish under way when the connection breaks: their callbacks may never come. */
  #lost: Promise<false> = Promise.resolve(false)

  constructor(parts: MachineLinkParts) {
    this.#parts = parts
  }

  start(hear: MachinesHear): void {
    this.#hear = hear
    this.#connect()
  }

  async send(automatonId: string, channel: DownChannel, body: object): Promise<boolean> {
    if (!this.#isUp) return false
    return this.#queues.send(automatonId, downTopic(automatonId, channel), JSON.stringify(body))
  }

  async stop(): Promise<void> {
    this.#hear = undefined
    this.#isUp = false
    this.#retry?.cancel()
    const client = this.#client
    this.#client = undefined
    await client?.endAsync(true)
  }

  #connect(): void {
    const client = connect(this.#parts.url, this.#options())
    this.#client = client
    this.#lost = new Promise((resolve) => client.once('close', () => resolve(false)))
    let why: Error | undefined
    client.on('error', (error) => {
      why = error
      client.stream.destroy()
    })
    client.once('close', () => {
      client.end(true)
      if (this.#client === client) this.#away(why)
    })
    client.on('connect', () => {
      const stream = client.stream as { setNoDelay?: (on: boolean) => void }
      stream.setNoDelay?.(true)
      client.subscribe([allUpTopics, allPresenceTopics], { qos: 1 }, (error) => {
        if (error) {
          why = error
          client.stream.destroy()
        } else if (this.#client === client) this.#back()
      })
    })
    client.on('message', (topic, bytes) => {
      const input = readMessage(topic, bytes, this.#parts.clock.now())
      if (input && this.#client === client) this.#hear?.receive(input)
    })
  }

  #back(): void {
    this.#isUp = true
    this.#saidDown = false
    this.#attempt = 0
    this.#hear?.up()
  }

  #away(why: Error | undefined): void {
    const { clock, random, reconnectCapMs, url } = this.#parts
    this.#isUp = false
    this.#client = undefined
    this.#retry = clock.after(fullJitter(random, this.#attempt++, reconnectBaseMs, reconnectCapMs), () =>
      this.#connect(),
    )
    if (this.#saidDown) return
    this.#saidDown = true
    this.#hear?.down(brokerUnreachable(url, why))
  }

  #publish(topic: string, text: string): Promise<boolean> {
    const client = this.#client
    if (!this.#isUp || !client) return Promise.resolve(false)
    const taken = new Promise<boolean>((resolve) => {
      client.publish(topic, text, { qos: 1, retain: false }, (error) => resolve(!error))
    })
    return Promise.race([taken, this.#lost])
  }

  #options(): IClientOptions {
    const { clientId, username, password, tls } = this.#parts
    return {
      clientId,
      username,
      password,
      protocolVersion: 4,
      clean: true,
      reconnectPeriod: 0,
      connectTimeout: connectMs,
      keepalive: keepAliveSeconds,
      queueQoSZero: false,
      // Its own would be made ready for each packet and then not written.
      log: () => {},
      ...(tls && { key: tls.keyPem, cert: tls.chain, ca: tls.rootPem, rejectUnauthorized: true }),
    }
  }
}

function brokerUnreachable(url: string, cause: Error | undefined): OperatingError {
  const why = cause ? (cause as NodeJS.ErrnoException).code || cause.message : 'closed'
  return new OperatingError({
    code: 'broker-unreachable',
    message: `The broker at ${url} cannot be reached (${why}).`,
    advice:
      'See that the broker runs, and that its address and our name and password in [machines] are right.',
    retry: true,
    cause,
  })
}
