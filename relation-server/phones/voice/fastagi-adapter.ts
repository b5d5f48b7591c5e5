// FastAGI: Asterisk connects for each call and does what it is told, line by line, until the call is over. A
// connection that is lost is a caller who hung up. Names, numbers and codes that go into a line were checked
// to hold nothing that could end it.
import { createHash, timingSafeEqual } from 'node:crypto'
import { once } from 'node:events'
import { createServer, type Server, type Socket } from 'node:net'
import { createInterface } from 'node:readline'
import type { Log } from '@concilia/platform/log.ts'
import { OperatingError } from '@concilia/platform/operating-error.ts'
import type { Clock } from '@concilia/protocol/clock.ts'
import { calledNumber, commandsOf, readAnswer, readEnvironment } from './agi.ts'
import type { CallDesk } from './call-desk.ts'
import type { CallAnswer, CallEvent } from './next-step.ts'

export interface FastAgiOptions {
  readonly desk: Pick<CallDesk, 'hear' | 'languageOf'>
  readonly platform: string
  readonly secret: string
  readonly sounds: string
  readonly host: string
  readonly port: number
  readonly clock: Clock
  readonly log: Log
}

export interface FastAgi {
  readonly port: number
  /** Calls under way are cut off: whoever has not heard a code pays nothing. */
  close(): Promise<void>
}

/** A call never takes so many steps; a PBX that does has gone astray. */
const mostSteps = 60
/** No line is waited for longer: the longest prompt, and then some. */
const lineLimitMs = 90_000
const mostCalls = 500

export async function startFastAgi(options: FastAgiOptions): Promise<FastAgi> {
  const { host, port, log, platform } = options
  const sockets = new Set<Socket>()
  const server: Server = createServer({ noDelay: true }, (socket) => {
    sockets.add(socket)
    socket.on('error', () => socket.destroy())
    socket.on('close', () => sockets.delete(socket))
    if (sockets.size > mostCalls) {
      socket.destroy()
      return
    }
    serve(socket, options).catch((err: unknown) => {
      log.warn({ platform, err }, 'a call could not go on')
      socket.destroy()
    })
  })
  server.listen({ host, port })
  await Promise.race([
    once(server, 'listening'),
    once(server, 'error').then(([cause]) => Promise.reject(cannotListen(options, cause))),
  ])
  const address = server.address()
  return {
    port: typeof address === 'object' && address ? address.port : 0,
    async close() {
      for (const socket of sockets) socket.destroy()
      server.close()
      await once(server, 'close')
    },
  }
}

async function serve(socket: Socket, options: FastAgiOptions): Promise<void> {
  const { desk, platform, secret, sounds, log } = options
  const lines = new Lines(socket, options.clock)
  const environment = readEnvironment(await lines.until(''))
  const call = environment.get('uniqueid') ?? ''
  if (!isSecret(environment.get('request') ?? '', secret) || !/^[\w.:-]{1,46}$/.test(call)) {
    log.warn({ platform }, 'a PBX without the right address was turned away')
    socket.destroy()
    return
  }
  const called = calledNumber(environment)
  let event: CallEvent = 'begun'
  let digits = ''
  for (let step = 1; step <= mostSteps; step++) {
    const said = event === 'digits' ? { digits } : {}
    const answer: CallAnswer = await desk.hear({ platform, call, step, event, called, ...said })
    const language = await desk.languageOf({ platform, call })
    const done = await perform(answer, `${sounds}/${language}`, socket, lines)
    if (answer.report === null) break
    event = done.kind === 'hungUp' ? 'hungUp' : answer.report
    digits = done.kind === 'hungUp' ? '' : done.digits
  }
  socket.end()
}

type Done = { kind: 'hungUp' } | { kind: 'done'; digits: string }

async function perform(
  { do: actions }: CallAnswer,
  sounds: string,
  socket: Socket,
  lines: Lines,
): Promise<Done> {
  let digits = ''
  for (const command of actions.flatMap((action) => commandsOf(action, sounds))) {
    if (socket.destroyed) return { kind: 'hungUp' }
    socket.write(`${command}\n`)
    const answer = readAnswer(await lines.next())
    if (answer.kind === 'hungUp') return answer
    digits = answer.digits
  }
  return { kind: 'done', digits }
}

/** The path of `agi://host/SECRET`. */
function isSecret(request: string, secret: string): boolean {
  const given = request.split('/').at(-1) ?? ''
  const [left, right] = [given, secret].map((text) => createHash('sha256').update(text).digest())
  return left !== undefined && right !== undefined && timingSafeEqual(left, right)
}

/** What the PBX says, a line at a time; an empty word once it is gone. */
class Lines {
  readonly #waiting: string[] = []
  readonly #clock: Clock
  readonly #socket: Socket
  #wake: (() => void) | undefined
  #over = false

  constructor(socket: Socket, clock: Clock) {
    this.#socket = socket
    this.#clock = clock
    const reader = createInterface({ input: socket, crlfDelay: Number.POSITIVE_INFINITY })
    reader.on('line', (line) => {
      // Said by Asterisk when the caller hangs up in the middle of something.
      if (line !== 'HANGUP' && this.#waiting.length < 100) this.#waiting.push(line.slice(0, 1000))
      this.#wake?.()
    })
    // A connection that breaks ends no lines by itself, and says so here too.
    reader.on('error', () => socket.destroy())
    socket.on('close', () => reader.close())
    reader.on('close', () => {
      this.#over = true
      this.#wake?.()
    })
  }

  async next(): Promise<string> {
    const timer = this.#clock.after(lineLimitMs, () => this.#socket.destroy())
    while (this.#waiting.length === 0 && !this.#over) {
      const { promise, resolve } = Promise.withResolvers<void>()
      this.#wake = resolve
      await promise
    }
    timer.cancel()
    return this.#waiting.shift() ?? ''
  }

  async until(last: string): Promise<string[]> {
    const lines: string[] = []
    while (lines.length < 100) {
      const line = await this.next()
      if (line === last) return lines
      lines.push(line)
    }
    return lines
  }
}

function cannotListen({ host, port }: FastAgiOptions, cause: unknown): OperatingError {
  return new OperatingError({
    code: 'voice-port-taken',
    message: `Asterisk cannot be heard on ${host} port ${port}: ${String(cause)}.`,
    advice: 'Stop what uses that port, or choose another one in [phones.voice.platforms].',
    cause,
  })
}
