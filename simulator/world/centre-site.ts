// The payment centre's place in the simulated world: the real engine, books and housekeeping on the world's
// database. Its process may end at any moment; the keys of its secrets are in a file that outlives it.

import type { CodeText, Settings } from '@concilia/payment-centre/books/commands.ts'
import type { Account } from '@concilia/payment-centre/books/records.ts'
import { Engine } from '@concilia/payment-centre/engine.ts'
import { Housekeeping } from '@concilia/payment-centre/housekeeping.ts'
import { Secrets } from '@concilia/payment-centre/secrets.ts'
import { DatabaseClock } from '@concilia/platform/database-clock.ts'
import type { Identity } from '@concilia/platform/identity.ts'
import { scopes } from '@concilia/protocol/carrier-billing.ts'
import { KnownParties } from '@concilia/protocol/certificates.ts'
import type { Clock } from '@concilia/protocol/clock.ts'
import type { CentreBooks } from './centre-store.ts'
import { clientId, type RunningCentre } from './centre-wire.ts'
import { seller } from './identities.ts'
import type { SeededRandom } from './seeded-random.ts'
import { type ClockFault, SimulatedProcess } from './simulated-process.ts'
import type { Story } from './story.ts'
import type { Timeline } from './timeline.ts'

const keys = { pepper: Buffer.alloc(32, 1), sealing: Buffer.alloc(32, 2), tokens: Buffer.alloc(32, 3) }
const restartMeanMs = 5_000
const sweepMs = 1_000
const longestQueue = 10_000

/** Under which the centre's books know a buyer. */
export function hashOfNumber(number: string): string {
  return new Secrets(keys, { bytes: () => new Uint8Array() }).subscriberHash({ realm: 'e164', key: number })
}

/** What a buyer has at the centre. */
export type Opening = Pick<Account, 'ceilingMinor' | 'validateAboveMinor'> & {
  readonly number: string
  readonly kind: 'prepaid' | 'postpaid'
  readonly balanceMinor: number
}

interface Parts {
  readonly timeline: Timeline
  readonly random: SeededRandom
  readonly identity: Identity
  readonly books: CentreBooks
  readonly settings: Settings
  readonly keepMs: number
  readonly quietMs: number
  readonly clock: ClockFault
  readonly story: Story
  readonly sendText: (text: CodeText) => void
  readonly failed: (process: string, error: unknown) => void
}

export class CentreSite {
  readonly #parts: Parts
  #running: (RunningCentre & { readonly engine: Engine }) | undefined
  #starts = 0

  constructor(parts: Parts) {
    this.#parts = parts
  }

  get running(): RunningCentre | undefined {
    return this.#running
  }

  start(): void {
    const { timeline, books, clock, story, failed } = this.#parts
    const process = new SimulatedProcess('centre', timeline, clock, (error) => failed('centre', error))
    process.atEnd(() => this.#again())
    const parts = {
      own: process,
      ask: () => books.nowFor(process),
      jumped: (byMs: number) => story.tell('centre', `the database's clock was set by ${byMs} ms`),
    }
    process.enter(() => {
      DatabaseClock.start(parts).then(
        (shared) => process.enter(() => this.#serve(process, shared)),
        () => process.kill(),
      )
    })
  }

  #serve(process: SimulatedProcess, clock: Clock): void {
    const { identity, books, settings, keepMs, quietMs, story, sendText } = this.#parts
    const random = this.#parts.random.stream(`start ${this.#starts++}`)
    const log = story.logOf(process)
    const store = books.storeOf(process)
    const secrets = new Secrets(keys, random)
    const engine = new Engine({
      store,
      clock,
      random,
      secrets,
      signer: identity.signer,
      settings,
      longestQueue,
      tell: ({ words, ...fields }) => log.info(fields, words),
      sendText: (text) => process.leave(() => sendText(text)),
      nextTurn: async () => {},
    })
    const parties = new KnownParties(identity.rootPem)
    parties.admit(identity.chain, clock.now())
    const housekeeping = new Housekeeping({
      store,
      engine,
      clock,
      sweepMs,
      keepMs,
      quietMs,
      silenceMs: settings.silenceMs,
      failed: (error) => log.warn(`housekeeping failed and is tried again: ${String(error)}`),
    })
    const centre = { engine, store, secrets, parties, ownId: identity.id, chains: [identity.chain] }
    this.#running = { process, centre, clock, log, engine }
    housekeeping.start()
  }

  crash(): void {
    this.#running?.process.kill()
  }

  /** The client, its seller and the buyers' accounts, before anything else happens. */
  async open(openings: readonly Opening[]): Promise<void> {
    const engine = this.#running?.engine
    if (!engine) throw new Error('the centre is not running')
    const registration = {
      ...{ id: clientId, secretHash: '', scopes: [...scopes], sellers: [seller] },
      voucherDayCeilingMinor: 10_000_000,
    }
    const asked = [
      engine.submit({ kind: 'registerClient', registration }),
      engine.submit({ kind: 'registerSeller', registration: { id: seller, name: 'Snacks & Co' } }),
      ...openings.map(({ number, kind, balanceMinor, ...limits }) =>
        engine.submit({
          kind: 'openAccount',
          subscriber: { realm: 'e164', key: number },
          account: { kind, currency: 'EUR', ...limits },
          balanceMinor,
        }),
      ),
    ]
    const refused = (await Promise.all(asked)).filter(({ status }) => status >= 300)
    if (refused.length > 0)
      throw new Error(`the centre refused: ${refused.map(({ body }) => body).join(' ')}`)
  }

  /** An account is closed, as a buyer or the centre may want, and a new one opened for the same number. */
  reopen(opening: Opening): void {
    const engine = this.#running?.engine
    if (!engine || !this.#running?.process.alive) return
    const { story } = this.#parts
    engine
      .submit({ kind: 'closeAccount', subscriberHash: hashOfNumber(opening.number) })
      .then(() => this.open([opening]))
      .catch((error: unknown) => story.tell('centre', `an account was not reopened: ${String(error)}`))
  }

  #again(): void {
    const { timeline, random, story } = this.#parts
    story.tell('centre', 'ends')
    timeline.after(random.around(restartMeanMs), () => {
      if (!this.#running?.process.alive) this.start()
    })
  }
}
