// One HTTP request over a pool's kept-alive connections, and its whole answer as a text. By undici's
// `dispatch`: its `request` makes a stream of every answer, which costs a third of the exchange.
import type { Dispatcher, Pool } from 'undici'

export interface WholeAnswer {
  readonly status: number
  readonly text: string
}

type Request = Omit<Dispatcher.DispatchOptions, 'origin'>

/**
 * Rejects with an error of undici, or with the signal's reason as soon as it is aborted: what waits for a
 * connection then is not sent any more, what was sent is in doubt.
 */
export function exchange(pool: Pool, request: Request, signal: AbortSignal): Promise<WholeAnswer> {
  if (signal.aborted) return Promise.reject(signal.reason)
  return new Promise((resolve, reject) => {
    pool.dispatch(request, new Exchange(signal, resolve, reject))
  })
}

class Exchange implements Dispatcher.DispatchHandler {
  readonly #signal: AbortSignal
  readonly #resolve: (answer: WholeAnswer) => void
  readonly #reject: (error: unknown) => void
  readonly #aborted = () => this.#abort()
  readonly #chunks: Buffer[] = []
  #controller: Dispatcher.DispatchController | undefined
  #status = 0

  constructor(signal: AbortSignal, resolve: (answer: WholeAnswer) => void, reject: (error: unknown) => void) {
    this.#signal = signal
    this.#resolve = resolve
    this.#reject = reject
    signal.addEventListener('abort', this.#aborted, { once: true })
  }

  onRequestStart(controller: Dispatcher.DispatchController): void {
    // Thrown, it is not sent and its connection serves the next; aborted, the connection would be closed.
    if (this.#signal.aborted) throw this.#signal.reason
    this.#controller = controller
  }

  /** Once more after an interim answer (1xx): the last one counts. */
  onResponseStart(_: Dispatcher.DispatchController, status: number): void {
    this.#status = status
  }

  onResponseData(_: Dispatcher.DispatchController, chunk: Buffer): void {
    this.#chunks.push(chunk)
  }

  onResponseEnd(): void {
    this.#signal.removeEventListener('abort', this.#aborted)
    const [first, ...rest] = this.#chunks
    const bytes = first === undefined || rest.length > 0 ? Buffer.concat(this.#chunks) : first
    this.#resolve({ status: this.#status, text: utf8.decode(bytes) })
  }

  onResponseError(_: Dispatcher.DispatchController, error: Error): void {
    this.#signal.removeEventListener('abort', this.#aborted)
    this.#reject(error)
  }

  #abort(): void {
    const { reason } = this.#signal
    this.#reject(reason)
    this.#controller?.abort(reason)
  }
}

const utf8 = new TextDecoder()
