// Checking certificate chains to the one root. A chain is checked once, when it arrives (birth, admission,
// the centre's key list), and kept under its `kid`; signatures then need only the key. Making certificates is
// elsewhere.
//
// Subject: CN = the party's id, OU = its role, O = the operator (seller) it belongs to, where it belongs to
// one.
import { createHash, type KeyObject, X509Certificate } from 'node:crypto'

export type Role = 'automaton' | 'relation-server' | 'payment-centre'

export interface Party {
  readonly kid: string
  readonly id: string
  readonly role: Role
  /** The operator the party works for; empty for a payment centre. */
  readonly seller: string
  readonly publicKey: KeyObject
  /** Epoch ms between which the whole chain is valid. */
  readonly validFrom: number
  readonly validTo: number
}

export type ChainRefusal =
  | 'unreadable'
  | 'too-long'
  | 'not-our-root'
  | 'issuer-is-no-authority'
  | 'bad-signature'
  | 'not-yet-valid'
  | 'expired'
  | 'no-role'

export type CheckedChain = { ok: true; party: Party } | { ok: false; refusal: ChainRefusal }

/** SHA-256 of the leaf's DER bytes, base64url. */
export function kidOfCertificate(certificate: X509Certificate): string {
  return createHash('sha256').update(certificate.raw).digest('base64url')
}

/**
 * @param chainPem leaf first, then intermediates, root last or left out
 * @param rootPem the one root this party trusts
 * @param at epoch ms at which the dates are judged (an automaton passes the server's time of its last
 *   admission)
 */
export function checkChain(chainPem: string, rootPem: string, at: number): CheckedChain {
  const blocks = chainPem.match(/-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g) ?? []
  if (blocks.length > 4) return { ok: false, refusal: 'too-long' }
  let chain: X509Certificate[]
  let root: X509Certificate
  try {
    chain = blocks.map((block) => new X509Certificate(block))
    root = new X509Certificate(rootPem)
  } catch {
    return { ok: false, refusal: 'unreadable' }
  }
  const leaf = chain[0]
  if (!leaf) return { ok: false, refusal: 'unreadable' }
  if (!chain.at(-1)?.raw.equals(root.raw)) chain.push(root)
  const refusal = linkRefusal(chain) ?? dateRefusal(chain, at)
  if (refusal) return { ok: false, refusal }
  const subject = subjectOf(leaf)
  const role = subject.get('OU') as Role | undefined
  const id = subject.get('CN')
  if (!id || !role || !['automaton', 'relation-server', 'payment-centre'].includes(role)) {
    return { ok: false, refusal: 'no-role' }
  }
  const party: Party = {
    kid: kidOfCertificate(leaf),
    id,
    role,
    seller: subject.get('O') ?? '',
    publicKey: leaf.publicKey,
    validFrom: Math.max(...chain.map((certificate) => certificate.validFromDate.getTime())),
    validTo: Math.min(...chain.map((certificate) => certificate.validToDate.getTime())),
  }
  return { ok: true, party }
}

function linkRefusal(chain: readonly X509Certificate[]): ChainRefusal | undefined {
  for (const [index, certificate] of chain.entries()) {
    const issuer = chain[index + 1] ?? certificate
    if (!issuer.ca) return 'issuer-is-no-authority'
    if (!certificate.checkIssued(issuer)) return 'not-our-root'
    if (!certificate.verify(issuer.publicKey)) return 'bad-signature'
  }
  return undefined
}

function dateRefusal(chain: readonly X509Certificate[], at: number): ChainRefusal | undefined {
  if (chain.some((certificate) => certificate.validFromDate.getTime() > at)) return 'not-yet-valid'
  if (chain.some((certificate) => certificate.validToDate.getTime() <= at)) return 'expired'
  return undefined
}

function subjectOf(certificate: X509Certificate): Map<string, string> {
  const lines = certificate.subject.split('\n').map((line) => line.split('='))
  return new Map(lines.map(([name = '', ...value]) => [name, value.join('=')]))
}

/** Checked parties by `kid`. A party whose chain has run out is no longer known. */
export class KnownParties {
  readonly #parties = new Map<string, Party>()
  readonly #rootPem: string

  constructor(rootPem: string) {
    this.#rootPem = rootPem
  }

  /** Checks a chain (about 0.3 ms) and keeps its leaf's key. */
  admit(chainPem: string, at: number): CheckedChain {
    const checked = checkChain(chainPem, this.#rootPem, at)
    if (checked.ok) this.#parties.set(checked.party.kid, checked.party)
    return checked
  }

  find(kid: string | undefined, role: Role, at: number): Party | undefined {
    const party = kid === undefined ? undefined : this.#parties.get(kid)
    return party?.role === role && at >= party.validFrom && at < party.validTo ? party : undefined
  }
}
