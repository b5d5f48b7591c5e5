// OAuth 2 client credentials (RFC 6749, 4.4): secrets kept as scrypt hashes, access tokens that carry client,
// scopes and end under our own MAC. Nothing is stored for a token: it outlives a restart and ends by itself.
import { scrypt } from 'node:crypto'
import { promisify } from 'node:util'
import { type Scope, scopes } from '@concilia/protocol/carrier-billing.ts'
import type { Random } from '@concilia/protocol/random.ts'
import { z } from 'zod'
import { type Secrets, sameText } from '../secrets.ts'

const stretched = promisify(scrypt) as (secret: string, salt: Uint8Array, length: number) => Promise<Buffer>
const hashBytes = 32
const mostKnown = 1000

export async function hashedSecret(secret: string, random: Random): Promise<string> {
  const salt = Buffer.from(random.bytes(16))
  const hash = await stretched(secret, salt, hashBytes)
  return `scrypt$${salt.toString('base64url')}$${hash.toString('base64url')}`
}

export async function isSecret(secret: string, hashed: string): Promise<boolean> {
  const [, salt = '', hash = ''] = hashed.split('$')
  const found = await stretched(secret, Buffer.from(salt, 'base64url'), hashBytes)
  return sameText(found.toString('base64url'), hash)
}

const grantSchema = z.strictObject({ client: z.string(), scopes: z.array(z.enum(scopes)), until: z.int() })
/** What a token allows. */
export type Grant = z.infer<typeof grantSchema>

export function tokenOf(grant: Grant, secrets: Secrets): string {
  const text = Buffer.from(JSON.stringify(grant)).toString('base64url')
  return `${text}.${secrets.tokenMac(text)}`
}

/** Reads tokens. Those that were found to be ours are kept: each comes thousands of times. */
export class Grants {
  readonly #known = new Map<string, Grant>()
  readonly #secrets: Secrets

  constructor(secrets: Secrets) {
    this.#secrets = secrets
  }

  /** @returns undefined for anything that is not a token of ours, or is over */
  of(token: string, now: number): Grant | undefined {
    const grant = this.#known.get(token) ?? this.#read(token)
    return grant && grant.until > now ? grant : undefined
  }

  #read(token: string): Grant | undefined {
    const [text = '', mac = ''] = token.split('.')
    if (!sameText(mac, this.#secrets.tokenMac(text))) return undefined
    const grant = grantSchema.parse(JSON.parse(Buffer.from(text, 'base64url').toString('utf8')))
    if (this.#known.size === mostKnown) this.#known.clear()
    this.#known.set(token, grant)
    return grant
  }
}

/** The scopes asked for that the client has; all it has when none are asked for. */
export function grantedScopes(asked: string | undefined, has: readonly Scope[]): Scope[] {
  return asked === undefined ? [...has] : has.filter((scope) => asked.split(' ').includes(scope))
}

/** `client_id:client_secret` of HTTP Basic, each form-encoded (RFC 6749, 2.3.1). */
export function basicCredentials(header: string | undefined): { id: string; secret: string } | undefined {
  const encoded = /^Basic ([A-Za-z0-9+/=]+)$/i.exec(header ?? '')?.[1]
  if (!encoded) return undefined
  const [id, ...secret] = Buffer.from(encoded, 'base64').toString('utf8').split(':')
  try {
    const decoded = (text: string) => decodeURIComponent(text.replaceAll('+', ' '))
    return { id: decoded(id ?? ''), secret: decoded(secret.join(':')) }
  } catch {
    return undefined
  }
}
