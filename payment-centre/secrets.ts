// What keeps buyers unknown to whoever reads the database: look-up by keyed hash, numbers and stored answers
// under AES-256-GCM. The keys come from a file outside the database (key-file-adapter.ts).
import {
  createCipheriv,
  createDecipheriv,
  createHmac,
  createSecretKey,
  type KeyObject,
  timingSafeEqual,
} from 'node:crypto'
import type { Random } from '@concilia/protocol/random.ts'
import { type Subscriber, subscriberSchema } from '@concilia/protocol/subscriber.ts'

export interface SecretKeys {
  /** 32 bytes each. */
  readonly pepper: Uint8Array
  readonly sealing: Uint8Array
  readonly tokens: Uint8Array
}

const ivBytes = 12
const tagBytes = 16

export class Secrets {
  /** As key objects: bytes would be made one again at each use, which costs five times the use. */
  readonly #keys: { readonly [Use in keyof SecretKeys]: KeyObject }
  readonly #random: Random

  constructor(keys: SecretKeys, random: Random) {
    const { pepper, sealing, tokens } = keys
    this.#keys = {
      pepper: createSecretKey(pepper),
      sealing: createSecretKey(sealing),
      tokens: createSecretKey(tokens),
    }
    this.#random = random
  }

  subscriberHash({ realm, key }: Subscriber): string {
    return this.hash(`subscriber\n${realm}\n${key}`)
  }

  /** A keyed hash: without the pepper even a short text such as a code cannot be guessed from it. */
  hash(text: string): string {
    return createHmac('sha256', this.#keys.pepper).update(text).digest('base64url')
  }

  /** Of hashes. */
  isSame(one: string, other: string): boolean {
    return sameText(one, other)
  }

  sealSubscriber(subscriber: Subscriber): string {
    return this.seal(JSON.stringify([subscriber.realm, subscriber.key]))
  }

  openSubscriber(sealed: string): Subscriber {
    const [realm, key] = JSON.parse(this.open(sealed))
    return subscriberSchema.parse({ realm, key })
  }

  seal(text: string): string {
    const iv = this.#random.bytes(ivBytes)
    const cipher = createCipheriv('aes-256-gcm', this.#keys.sealing, iv)
    const sealed = Buffer.concat([cipher.update(text, 'utf8'), cipher.final()])
    return Buffer.concat([iv, sealed, cipher.getAuthTag()]).toString('base64url')
  }

  /** @throws when the text was sealed under another key or changed since */
  open(sealed: string): string {
    const bytes = Buffer.from(sealed, 'base64url')
    const decipher = createDecipheriv('aes-256-gcm', this.#keys.sealing, bytes.subarray(0, ivBytes))
    decipher.setAuthTag(bytes.subarray(-tagBytes))
    return Buffer.concat([decipher.update(bytes.subarray(ivBytes, -tagBytes)), decipher.final()]).toString(
      'utf8',
    )
  }

  tokenMac(text: string): string {
    return createHmac('sha256', this.#keys.tokens).update(text).digest('base64url')
  }
}

/** Compares in the same time wherever the difference is. */
export function sameText(one: string, other: string): boolean {
  const left = Buffer.from(one)
  const right = Buffer.from(other)
  return left.length === right.length && timingSafeEqual(left, right)
}
