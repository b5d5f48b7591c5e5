// Compact JWS (RFC 7515) with EdDSA over Ed25519 (RFC 8037), synchronous over node:crypto: the same key and
// payload always give the same bytes, and a simulated run replays event for event. `kid` names the signer's
// certificate.
import { type KeyObject, sign, verify } from 'node:crypto'
import { z } from 'zod'

const headerSchema = z.strictObject({ alg: z.literal('EdDSA'), kid: z.string(), typ: z.string() })

export interface Signer {
  /** SHA-256 of the certificate's DER bytes, base64url. */
  readonly kid: string
  readonly privateKey: KeyObject
}

/**
 * `typ` keeps one kind of promise from being read as another: a slip is never taken for an acknowledgement.
 */
export function signJws(signer: Signer, typ: string, payload: unknown): string {
  const header = base64url(JSON.stringify({ alg: 'EdDSA', kid: signer.kid, typ }))
  const input = `${header}.${base64url(JSON.stringify(payload))}`
  return `${input}.${sign(null, Buffer.from(input), signer.privateKey).toString('base64url')}`
}

/**
 * Who made the token says it is; undefined when it is not one of our tokens at all. Proves nothing by itself.
 */
export function kidOf(token: string): string | undefined {
  return headerOf(token.slice(0, token.indexOf('.')))?.kid
}

/**
 * Checks the signature and gives the payload.
 * @returns undefined for anything that is not a token of this type, well signed by this key, with such a
 *   payload
 */
export function verifyJws<T>(
  token: string,
  typ: string,
  key: KeyObject,
  schema: z.ZodType<T>,
): T | undefined {
  const parts = partsOf(token)
  if (parts?.header.typ !== typ) return undefined
  if (!verify(null, Buffer.from(parts.input), key, parts.signature)) return undefined
  const payload = schema.safeParse(parsed(parts.payload))
  return payload.success ? payload.data : undefined
}

function partsOf(token: string) {
  const match = /^([\w-]{1,1000})\.([\w-]{1,8000})\.([\w-]{86})$/.exec(token)
  if (!match) return undefined
  const [, head = '', payload = '', signature = ''] = match
  const header = headerOf(head)
  if (!header) return undefined
  const bytes = Buffer.from(signature, 'base64url')
  return { header, input: `${head}.${payload}`, payload, signature: bytes }
}

type Header = Readonly<z.infer<typeof headerSchema>>

/** A signer's tokens of one type all begin alike, and each is read several times. */
const headers = new Map<string, Header>()
const mostHeaders = 1000

function headerOf(head: string): Header | undefined {
  const known = headers.get(head)
  if (known) return known
  const header = headerSchema.safeParse(parsed(head))
  if (!header.success) return undefined
  if (headers.size === mostHeaders) headers.clear()
  headers.set(head, header.data)
  return header.data
}

function parsed(part: string): unknown {
  try {
    return JSON.parse(Buffer.from(part, 'base64url').toString('utf8'))
  } catch {
    return undefined
  }
}

function base64url(text: string): string {
  return Buffer.from(text).toString('base64url')
}
