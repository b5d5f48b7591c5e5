// For the tests of this folder: a link whose centre is a session in the same process, on a clock that the
// test advances. The centre says yes to everything until a test tells it otherwise.
import { makeLog } from '@concilia/platform/log.ts'
import { ManualClock } from '@concilia/protocol/manual-clock.ts'
import {
  type BodyOf,
  noTlvs,
  type PduOf,
  type RequestName,
  shortMessageBody,
  status,
  type Tlvs,
} from '@concilia/protocol/smpp/commands.ts'
import { type Answered, SmppSession, type Wire } from '@concilia/protocol/smpp/session.ts'
import type { Receipt } from '../gateways/gateway.ts'
import type { Incoming, Receive, Reply } from '../port.ts'
import type { Dial, Ear } from './dial-adapter.ts'
import { type LinkSettings, SmppLink } from './link.ts'
import type { Profile } from './profile.ts'

export const plainProfile: Profile = {
  name: 'carrier',
  sender: '36000',
  senderTon: 3,
  senderNpi: 0,
  alphabet: 'gsm7',
  long: 'udh',
  receipts: true,
}

export type Request = PduOf<RequestName>

const stepMs = 500

export class FarEnd {
  readonly clock = new ManualClock()
  readonly heard: Incoming[] = []
  readonly receipts: Receipt[] = []
  readonly log: string[] = []
  /** All that the link asked, enquiries left out. */
  readonly requests: Request[] = []
  /** The centre's ends of the connections, newest last. */
  readonly sessions: SmppSession[] = []
  dials = 0
  isReachable = true
  /** Whether the centre answers a question after it. */
  isAwake = true
  receive: Receive = async () => ({ kind: 'stored' })
  /** `undefined`: no answer, until the test gives one. */
  judge: (request: Request) => number | undefined = () => status.ok
  readonly link: SmppLink
  readonly #askedOn = new Map<Request, SmppSession>()
  #ids = 0

  constructor(settings: Partial<Omit<LinkSettings, 'profile'>> = {}, profile: Partial<Profile> = {}) {
    this.link = new SmppLink({
      settings: {
        systemId: 'concilia',
        password: 'secret',
        systemType: '',
        bind: 'transceiver',
        window: 10,
        answerMs: 5000,
        enquireMs: 30_000,
        sendLimitMs: 10_000,
        answerLimitMs: 8000,
        ...settings,
        profile: { ...plainProfile, ...profile },
      },
      dial: this.#dial,
      receive: (incoming, stored) => {
        this.heard.push(incoming)
        return this.receive(incoming, stored)
      },
      hearReceipt: (receipt) => this.receipts.push(receipt),
      clock: this.clock,
      random: { bytes: (length) => new Uint8Array(length).fill(0x80) },
      log: makeLog('test', { write: (line) => this.log.push(line) }),
    })
  }

  get session(): SmppSession {
    const session = this.sessions.at(-1)
    if (!session) throw new Error('the link has not connected')
    return session
  }

  get submitted(): BodyOf<'submitSm'>[] {
    return this.requests.flatMap(({ command, body }) => (command === 'submitSm' ? [body] : []))
  }

  /** Lets everything happen that needs no time. */
  async settle(): Promise<void> {
    for (let turn = 0; turn < 5; turn++) await new Promise((resolve) => setImmediate(resolve))
  }

  /** In small steps: what a timer begins may need turns of its own before the next one. */
  async pass(ms: number): Promise<void> {
    await this.settle()
    for (let left = ms; left > 0; left -= stepMs) {
      this.clock.advance(Math.min(left, stepMs))
      await this.settle()
    }
  }

  async start(): Promise<void> {
    this.link.start()
    await this.settle()
  }

  deliver(said: Partial<BodyOf<'deliverSm'>>, tlvs: Tlvs = noTlvs): Promise<Answered> {
    const body = shortMessageBody({ source: '33612345678', sourceTon: 1, destination: '36000', ...said })
    return this.session.request('deliverSm', body, tlvs)
  }

  text(words: string): Promise<Answered> {
    return this.deliver({ shortMessage: Buffer.from(words) })
  }

  answer(request: Request, code: number = status.ok): void {
    this.#askedOn
      .get(request)
      ?.answer(request, code, { messageId: (++this.#ids).toString(16).padStart(8, '0') })
  }

  readonly #dial: Dial = (ear) => {
    this.dials++
    let isOpen = true
    const close = (why: string) => {
      if (!isOpen) return
      isOpen = false
      queueMicrotask(() => ear.closed(why))
    }
    if (!this.isReachable) {
      close('ECONNREFUSED')
      return wireTo(
        () => {},
        () => {},
      )
    }
    const far = this.#farSession(ear, close, () => isOpen)
    this.sessions.push(far)
    queueMicrotask(() => isOpen && ear.opened())
    const toFar = (bytes: Uint8Array) => queueMicrotask(() => isOpen && far.read(bytes))
    return wireTo(toFar, () => {
      isOpen = false
      far.end('the link closed the connection')
    })
  }

  #farSession(ear: Ear, close: (why: string) => void, isOpen: () => boolean): SmppSession {
    const toLink = (bytes: Uint8Array) => queueMicrotask(() => isOpen() && this.isAwake && ear.read(bytes))
    const session: SmppSession = new SmppSession({
      wire: wireTo(toLink, () => close('the peer closed the connection')),
      clock: this.clock,
      window: 100,
      answerMs: 60_000,
      enquireMs: 3_600_000,
      hear: (request) => {
        this.requests.push(request)
        this.#askedOn.set(request, session)
        const code = this.judge(request)
        if (code !== undefined) this.answer(request, code)
      },
      ended: () => {},
    })
    return session
  }
}

/** One answer for each of the screens a test expects. */
export const screen = (words: string, goesOn: boolean): Reply => ({ kind: 'screen', screen: words, goesOn })

function wireTo(write: (bytes: Uint8Array) => void, destroy: () => void): Wire {
  return { write, unsent: 0, pause: () => {}, resume: () => {}, destroy }
}
