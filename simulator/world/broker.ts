// The broker between machines and servers: QoS 1 as far as it can be trusted (it cannot), retained presence,
// last wills; rights are left out. A machine's way to it can be cut or swallow what goes one way, and the
// broker itself can fall. Both its ends are the real ports, so what passes here are the messages' real bytes.
import { createHash } from 'node:crypto'
import type { Link, LinkEvent } from '@concilia/automaton/link/port.ts'
import { OperatingError } from '@concilia/platform/operating-error.ts'
import type { Clock } from '@concilia/protocol/clock.ts'
import type { Presence } from '@concilia/protocol/messages.ts'
import { type DownChannel, presenceTopic, upTopic } from '@concilia/protocol/topics.ts'
import type { Machines, MachinesHear } from '@concilia/relation-server/machines/port.ts'
import { readMessage } from '@concilia/relation-server/machines/read-message.ts'
import type { Observe } from './observations.ts'
import type { SimulatedProcess } from './simulated-process.ts'
import type { Timeline } from './timeline.ts'
import type { Carriage } from './weather.ts'

/** Keep-alive of 15 s, and a half: how long a way that swallows everything goes unnoticed. */
const noticedMs = 22_500
const refusedMs = 30
const serverAgainMs = 2_000

/** A machine's way to the broker. `deaf`: swallowed, and nobody is told. */
export type WayFault = 'cut' | 'deafUp' | 'deafDown'

interface Session {
  readonly automatonId: string
  readonly will: Presence
  readonly hear: (event: LinkEvent) => void
}

interface Listener {
  readonly process: SimulatedProcess
  readonly clock: Clock
  hear: MachinesHear | undefined
  connected: boolean
  saidDown: boolean
}

export class Broker {
  readonly #timeline: Timeline
  readonly #carriage: Carriage
  readonly #observe: Observe
  readonly #ways = new Map<string, WayFault>()
  readonly #sessions = new Map<string, Session>()
  readonly #listeners = new Set<Listener>()
  /** Retained presence, by automaton. */
  readonly #presences = new Map<string, string>()
  /** What an evil broker would keep: a machine's newest offer, and the last acknowledgement sent to it. */
  readonly #offers = new Map<string, string>()
  readonly #acknowledgements = new Map<string, string>()
  #isUp = true
  /** What was under way when it fell does not arrive. */
  #falls = 0

  constructor(timeline: Timeline, carriage: Carriage, observe: Observe) {
    this.#timeline = timeline
    this.#carriage = carriage
    this.#observe = observe
  }

  /** The link port of one process of an automaton. */
  linkOf(process: SimulatedProcess, automatonId: string): Link {
    let session: Session | undefined
    const isMine = () => session !== undefined && this.#sessions.get(automatonId) === session
    process.atEnd(() => session && this.#broken(session))
    return {
      connect: (will, hear) =>
        process.leave(() => {
          if (session) this.#forget(session)
          session = { automatonId, will, hear: (event) => process.enter(() => hear(event)) }
          this.#open(session)
        }),
      publish: (channel, text) =>
        process.leave(() => {
          this.#observe({ type: 'published', automatonId, channel, text })
          if (channel === 'offer') this.#offers.set(automatonId, text)
          if (isMine()) this.#rise(automatonId, upTopic(automatonId, channel), text)
        }),
      announce: (presence) =>
        process.leave(() => {
          if (isMine()) this.#announce(automatonId, presence)
        }),
      disconnect: async () =>
        process.leave(() => {
          if (session) this.#forget(session)
        }),
    }
  }

  /** The machines port of one process of a server. */
  machinesOf(process: SimulatedProcess, clock: Clock): Machines {
    const listener: Listener = { process, clock, hear: undefined, connected: false, saidDown: false }
    this.#listeners.add(listener)
    const forget = () => {
      listener.connected = false
      this.#listeners.delete(listener)
    }
    process.atEnd(forget)
    return {
      start: (hear) => {
        listener.hear = hear
        this.#dial(listener, refusedMs)
      },
      send: (automatonId, channel, body) => {
        const sent = Promise.withResolvers<boolean>()
        process.leave(() => {
          const { connected } = listener
          const text = JSON.stringify(body)
          this.#observe({ type: 'sent', server: process.name, automatonId, channel, text })
          const { acknowledgement } = JSON.parse(text)
          if (acknowledgement) this.#acknowledgements.set(automatonId, acknowledgement)
          if (connected) this.#sink(automatonId, channel, text)
          this.#timeline.after(connected ? 2 : 0, () => process.enter(() => sent.resolve(connected)))
        })
        return sent.promise
      },
      stop: async () => forget(),
    }
  }

  /**
   * An evil broker tells a machine to deliver its newest offer: with an acknowledgement it makes up, or with
   * the last genuine one that it saw on the way to that machine.
   */
  forge(automatonId: string, how: 'madeUp' | 'replayed'): void {
    const offer = this.#offers.get(automatonId)
    const genuine = this.#acknowledgements.get(automatonId)
    if (!offer || !genuine) return
    const { saleId, offer: text } = JSON.parse(offer)
    const acknowledgement = how === 'replayed' ? genuine : forged(genuine, text)
    const id = `${saleId.slice(0, -4)}${how === 'replayed' ? '0001' : '0002'}`
    const instruction = { id, issuedAt: this.#timeline.now(), kind: 'deliver', saleId, acknowledgement }
    this.#sink(automatonId, 'instruction', JSON.stringify(instruction))
  }

  /** Something else publishes under a machine's name, as a broken one would. */
  inject(automatonId: string, topic: string, text: string): void {
    this.#rise(automatonId, topic, text)
  }

  /** A fault of one machine's way, until it is mended. */
  trouble(automatonId: string, fault: WayFault): void {
    this.#ways.set(automatonId, fault)
    const session = this.#sessions.get(automatonId)
    if (!session) return
    if (fault === 'cut') this.#broken(session)
    else this.#timeline.after(noticedMs, () => this.#ways.get(automatonId) === fault && this.#broken(session))
  }

  mend(automatonId: string): void {
    this.#ways.delete(automatonId)
  }

  /** Killed, and up again later; it remembers nothing. */
  fall(forMs: number): void {
    this.#isUp = false
    this.#falls++
    this.#presences.clear()
    for (const session of [...this.#sessions.values()]) this.#lost(session)
    for (const listener of this.#listeners) {
      if (!listener.connected) continue
      listener.connected = false
      this.#sayDown(listener)
      this.#dial(listener, serverAgainMs)
    }
    this.#timeline.after(forMs, () => {
      this.#isUp = true
    })
  }

  #open(session: Session): void {
    const { automatonId } = session
    const isNew = () => this.#isUp && this.#ways.get(automatonId) === undefined
    this.#timeline.after(refusedMs, () => {
      if (!isNew()) {
        session.hear({ type: 'lost', error: away() })
        return
      }
      const before = this.#sessions.get(automatonId)
      this.#sessions.set(automatonId, session)
      if (before && before !== session) before.hear({ type: 'lost', error: away() })
      session.hear({ type: 'connected' })
    })
  }

  /** The connection is gone without a word: the will speaks. */
  #broken(session: Session): void {
    if (this.#sessions.get(session.automatonId) !== session) return
    this.#lost(session)
    this.#announce(session.automatonId, session.will)
  }

  #lost(session: Session): void {
    this.#sessions.delete(session.automatonId)
    session.hear({ type: 'lost', error: away() })
  }

  #forget(session: Session): void {
    if (this.#sessions.get(session.automatonId) === session) this.#sessions.delete(session.automatonId)
  }

  #announce(automatonId: string, presence: Presence): void {
    const text = JSON.stringify(presence)
    this.#presences.set(automatonId, text)
    this.#rise(automatonId, presenceTopic(automatonId), text)
  }

  #rise(automatonId: string, topic: string, text: string): void {
    if (this.#ways.get(automatonId) === 'deafUp') return
    const falls = this.#falls
    const reach = (listener: Listener) =>
      this.#carriage.carry(() => {
        if (falls === this.#falls) this.#arrive(listener, topic, text)
      })
    for (const listener of this.#listeners) if (listener.connected) reach(listener)
  }

  #arrive({ process, clock, connected, hear }: Listener, topic: string, text: string): void {
    if (!connected) return
    process.enter(() => {
      const input = readMessage(topic, Buffer.from(text), clock.now())
      if (input) hear?.receive(input)
    })
  }

  #sink(automatonId: string, channel: DownChannel, text: string): void {
    const session = this.#sessions.get(automatonId)
    if (!session || this.#ways.get(automatonId) === 'deafDown') return
    this.#carriage.carry(() => {
      if (this.#sessions.get(automatonId) !== session) return
      session.hear({ type: 'received', channel, bytes: Buffer.from(text) })
    })
  }

  #dial(listener: Listener, afterMs: number): void {
    this.#timeline.after(afterMs, () => {
      if (!listener.process.alive || listener.connected) return
      if (!this.#isUp) {
        this.#sayDown(listener)
        this.#dial(listener, serverAgainMs)
        return
      }
      listener.connected = true
      listener.saidDown = false
      listener.process.enter(() => listener.hear?.up())
      for (const [automatonId, text] of this.#presences) {
        this.#carriage.carry(() => this.#arrive(listener, presenceTopic(automatonId), text))
      }
    })
  }

  #sayDown(listener: Listener): void {
    if (listener.saidDown) return
    listener.saidDown = true
    listener.process.enter(() => listener.hear?.down(away()))
  }
}

function away(): OperatingError {
  return new OperatingError({
    code: 'broker-unreachable',
    message: 'The simulated broker cannot be reached.',
    advice: 'Wait until the fault is over.',
    retry: true,
  })
}

/** Everything right but the signature, which is that of the genuine one. */
function forged(genuine: string, offer: string): string {
  const [header = '', payload = '', signature = ''] = genuine.split('.')
  const terms = JSON.parse(Buffer.from(payload, 'base64url').toString('utf8'))
  const { amountMinor, currency } = JSON.parse(offer)
  const offerHash = createHash('sha256').update(offer).digest('base64url')
  const claimed = JSON.stringify({ ...terms, offerHash, amountMinor, currency, charge: 'debit' })
  return `${header}.${Buffer.from(claimed).toString('base64url')}.${signature}`
}
