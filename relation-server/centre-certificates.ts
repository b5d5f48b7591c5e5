// The payment centre's certificates, by which machines check acknowledgements: machines are let in once there
// are any, because an acknowledgement that cannot be checked could never be delivered on. What was fetched is
// kept in the books, so that a server that starts while the centre is away hears its machines all the same;
// what is fetched later counts from then on, and the machines are told.
import type { Log } from '@concilia/platform/log.ts'
import { OperatingError } from '@concilia/platform/operating-error.ts'
import type { Clock, Timer } from '@concilia/protocol/clock.ts'
import type { Engine } from './engine/engine.ts'
import type { Payments } from './payments/port.ts'
import type { Store } from './store/port.ts'

const againMs = 1000
const afreshMs = 3_600_000

export interface CentreCertificatesParts {
  readonly store: Pick<Store, 'centreChains' | 'keepCentreChains' | 'machines'>
  readonly payments: Pick<Payments, 'chains'>
  readonly engine: Pick<Engine, 'useCentreChains' | 'centreChains' | 'submit'>
  /** Whose certificates they are. */
  readonly centreUrl: string
  readonly clock: Clock
  readonly log: Log
  /** Acknowledgements can be checked: said once. */
  readonly known: () => void
  /** The centre has answered for the first time: said once. */
  readonly met: () => void
}

export class CentreCertificates {
  readonly #parts: CentreCertificatesParts
  #isKnown = false
  #isMet = false
  #lastTrouble = ''
  #timer: Timer | undefined
  #stopped = false

  constructor(parts: CentreCertificatesParts) {
    this.#parts = parts
  }

  /** Begins with what the books hold; then the centre is asked, and asked again. */
  start(): void {
    this.#recall()
      .catch((error: unknown) => {
        this.#parts.log.warn(`the centre's certificates of before cannot be read: ${String(error)}`)
      })
      .finally(() => this.#look())
  }

  stop(): void {
    this.#stopped = true
    this.#timer?.cancel()
  }

  async #recall(): Promise<void> {
    const { store, centreUrl, log } = this.#parts
    const kept = await store.centreChains(centreUrl)
    if (kept.length === 0 || this.#stopped) return
    log.info("the payment centre's certificates are known from before")
    this.#use(kept)
  }

  #look(): void {
    if (this.#stopped) return
    this.#fetch()
      .then(() => afreshMs)
      .catch((error: unknown) => {
        const why = error instanceof OperatingError ? `${error.message} ${error.advice}` : String(error)
        if (why !== this.#lastTrouble && !this.#stopped) {
          this.#parts.log.warn(`the payment centre cannot be asked yet: ${why}`)
        }
        this.#lastTrouble = why
        return againMs
      })
      .then((pauseMs) => {
        if (!this.#stopped) this.#timer = this.#parts.clock.after(pauseMs, () => this.#look())
      })
  }

  async #fetch(): Promise<void> {
    const { store, payments, engine, centreUrl, clock, log, met } = this.#parts
    const chains = await payments.chains()
    if (this.#stopped) return
    this.#lastTrouble = ''
    if (!sameChains(chains, engine.centreChains)) {
      // Kept first: what machines are told of must outlive this process.
      await store.keepCentreChains(centreUrl, chains, clock.now())
      const isNews = this.#isKnown
      this.#use(chains)
      if (isNews) {
        log.info('the payment centre has other certificates: the machines are told')
        await this.#tellMachines()
      }
    }
    if (this.#isMet || this.#stopped) return
    this.#isMet = true
    met()
  }

  #use(chains: readonly string[]): void {
    this.#parts.engine.useCentreChains(chains)
    if (this.#isKnown || this.#stopped) return
    this.#isKnown = true
    this.#parts.known()
  }

  async #tellMachines(): Promise<void> {
    const { store, engine, clock } = this.#parts
    const admitted = (await store.machines()).filter(({ state }) => state === 'admitted')
    await Promise.all(
      admitted.map(({ automatonId }) => engine.submit({ kind: 'readmit', automatonId, at: clock.now() })),
    )
  }
}

function sameChains(one: readonly string[], other: readonly string[]): boolean {
  return one.length === other.length && one.every((chain, index) => chain === other[index])
}
