// The chance port. Ids and codes are minted from it and stored before first use, so that retries reuse them.
import { hash } from 'node:crypto'

export interface Random {
  /** `length` unpredictable bytes. */
  bytes(length: number): Uint8Array
}

/** A version 4 UUID (RFC 9562, 5.4). */
export function uuidFrom(random: Random): string {
  const bytes = Buffer.from(random.bytes(16))
  bytes[6] = ((bytes[6] ?? 0) & 0x0f) | 0x40
  bytes[8] = ((bytes[8] ?? 0) & 0x3f) | 0x80
  const hex = bytes.toString('hex')
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20)}`
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
