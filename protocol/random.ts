// The chance port. Ids and codes are minted from it and stored before first use, so that retries reuse them.
import { hash } from 'node:crypto'

export interface Random {
  /** `length` unpredictable bytes. */
  bytes(length: number): Uint8Array
}

const hexDigits = Buffer.from('0123456789abcdef')
/** Written anew for each. Thirty are made in a sale; put together of strings they cost twice as much. */
const letters = Buffer.alloc(36, '-')
/** Where the two digits of each byte stand among them. */
const places = [0, 2, 4, 6, 9, 11, 14, 16, 19, 21, 24, 26, 28, 30, 32, 34]

/** A version 4 UUID (RFC 9562, 5.4). */
export function uuidFrom(random: Random): string {
  const bytes = random.bytes(16)
  for (let index = 0; index < 16; index++) {
    let byte = bytes[index] ?? 0
    if (index === 6) byte = (byte & 0x0f) | 0x40
    if (index === 8) byte = (byte & 0x3f) | 0x80
    const place = places[index] ?? 0
    letters[place] = hexDigits[byte >> 4] ?? 0
    letters[place + 1] = hexDigits[byte & 0x0f] ?? 0
  }
  return letters.toString('latin1')
}

/** A number in [0, 1), with 48 bits of chance. */
export function fractionFrom(random: Random): number {
  return Buffer.from(random.bytes(6)).readUIntBE(0, 6) / 2 ** 48
}

/**
 * A decimal code of `digits` figures, each equally likely (the bias of 2^48 modulo 10^digits is below 10^-8).
 */
export function codeFrom(random: Random, digits: number): string {
  return String(Math.floor(fractionFrom(random) * 10 ** digits)).padStart(digits, '0')
}

/** SHA-256 of a text's UTF-8 bytes, base64url. Here because every hash we exchange is this one. */
export function sha256(text: string | Uint8Array): string {
  return hash('sha256', text, 'base64url')
}

/**
 * Full jitter (a delay drawn evenly from [0, cap)): peers that lost the same broker do not come back at once.
 * @param attempt 0 for the first retry
 */
export function fullJitter(random: Random, attempt: number, baseMs: number, capMs: number): number {
  return Math.floor(fractionFrom(random) * Math.min(capMs, baseMs * 2 ** Math.min(attempt, 20)))
}
