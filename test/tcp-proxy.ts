// Somebody on a wire between two programs: carries bytes both ways, and can hold a request or an answer back,
// double everything that is asked, carry slowly, cut every connection, leave one end of each hanging, or take
// everything of one direction or both and pass nothing on. It knows nothing of what it carries but the words
// that it is to hold.
import { once } from 'node:events'
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net'

export type Direction = 'request' | 'answer'
const bothWays: readonly Direction[] = ['request', 'answer']

export interface Holding {
  /** The first is held. */
  readonly begun: Promise<void>
  /**
   * Lets all of them go on, even those whose senders have hung up since, and holds no more.
   * @returns the next bytes that come back to each, empty where none do
   */
  release(): Promise<string[]>
}

interface Hold {
  readonly direction: Direction
  readonly words: RegExp
  most: number
  readonly held: (release: () => Promise<string>) => void
}

export class TcpProxy {
  readonly #server: Server
  readonly #sockets = new Set<Socket>()
  readonly #pairs = new Map<Socket, Socket>()
  #target = 0
  #hold: Hold | undefined
  /** What goes these ways is swallowed. */
  #lost: readonly Direction[] = []
  #delayMs = 0
  /** Ends whose other end is gone without their having been told. */
  readonly #hanging = new Set<Socket>()
  #isDoubling = false

  constructor() {
    this.#server = createServer({ noDelay: true }, (near) => this.#carry(near))
  }

  /** @returns the port that clients are told */
  async start(target: number): Promise<number> {
    this.#target = target
    await once(this.#server.listen(0, '127.0.0.1'), 'listening')
    return (this.#server.address() as AddressInfo).port // a TCP server's is never a string
  }

  /** Bytes like these are held, `most` times at most, each with what follows on its connection. */
  holdBack(direction: Direction, words: RegExp, most = 1): Holding {
    const releases: (() => Promise<string>)[] = []
    const { promise: begun, resolve } = Promise.withResolvers<void>()
    this.#hold = {
      direction,
      words,
      most,
      held(release) {
        releases.push(release)
        resolve()
      },
    }
    const release = () => {
      this.#hold = undefined
      return Promise.all(releases.map((each) => each()))
    }
    return { begun, release }
  }

  /** Another program takes the place of the one that was reached. */
  retarget(target: number): void {
    this.#target = target
    this.cut()
  }

  /** Ends every connection as a broken network does. */
  cut(): void {
    for (const socket of this.#sockets) socket.resetAndDestroy()
  }

  /** What goes these ways is taken and goes nowhere; at its end the connections are gone. */
  blackHole(on: boolean, ways: readonly Direction[] = bothWays): void {
    this.#lost = on ? ways : []
    if (!on) this.cut()
  }

  /** Everything arrives this much later (ms), in order; 0: at once again, what is under way after it. */
  slow(delayMs: number): void {
    this.#delayMs = delayMs
  }

  /**
   * One end of every connection is gone, as after a power cut there, and the other is not told; new
   * connections are as usual. Those left hanging are reset by the next `cut`.
   */
  halfOpen(gone: 'near' | 'far'): void {
    for (const [near, far] of this.#pairs) {
      const [dead, left] = gone === 'near' ? [near, far] : [far, near]
      this.#hanging.add(left)
      dead.resetAndDestroy()
    }
  }

  /** Whatever is asked is asked twice at the same moment; the second answer goes nowhere. */
  double(on: boolean): void {
    this.#isDoubling = on
    this.cut()
  }

  async stop(): Promise<void> {
    const closed = once(this.#server.close(), 'close')
    this.cut()
    await closed
  }

  #carry(near: Socket): void {
    const far = this.#open()
    const all = this.#isDoubling ? [near, far, this.#open()] : [near, far]
    let isHeld = false
    this.#pairs.set(near, far)
    for (const socket of all) {
      this.#sockets.add(socket)
      socket.on('error', () => {})
      socket.once('close', () => {
        this.#sockets.delete(socket)
        this.#pairs.delete(near)
        this.#hanging.delete(socket)
        if (!isHeld) for (const other of all) if (!this.#hanging.has(other)) other.destroy()
      })
    }
    this.#pass('request', near, all.slice(1), (held) => {
      isHeld = held
    })
    this.#pass('answer', far, [near], () => {})
    all[2]?.resume()
  }

  #open(): Socket {
    return connect({ port: this.#target, host: '127.0.0.1', noDelay: true })
  }

  #pass(direction: Direction, from: Socket, to: readonly Socket[], held: (isHeld: boolean) => void): void {
    let waiting: Buffer[] | undefined
    const underWay: Buffer[] = []
    const writeNow = (bytes: Buffer) => {
      for (const socket of to) if (socket.writable) socket.write(bytes)
    }
    const write = (bytes: Buffer) => {
      // Behind what is still on its way, even when the wire is quick again.
      if (this.#delayMs === 0 && underWay.length === 0) return writeNow(bytes)
      underWay.push(bytes)
      setTimeout(() => writeNow(underWay.shift() ?? bytes), this.#delayMs)
    }
    from.on('data', (bytes) => {
      const hold = this.#hold
      if (!waiting && hold?.direction === direction && hold.words.test(bytes.toString('latin1'))) {
        hold.most -= 1
        if (hold.most === 0) this.#hold = undefined
        waiting = []
        held(true)
        hold.held(async () => {
          const [first] = to
          const answer = first ? nextBytes(first) : ''
          for (const each of waiting ?? []) write(each)
          waiting = undefined
          const words = await answer
          held(false)
          // Whoever it was to reach has hung up meanwhile: so does the wire.
          if (to.every((socket) => socket.destroyed)) from.destroy()
          return words
        })
      }
      if (waiting) waiting.push(bytes)
      else if (!this.#lost.includes(direction)) write(bytes)
    })
  }
}

/** Empty when it ends before it says any more. */
async function nextBytes(socket: Socket): Promise<string> {
  if (socket.destroyed || socket.readableEnded) return ''
  const [bytes = ''] = await Promise.race([once(socket, 'data'), once(socket, 'close')]).catch(() => [])
  return Buffer.isBuffer(bytes) ? bytes.toString() : ''
}
