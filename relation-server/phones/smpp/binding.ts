// Keeps one session bound at a centre: connects, binds, and after each end does it again when the rule says
// so. A session that has failed is never used again.
import type { Log } from '@concilia/platform/log.ts'
import type { Clock, Timer } from '@concilia/protocol/clock.ts'
import type { Random } from '@concilia/protocol/random.ts'
import { type PduOf, type RequestName, status } from '@concilia/protocol/smpp/commands.ts'
import { SmppSession, type Wire } from '@concilia/protocol/smpp/session.ts'
import type { Dial } from './dial-adapter.ts'
import { type Ended, nextTry } from './reconnect-rule.ts'

export type BindCommand = 'bindTransceiver' | 'bindReceiver' | 'bindTransmitter'

export interface BindingSettings {
  readonly command: BindCommand
  readonly systemId: string
  readonly password: string
  readonly systemType: string
  readonly window: number
  readonly answerMs: number
  readonly enquireMs: number
}

export interface BindingParts {
  readonly settings: BindingSettings
  readonly dial: Dial
  readonly clock: Clock
  readonly random: Random
  readonly log: Log
  /** A request that came on a bound session, to be answered on that session. */
  readonly hear: (session: SmppSession, request: PduOf<RequestName>) => void
  /** It can be sent on, or on again. */
  readonly freed: (session: SmppSession) => void
}

/** A goodbye that nobody answers keeps nobody from stopping. */
const goodbyeMs = 1000

export class Binding {
  readonly #parts: BindingParts
  #session: SmppSession | undefined
  #isBound = false
  /** Requests of a session that is not bound yet. */
  #early: PduOf<RequestName>[] = []
  /** In a row; a session that lasted breaks the row, one that was let in and dropped does not. */
  #failures = 0
  #boundAt = 0
  #timer: Timer | undefined
  #isStopped = false

  constructor(parts: BindingParts) {
    this.#parts = parts
  }

  /** Only while it is bound. */
  get session(): SmppSession | undefined {
    return this.#isBound ? this.#session : undefined
  }

  start(): void {
    this.#connect()
  }

  async stop(): Promise<void> {
    this.#isStopped = true
    this.#timer?.cancel()
    const session = this.#session
    if (!session) return
    const limit = this.#parts.clock.after(goodbyeMs, () => session.end('stopped'))
    if (this.#isBound) await session.unbind()
    else session.end('stopped')
    limit.cancel()
  }

  #connect(): void {
    const { settings, dial, clock } = this.#parts
    let ended: Ended = { kind: 'lost' }
    let wire: Wire | undefined
    const session: SmppSession = new SmppSession({
      // The session writes nothing before `opened`, and ends no earlier than the wire is there.
      wire: {
        write: (bytes) => wire?.write(bytes),
        get unsent() {
          return wire?.unsent ?? 0
        },
        pause: () => wire?.pause(),
        resume: () => wire?.resume(),
        destroy: () => wire?.destroy(),
      },
      clock,
      window: settings.window,
      answerMs: settings.answerMs,
      enquireMs: settings.enquireMs,
      hear: (request) => {
        if (session === this.#session && this.#isBound) this.#parts.hear(session, request)
        // It may come with the answer to the bind; without that nobody hears it, and it comes again.
        else this.#early.push(request)
      },
      freed: () => this.#isBound && this.#parts.freed(session),
      ended: (why) => {
        opening.cancel()
        this.#over(session, ended, why)
      },
    })
    this.#session = session
    this.#early = []
    const opening = clock.after(settings.answerMs, () => session.end('no connection in time'))
    wire = dial({
      opened: () => {
        opening.cancel()
        void this.#bind(session).then((refused) => {
          if (refused === undefined) return
          ended = { kind: 'refused', status: refused }
          session.end(`the centre refused the bind with status ${hex(refused)}`)
        })
      },
      read: (chunk) => session.read(chunk),
      closed: (why) => session.end(why),
    })
  }

  /** @returns the status, when it is a refusal */
  async #bind(session: SmppSession): Promise<number | undefined> {
    const { command, systemId, password, systemType } = this.#parts.settings
    const answered = await session.request(command, {
      systemId,
      password,
      systemType,
      interfaceVersion: 0x34,
      addressTon: 0,
      addressNpi: 0,
      addressRange: '',
    })
    if (answered.kind !== 'answered') {
      session.end(answered.why)
      return undefined
    }
    if (answered.pdu.status !== status.ok) return answered.pdu.status
    if (session.isOver || this.#isStopped) return undefined
    this.#isBound = true
    this.#boundAt = this.#parts.clock.monotonic()
    this.#parts.log.info(`bound as ${command.replace('bind', '').toLowerCase()}`)
    for (const request of this.#early.splice(0)) this.#parts.hear(session, request)
    this.#parts.freed(session)
    return undefined
  }

  #over(session: SmppSession, ended: Ended, why: string): void {
    if (session !== this.#session) return
    const { settings, clock, random, log } = this.#parts
    const lasted = this.#isBound && clock.monotonic() - this.#boundAt >= settings.enquireMs
    this.#session = undefined
    this.#isBound = false
    if (this.#isStopped) return
    this.#failures = lasted ? 1 : this.#failures + 1
    const { afterMs, alarm } = nextTry(ended, this.#failures, settings.enquireMs, random)
    const advice =
      'Check systemId, passwordFile and bind with the operator; the server tries again in an hour.'
    if (alarm) log.error(`the link is not let in: ${why}. ${advice}`)
    // Said at the loss and when it lasts, not at every try.
    else if (this.#failures <= 2) log.warn(`the link is down: ${why}`)
    this.#timer = clock.after(afterMs, () => this.#connect())
  }
}

export function hex(code: number): string {
  return `0x${code.toString(16).padStart(2, '0')}`
}
