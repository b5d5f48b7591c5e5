// A simulated operator's centre that speaks SMPP 3.4: it lets a server bind, brings it what phones say until
// that is acknowledged, takes its texts, and answers with receipts. How it treats what it is given can be
// changed at any moment; it speaks through the same codec as the server, so programs of others (Kannel,
// Net::SMPP) check both in test/.
import { once } from 'node:events'
import { createServer, type Server, type Socket } from 'node:net'
import { createServer as createTlsServer } from 'node:tls'
import type { Clock } from '@concilia/protocol/clock.ts'
import {
  type BodyOf,
  noTlvs,
  type PduOf,
  type RequestName,
  shortMessageBody,
  status,
  type Tlvs,
} from '@concilia/protocol/smpp/commands.ts'
import { SmppSession } from '@concilia/protocol/smpp/session.ts'

export interface Submitted {
  readonly body: BodyOf<'submitSm'>
  readonly tlvs: Tlvs
  readonly messageId: string
}

/** What becomes of a bind or a text: a status, no answer at all, or the connection cut in mid-answer. */
export type Verdict = number | 'silent' | 'cut'

export interface CentreSettings {
  readonly clock: Clock
  readonly systemId: string
  readonly password: string
  readonly window?: number
  readonly enquireMs?: number
  /** Key and certificate (PEM), when it is to speak TLS. */
  readonly tls?: { readonly key: string; readonly cert: string }
  /** A text of the server was taken. */
  readonly taken: (submitted: Submitted) => void
}

interface Delivery {
  readonly body: BodyOf<'deliverSm'>
  readonly tlvs: Tlvs
  readonly settle: { resolve(): void; reject(error: Error): void }
}

interface Bound {
  readonly session: SmppSession
  readonly command: RequestName
}

/** Before a delivery that was refused for now is brought again. */
const againMs = 100
const answerMs = 10_000

export class SmppCentre {
  /** What a text is answered with; `ok` when left alone. */
  judgeText: (body: BodyOf<'submitSm'>) => Verdict = () => status.ok
  judgeBind: (command: RequestName) => Verdict = () => status.ok
  /** How the nth id is written. */
  idOf: (count: number) => string = (count) => String(count).padStart(10, '0')
  readonly #settings: CentreSettings
  readonly #server: Server
  readonly #sockets = new Set<Socket>()
  readonly #bound = new Set<Bound>()
  #waiting: Delivery[] = []
  #count = 0
  #waitingForBind: (() => void)[] = []

  constructor(settings: CentreSettings) {
    this.#settings = settings
    const accept = (socket: Socket) => this.#accept(socket)
    this.#server = settings.tls ? createTlsServer(settings.tls, accept) : createServer(accept)
  }

  /** @param port on loopback; 0 for any free one. @returns the port */
  async listen(port = 0): Promise<number> {
    this.#server.listen(port, '127.0.0.1')
    await once(this.#server, 'listening')
    const address = this.#server.address()
    return typeof address === 'object' && address ? address.port : 0
  }

  async close(): Promise<void> {
    for (const each of this.#waiting.splice(0)) each.settle.reject(new Error('the centre was closed'))
    this.drop()
    this.#server.close()
    await once(this.#server, 'close')
  }

  /** How many sessions are bound. */
  get bound(): number {
    return this.#bound.size
  }

  /** Resolves when a server that hears is bound. */
  async reached(): Promise<void> {
    if (this.#hearing()) return
    await new Promise<void>((resolve) => this.#waitingForBind.push(resolve))
  }

  /** Cuts every connection. */
  drop(): void {
    for (const socket of this.#sockets) socket.destroy()
  }

  /** Bytes as they are, to whoever hears. */
  sendRaw(bytes: Uint8Array): void {
    for (const socket of this.#sockets) socket.write(bytes)
  }

  /** Resolves when it is acknowledged; brought again until then, over any number of sessions. */
  deliver(said: Partial<BodyOf<'deliverSm'>>, tlvs: Tlvs = noTlvs): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#waiting.push({ body: shortMessageBody(said), tlvs, settle: { resolve, reject } })
      this.#bring()
    })
  }

  #hearing(): SmppSession | undefined {
    for (const { session, command } of this.#bound) if (command !== 'bindTransmitter') return session
    return undefined
  }

  #bring(): void {
    for (;;) {
      const session = this.#hearing()
      if (!session || session.room <= 0) return
      const next = this.#waiting.shift()
      if (!next) return
      void this.#bringOne(session, next)
    }
  }

  async #bringOne(session: SmppSession, delivery: Delivery): Promise<void> {
    const answered = await session.request('deliverSm', delivery.body, delivery.tlvs)
    const code = answered.kind === 'answered' ? answered.pdu.status : undefined
    if (code === status.ok) delivery.settle.resolve()
    else if (code === status.permanentError) delivery.settle.reject(new Error('refused for good'))
    else {
      this.#settings.clock.after(code === undefined ? 0 : againMs, () => {
        this.#waiting.push(delivery)
        this.#bring()
      })
    }
  }

  #accept(socket: Socket): void {
    this.#sockets.add(socket)
    socket.setNoDelay(true)
    const { clock, window = 10, enquireMs = 30_000 } = this.#settings
    let bound: Bound | undefined
    const session: SmppSession = new SmppSession({
      wire: {
        write: (bytes) => void socket.write(bytes),
        get unsent() {
          return socket.writableLength
        },
        pause: () => socket.pause(),
        resume: () => socket.resume(),
        destroy: () => socket.destroy(),
      },
      clock,
      window,
      answerMs,
      enquireMs,
      hear: (request) => {
        if (request.command === 'submitSm') this.#take(session, socket, request)
        else if (request.command.startsWith('bind')) bound = this.#bind(session, socket, request)
        else session.answer(request, status.invalidCommandId)
      },
      freed: () => this.#bring(),
      ended: () => bound && this.#bound.delete(bound),
    })
    socket.on('data', (chunk: Buffer) => session.read(chunk))
    socket.on('error', () => {})
    socket.on('close', () => {
      this.#sockets.delete(socket)
      session.end('the connection was closed')
    })
  }

  #bind(session: SmppSession, socket: Socket, request: PduOf<RequestName>): Bound | undefined {
    const { systemId, password } = this.#settings
    const { body } = request
    const knows = 'password' in body && body.systemId === systemId && body.password === password
    const verdict = knows ? this.judgeBind(request.command) : status.invalidPassword
    if (typeof verdict === 'string') {
      if (verdict === 'cut') socket.end(Uint8Array.of(0, 0, 0, 30, 0x80))
      return undefined
    }
    session.answer(request, verdict, { systemId: 'centre' })
    if (verdict !== status.ok) return undefined
    const bound = { session, command: request.command }
    this.#bound.add(bound)
    for (const wake of this.#hearing() ? this.#waitingForBind.splice(0) : []) wake()
    this.#bring()
    return bound
  }

  #take(session: SmppSession, socket: Socket, request: PduOf<'submitSm'>): void {
    const verdict = this.judgeText(request.body)
    const messageId = this.idOf(++this.#count)
    if (verdict === 'cut') socket.end(Uint8Array.of(0, 0, 0, 40, 0x80, 0, 0))
    else if (verdict !== 'silent') session.answer(request, verdict, { messageId })
    // Where there was no answer it was taken as well: whoever sent it is in doubt.
    const isTaken = verdict === status.ok || typeof verdict === 'string'
    if (isTaken) this.#settings.taken({ body: request.body, tlvs: request.tlvs, messageId })
  }
}
