// The payment centre's place in the simulated world: the real engine, books and housekeeping on the world's
// database. Its process may end at any moment; the keys of its secrets are in a file that outlives it.

import type { CodeText, Settings } from '@concilia/payment-centre/books/commands.ts'
import type { Account } from '@concilia/payment-centre/books/records.ts'
import { Engine } from '@concilia/payment-centre/engine.ts'
import { Housekeeping } from '@concilia/payment-centre/housekeeping.ts'
import { Secrets } from '@concilia/payment-centre/secrets.ts'
import type { Identity } from '@concilia/platform/identity.ts'
import { scopes } from '@concilia/protocol/carrier-billing.ts'
import { KnownParties } from '@concilia/protocol/certificates.ts'
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
    const { timeline, identity, books, settings, keepMs, clock, story, sendText, failed } = this.#parts
    const random = this.#parts.random.stream(`start ${this.#starts++}`)
    const process = new SimulatedProcess('centre', timeline, clock, (error) => failed('centre', error))
    const log = story.logOf(process)
    const store = books.storeOf(process)
    const secrets = new Secrets(keys, random)
    const engine = new Engine({
      store,
      clock: process,
      random,
      secrets,
      signer: identity.signer,
      settings,
      longestQueue,
      tell: ({ words, ...fields }) => log.info(fields, words),
      sendText: (text) => process.leave(() => sendText(text)),
    })
    const parties = new KnownParties(identity.rootPem)
    parties.admit(identity.chain, process.now())
    const housekeeping = new Housekeeping({
      store,
      engine,
      clock: process,
      sweepMs,
      keepMs,
      failed: (error) => log.warn(`housekeeping failed and is tried again: ${String(error)}`),
    })
    const centre = { engine, store, secrets, parties, ownId: identity.id, chains: [identity.chain] }
    this.#running = { process, centre, log, engine }
    process.atEnd(() => this.#again())
    process.enter(() => housekeeping.start())
  }

  crash(): void {
    this.#running?.process.kill()
  }

  /** The client, its seller and the buyers' accounts, before anything else happens. */
  async open(openings: readonly Opening[]): Promise<void> {
    const engine = this.#running?.engine
    if (!engine) throw new Error('the centre is not running')
    const registration = { id: clientId, secretHash: '', scopes: [...scopes], sellers: [seller] }
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

  #again(): void {
    const { timeline, random } = this.#parts
    timeline.after(random.around(restartMeanMs), () => {
      if (!this.#running?.process.alive) this.start()
    })
  }
}
