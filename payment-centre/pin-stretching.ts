// A PIN made slow to guess: scrypt over its keyed hash, salted for each buyer. It has four to eight figures,
// so what protects it in a stolen database is the pepper, which is not in it; what protects it there from
// whoever has both is the time this takes. Works in the thread pool, before a command reaches the books.
import { scrypt } from 'node:crypto'
import { promisify } from 'node:util'
import type { Secrets } from './secrets.ts'

const stretch = promisify(scrypt) as (
  secret: string,
  salt: string,
  length: number,
  options: { N: number; r: number; p: number; maxmem: number },
) => Promise<Buffer>
/** 32 MB and about a tenth of a second each. */
const cost = { N: 32_768, r: 8, p: 1, maxmem: 64 * 1024 * 1024 }

/** Different for each buyer, and known to nobody without the pepper. */
export function pinSalt(subscriberHash: string, secrets: Pick<Secrets, 'hash'>): string {
  return secrets.hash(`pin salt\n${subscriberHash}`).slice(0, 22)
}

export async function stretchedPin(
  pin: string,
  salt: string,
  secrets: Pick<Secrets, 'hash'>,
): Promise<string> {
  return (await stretch(secrets.hash(`pin\n${pin}`), salt, 32, cost)).toString('base64url')
}

/** What a payment that waits for a PIN is validated under; it carries the salt to whoever is at the door. */
export function pinAuthorizationId(salt: string, id: string): string {
  return `pin.${salt}.${id}`
}

/** @returns undefined for a payment that waits for a code that was sent */
export function saltOf(authorizationId: string): string | undefined {
  return /^pin\.([\w-]{22})\./.exec(authorizationId)?.[1]
}
