// Who looks at a machine's page: a browser that holds a random token, whose telephone number is proven once
// by a code that was sent to the number and typed here (rule 15). The database has hashes of token and code
// alone, and the number sealed, so that whoever reads it can neither visit nor be found.
import type { Clock } from '@concilia/protocol/clock.ts'
import { codeFrom, type Random, sha256, uuidFrom } from '@concilia/protocol/random.ts'
import { maskedSubscriber, type Subscriber } from '@concilia/protocol/subscriber.ts'
import { type CapRule, capsFor } from '../../caps.ts'
import type { Engine } from '../../engine/engine.ts'
import type { Language } from '../../sale-events.ts'
import type { Store, VisitRow } from '../../store/port.ts'
import type { SubscriberVault } from '../../subscriber-vault.ts'
import { isRefused, type Served } from '../sender-number.ts'
import type { Visitor } from './view.ts'

export interface VisitsParts {
  readonly store: Pick<
    Store,
    'visit' | 'addVisit' | 'dropVisit' | 'takeVisitTry' | 'proveVisit' | 'visitsSince' | 'subscriber'
  >
  readonly vault: SubscriberVault
  readonly engine: () => Pick<Engine, 'submit'>
  readonly clock: Clock
  readonly random: Random
  /** A number once proven is believed for so long (ms). */
  readonly provenMs: number
  /** Codes that are sent in an hour, to all numbers together. */
  readonly codesPerHour: number
  readonly served: Served
  readonly caps: readonly CapRule[]
}

const hourMs = 3_600_000
/** Codes that are sent to one number in an hour: a stranger may type a number that is not theirs. */
const codesPerNumber = 3
const codeLivesMs = 600_000
const tries = 3
const codeDigits = 6

export class Visits {
  readonly #parts: VisitsParts

  constructor(parts: VisitsParts) {
    this.#parts = parts
  }

  /** Who holds this token; undefined for a stranger, and for one whose code or proof has run out. */
  async of(token: string | undefined): Promise<{ visitor: Visitor; row: VisitRow } | undefined> {
    const { store, vault, clock, provenMs } = this.#parts
    if (token === undefined) return undefined
    const row = await store.visit(visitIdOf(token))
    if (!row) return undefined
    const { provenAt, askedAt, triesLeft } = row
    const goodUntil = provenAt === null ? askedAt + codeLivesMs : provenAt + provenMs
    if (clock.now() >= goodUntil) return undefined
    const number = maskedSubscriber(vault.unseal(row.sealed))
    return { row, visitor: { number, proven: provenAt !== null, triesLeft } }
  }

  subscriberOf({ sealed }: VisitRow): Subscriber {
    return this.#parts.vault.unseal(sealed)
  }

  /**
   * Sends a code to the number; resolves once the text is as good as sent (it is in the outbox).
   * @returns the token of the new visit, or undefined when too many codes were asked for
   */
  async ask(
    subscriber: Subscriber,
    { machineNumber, language }: { machineNumber: string; language: Language },
  ): Promise<string | undefined> {
    const { store, vault, engine, clock, random, served, caps } = this.#parts
    if (isRefused(subscriber, served)) return undefined
    const now = clock.now()
    const subscriberId = vault.idOf(subscriber)
    if (await this.#isOver(subscriberId, now, 1)) return undefined
    const token = newToken(random)
    const code = codeFrom(random, codeDigits)
    const sealed = vault.seal(subscriber)
    const known = await store.subscriber(subscriberId)
    if (known?.blocked) return undefined
    const visitId = visitIdOf(token)
    await store.addVisit({
      visitId,
      subscriberId,
      sealed,
      codeHash: codeHashOf(token, code),
      triesLeft: tries,
      askedAt: now,
      provenAt: null,
    })
    // Of those asked for at the same moment, at any server, each is counted by the ones after it.
    if (await this.#isOver(subscriberId, now, 0)) {
      await store.dropVisit(visitId)
      return undefined
    }
    await engine().submit({
      kind: 'phone',
      automatonId: null,
      source: 'web',
      key: uuidFrom(random),
      bodyHash: sha256(`${subscriberId} ${machineNumber}`),
      // Whoever types here is nobody yet: what is known of the number's owner stays as it is.
      subscriber: known
        ? { ...known, sealed: known.sealed ?? sealed }
        : { subscriberId, sealed, language, stopped: false, blocked: false, seenAt: now },
      budget: { caps: capsFor(subscriber, caps), isStranger: known === undefined },
      act: {
        type: 'answerOnly',
        say: { kind: 'pageCode', machineNumber, code },
        channel: 'text',
        sessionId: null,
      },
      at: now,
    })
    return token
  }

  async #isOver(subscriberId: string, now: number, more: number): Promise<boolean> {
    const { store, codesPerHour } = this.#parts
    const { own, all } = await store.visitsSince(subscriberId, now - hourMs)
    return own + more > codesPerNumber || all + more > codesPerHour
  }

  /**
   * @returns the token to go on with when the code is right: another one, so that one planted or seen before
   *   is worth nothing
   */
  async prove(token: string, code: string): Promise<string | undefined> {
    const { store, clock, random } = this.#parts
    const visitId = visitIdOf(token)
    // Taken before it is looked at: guesses sent at once are counted each.
    const row = await store.takeVisitTry(visitId)
    if (!row || clock.now() >= row.askedAt + codeLivesMs) return undefined
    // Hashes with a secret of 256 bits before them: how long the comparison takes tells nothing.
    if (row.codeHash !== codeHashOf(token, code)) return undefined
    const next = newToken(random)
    await store.proveVisit(visitId, visitIdOf(next), clock.now())
    return next
  }
}

function newToken(random: Random): string {
  return Buffer.from(random.bytes(32)).toString('base64url')
}

const visitIdOf = (token: string) => sha256(`visit ${token}`)
const codeHashOf = (token: string, code: string) => sha256(`code ${token} ${code.replace(/\D/g, '')}`)
