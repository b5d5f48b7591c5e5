// Phone numbers, and what may be a PIN, at rest: looked up by HMAC-SHA-256, called back through AES-256-GCM.
// The key is in a file outside the database, so that the database alone tells nobody's number.
import {
  createCipheriv,
  createDecipheriv,
  createHmac,
  createSecretKey,
  hkdfSync,
  type KeyObject,
} from 'node:crypto'
import type { Random } from '@concilia/protocol/random.ts'
import { type Subscriber, subscriberSchema } from '@concilia/protocol/subscriber.ts'

/** A buyer's number is opened for each text and payment: those of the last buyers stay open in memory. */
const mostOpened = 1000

export class SubscriberVault {
  // As key objects: bytes would be made one again at each use, which costs five times the use.
  readonly #pepper: KeyObject
  readonly #key: KeyObject
  readonly #presence: KeyObject
  readonly #random: Random
  readonly #opened = new Map<string, Subscriber>()

  /** @param secret at least 32 bytes, the same for the life of the database */
  constructor(secret: Uint8Array, random: Random) {
    if (secret.length < 32) throw new Error('the secret of the subscriber vault has fewer than 32 bytes')
    const derived = (use: string) => createSecretKey(Buffer.from(hkdfSync('sha256', secret, '', use, 32)))
    this.#pepper = derived('subscriber look-up')
    this.#key = derived('subscriber seal')
    this.#presence = derived('presence codes')
    this.#random = random
  }

  /** The same subscriber always has the same id, and nobody can go back from it without the key. */
  idOf({ realm, key }: Subscriber): string {
    return createHmac('sha256', this.#pepper).update(`${realm} ${key}`).digest('base64url')
  }

  /** Of words that may hold a secret, to know their repeat by: the database alone lets nobody guess it. */
  hashOf(text: string): string {
    return createHmac('sha256', this.#pepper).update(`words ${text}`).digest('base64url')
  }

  /** What an automaton shares with its servers, to show where a buyer stands (presence-code.ts). */
  presenceSecretOf(automatonId: string): string {
    return createHmac('sha256', this.#presence).update(automatonId).digest('base64url')
  }

  seal(subscriber: Subscriber): string {
    return this.sealText(JSON.stringify(subscriber))
  }

  /** Throws when the text was not sealed with this key: another key file than the database's. */
  unseal(text: string): Subscriber {
    const known = this.#opened.get(text)
    if (known) return known
    const subscriber = Object.freeze(subscriberSchema.parse(JSON.parse(this.openText(text))))
    if (this.#opened.size === mostOpened) this.#opened.clear()
    this.#opened.set(text, subscriber)
    return subscriber
  }

  /** For what was typed that may be a PIN: it is on its way to the centre, and rows are kept for weeks. */
  sealText(text: string): string {
    const nonce = this.#random.bytes(12)
    const cipher = createCipheriv('aes-256-gcm', this.#key, nonce)
    const sealed = Buffer.concat([cipher.update(text, 'utf8'), cipher.final()])
    return Buffer.concat([nonce, cipher.getAuthTag(), sealed]).toString('base64url')
  }

  /** Throws when the text was not sealed with this key. */
  openText(text: string): string {
    const bytes = Buffer.from(text, 'base64url')
    const decipher = createDecipheriv('aes-256-gcm', this.#key, bytes.subarray(0, 12))
    decipher.setAuthTag(bytes.subarray(12, 28))
    return Buffer.concat([decipher.update(bytes.subarray(28)), decipher.final()]).toString('utf8')
  }
}
