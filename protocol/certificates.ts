// Checking certificate chains to the one root. A chain is checked once, when it arrives (birth, admission,
// the centre's key list), and kept under its `kid`; signatures then need only the key. Making certificates is
// elsewhere.
//
// Subject: CN = the party's id, OU = its role, O = the operator (seller) it belongs to, where it belongs to
// one.
import { createHash, type KeyObject, X509Certificate } from 'node:crypto'
import { sha256 } from './random.ts'

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
  const read = readChain(chainPem, rootPem)
  const refusal = read.ok ? dateRefusal(read.party, at) : undefined
  return refusal ? { ok: false, refusal } : read
}

/** Everything about a chain but its dates. */
function readChain(chainPem: string, rootPem: string): CheckedChain {
  const blocks = chainPem.match(/-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g) ?? []
  if (blocks.length > 4) return { ok: false, refusal: 'too-long' }
  let chain: X509Certificate[]
  let root: X509Certificate
  try {
    chain = blocks.map((block, index) => (index === 0 ? new X509Certificate(block) : authority(block)))
    root = authority(rootPem)
  } catch {
    return { ok: false, refusal: 'unreadable' }
  }
  const leaf = chain[0]
  if (!leaf) return { ok: false, refusal: 'unreadable' }
  if (!chain.at(-1)?.raw.equals(root.raw)) chain.push(root)
  const refusal = linkRefusal(chain)
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

/**
 * The few certificates that issue all others, parsed once. Each one parsed holds kilobytes outside the heap
 * until it is collected: a fleet of ten thousand that is born at once would hold them three times over.
 */
const authorities = new Map<string, X509Certificate>()
const mostAuthorities = 100
/** What was found signed by them, of themselves. */
const signed = new WeakMap<X509Certificate, WeakSet<X509Certificate>>()

function authority(pem: string): X509Certificate {
  let certificate = authorities.get(pem)
  if (!certificate) {
    certificate = new X509Certificate(pem)
    if (authorities.size >= mostAuthorities) authorities.clear()
    authorities.set(pem, certificate)
    signed.set(certificate, new WeakSet())
  }
  return certificate
}

function isSignedBy(certificate: X509Certificate, issuer: X509Certificate): boolean {
  const known = signed.get(certificate)
  if (known?.has(issuer)) return true
  const isSo = certificate.verify(issuer.publicKey)
  if (isSo) known?.add(issuer)
  return isSo
}

function linkRefusal(chain: readonly X509Certificate[]): ChainRefusal | undefined {
  for (const [index, certificate] of chain.entries()) {
    const issuer = chain[index + 1] ?? certificate
    if (!issuer.ca) return 'issuer-is-no-authority'
    if (!certificate.checkIssued(issuer)) return 'not-our-root'
    if (!isSignedBy(certificate, issuer)) return 'bad-signature'
  }
  return undefined
}

function dateRefusal({ validFrom, validTo }: Party, at: number): ChainRefusal | undefined {
  if (validFrom > at) return 'not-yet-valid'
  return validTo <= at ? 'expired' : undefined
}

function subjectOf(certificate: X509Certificate): Map<string, string> {
  const lines = certificate.subject.split('\n').map((line) => line.split('='))
  return new Map(lines.map(([name = '', ...value]) => [name, value.join('=')]))
}

/** Checked parties by `kid`. One whose chain has run out is known only for what it signed before. */
export class KnownParties {
  readonly #parties = new Map<string, Party>()
  /** By the hash of the chain's text: the same chain comes with each birth and each admission. */
  readonly #checked = new Map<string, Party>()
  readonly #rootPem: string

  constructor(rootPem: string) {
    this.#rootPem = rootPem
  }

  /** Checks a chain and keeps its leaf's key; also of one that has run out, and is refused. */
  admit(chainPem: string, at: number): CheckedChain {
    const checked = this.check(chainPem, at)
    const party = checked.ok ? checked.party : this.#checked.get(sha256(chainPem))
    if (party) this.keep(party)
    return checked
  }

  /** Checks a chain (about 0.3 ms the first time), and keeps nothing of what its leaf may sign. */
  check(chainPem: string, at: number): CheckedChain {
    const hash = sha256(chainPem)
    const party = this.#checked.get(hash)
    const read: CheckedChain = party ? { ok: true, party } : readChain(chainPem, this.#rootPem)
    if (!read.ok) return read
    this.#checked.set(hash, read.party)
    const refusal = dateRefusal(read.party, at)
    return refusal ? { ok: false, refusal } : read
  }

  /** Keeps a party whose chain was checked to the same root. */
  keep(party: Party): void {
    this.#parties.set(party.kid, party)
  }

  /** @param signedAt when the word in question was signed, where that counts (epoch ms) */
  find(kid: string | undefined, role: Role, at: number, signedAt = at): Party | undefined {
    const party = kid === undefined ? undefined : this.#parties.get(kid)
    return party?.role === role && at >= party.validFrom && signedAt < party.validTo ? party : undefined
  }
}
