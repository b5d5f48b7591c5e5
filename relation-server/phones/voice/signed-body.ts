// How a platform proves that a request is its own: an HMAC over the moment and the body's very bytes, with a
// secret that both have. A request that is older, or newer, than a few minutes is nobody's.
import { createHash, createHmac, timingSafeEqual } from 'node:crypto'

export const timestampHeader = 'x-concilia-timestamp'
export const signatureHeader = 'x-concilia-signature'
const mostAwayMs = 5 * 60_000

/** @param timestamp epoch seconds, as they stand in the header */
export function signatureOf(secret: string, timestamp: string, body: string | Uint8Array): string {
  return createHmac('sha256', secret).update(`${timestamp}.`).update(body).digest('hex')
}

export function isSigned(
  secret: string,
  headers: Readonly<Record<string, unknown>>,
  body: Uint8Array,
  now: number,
): boolean {
  const timestamp = String(headers[timestampHeader] ?? '')
  const given = String(headers[signatureHeader] ?? '')
  const isNow = /^\d{1,12}$/.test(timestamp) && Math.abs(Number(timestamp) * 1000 - now) <= mostAwayMs
  // Hashed first, so that the comparison takes as long for every length.
  const [left, right] = [given, signatureOf(secret, timestamp, body)].map((text) =>
    createHash('sha256').update(text).digest(),
  )
  return isNow && left !== undefined && right !== undefined && timingSafeEqual(left, right)
}
