// The link port over MQTT 3.1.1: one client of the `mqtt` package per attempt, clean session, QoS 1,
// TCP_NODELAY (a round trip takes 44 ms without). Its own reconnecting and its store are not used: the outbox
// is the truth.
import { OperatingError } from '@concilia/platform/operating-error.ts'
import type { Presence } from '@concilia/protocol/messages.ts'
import {
  type DownChannel,
  downChannels,
  downTopic,
  downTopics,
  presenceTopic,
  type UpChannel,
  upTopic,
} from '@concilia/protocol/topics.ts'
import { connect, type IClientOptions, type MqttClient } from 'mqtt'
import type { Link, LinkEvent } from './port.ts'

export interface MqttLinkSettings {
  /** `mqtts://` anywhere; plain `mqtt://` to this very machine only. */
  readonly url: string
  readonly automatonId: string
  /** What TLS presents and trusts. */
  readonly tls: { readonly keyPem: string; readonly chain: string; readonly rootPem: string }
  /** How long one attempt to connect may take (ms). */
  readonly connectMs: number
}

const keepAliveSeconds = 30

export function isPlainToLoopback(url: string): boolean {
  const { protocol, hostname } = new URL(url)
  return protocol === 'mqtt:' && ['localhost', '127.0.0.1', '[::1]'].includes(hostname)
}

export class MqttLink implements Link {
  readonly #settings: MqttLinkSettings
  readonly #channels: ReadonlyMap<string, DownChannel>
  #client: MqttClient | undefined

  /** @throws OperatingError `link-not-secure` for plain MQTT to another machine */
  constructor(settings: MqttLinkSettings) {
    if (!settings.url.startsWith('mqtts:') && !isPlainToLoopback(settings.url)) throw notSecure(settings.url)
    this.#settings = settings
    this.#channels = new Map(
      downChannels.map((channel) => [downTopic(settings.automatonId, channel), channel]),
    )
  }

  connect(will: Presence, hear: (event: LinkEvent) => void): void {
    this.#drop()
    const client = connect(this.#settings.url, this.#options(will))
    this.#client = client
    let why: Error | undefined
    const current = () => this.#client === client
    const lost = () => {
      if (!current()) return
      this.#drop()
      hear({ type: 'lost', error: lostError(this.#settings.url, why) })
    }
    client.on('error', (error) => {
      why = error
      client.stream.destroy()
    })
    client.on('close', lost)
    client.on('connect', () => {
      const stream = client.stream as { setNoDelay?: (on: boolean) => void }
      stream.setNoDelay?.(true)
      client.subscribe(downTopics(this.#settings.automatonId), { qos: 1 }, (error) => {
        if (!error) {
          if (current()) hear({ type: 'connected' })
          return
        }
        why = error
        client.stream.destroy()
      })
    })
    client.on('message', (topic, bytes) => {
      const channel = this.#channels.get(topic)
      if (channel && current()) hear({ type: 'received', channel, bytes })
    })
  }

  publish(channel: UpChannel, text: string): void {
    this.#put(upTopic(this.#settings.automatonId, channel), text, false)
  }

  announce(presence: Presence): void {
    this.#put(presenceTopic(this.#settings.automatonId), JSON.stringify(presence), true)
  }

  async disconnect(): Promise<void> {
    const client = this.#client
    this.#client = undefined
    if (!client?.connected) {
      client?.end(true)
      return
    }
    // It waits for the broker's receipts, which a lost or broken line never brings.
    await new Promise<void>((resolve) => {
      const gone = () => {
        clearTimeout(enough)
        resolve()
      }
      const enough = setTimeout(() => client.end(true, gone), this.#settings.connectMs)
      client.once('close', gone)
      client.end(false, gone)
    })
  }

  /**
   * A failure to publish is the end of the connection, which is said there; the outbox repeats what counts.
   */
  #put(topic: string, text: string, retain: boolean): void {
    if (this.#client?.connected) this.#client.publish(topic, text, { qos: 1, retain }, () => {})
  }

  #drop(): void {
    const client = this.#client
    this.#client = undefined
    client?.end(true)
  }

  #options(will: Presence): IClientOptions {
    const { url, automatonId, tls, connectMs } = this.#settings
    // Handed a key, the client speaks TLS even to a plain address.
    const secured = { key: tls.keyPem, cert: tls.chain, ca: tls.rootPem, rejectUnauthorized: true }
    return {
      clientId: automatonId,
      username: automatonId,
      protocolVersion: 4,
      clean: true,
      reconnectPeriod: 0,
      connectTimeout: connectMs,
      keepalive: keepAliveSeconds,
      queueQoSZero: false,
      will: {
        topic: presenceTopic(automatonId),
        payload: Buffer.from(JSON.stringify(will)),
        qos: 1,
        retain: true,
      },
      ...(url.startsWith('mqtts:') && secured),
    }
  }
}

function notSecure(url: string): OperatingError {
  return new OperatingError({
    code: 'link-not-secure',
    message: `${url} would carry the sales in the clear to another machine.`,
    advice: 'Use an mqtts:// address; plain mqtt:// is for a broker on this machine (localhost) only.',
  })
}

function lostError(url: string, cause: Error | undefined): OperatingError {
  const why = cause ? (cause as NodeJS.ErrnoException).code || cause.message : 'closed'
  return new OperatingError({
    code: 'broker-unreachable',
    message: `The broker at ${url} cannot be reached (${why}).`,
    advice:
      'See that the broker runs, that the address in link.url is right, and that it accepts our certificate.',
    retry: true,
    cause,
  })
}
