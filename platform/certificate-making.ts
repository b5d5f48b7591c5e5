// Making certificates: a root, the intermediate that signs for it ("operations"), and leaves for parties, all
// Ed25519. In memory; enrolment.ts keeps them in folders. Checking them is protocol/certificates.ts, and so
// programs that only sign and verify never load the library used here.
import 'reflect-metadata'
import { createPrivateKey, KeyObject, type webcrypto, X509Certificate } from 'node:crypto'
import type { Role } from '@concilia/protocol/certificates.ts'
import { sellerSchema } from '@concilia/protocol/promises.ts'
import { automatonIdSchema } from '@concilia/protocol/topics.ts'
import {
  BasicConstraintsExtension,
  ExtendedKeyUsage,
  ExtendedKeyUsageExtension,
  type Extension,
  KeyUsageFlags,
  KeyUsagesExtension,
  SubjectAlternativeNameExtension,
  X509CertificateGenerator,
} from '@peculiar/x509'

export interface Authority {
  readonly rootPem: string
  readonly rootKeyPem: string
  readonly operationsPem: string
  readonly operationsKeyPem: string
}

/** What a leaf says of its holder; read again by `checkChain`. */
export interface Subject {
  readonly id: string
  readonly role: Role
  /** The operator the party works for; empty for a payment centre. */
  readonly seller: string
  /** Names and addresses a TLS server answers to. Empty for a party that only calls others. */
  readonly hosts?: readonly string[]
}

export interface Credentials {
  readonly keyPem: string
  /** Leaf, then intermediate, without the root. */
  readonly chainPem: string
  readonly rootPem: string
}

const day = 24 * 60 * 60 * 1000
const authorityDays = 20 * 365
/** With renewal a month early, thirteen months allow for one yearly visit. */
const leafDays = 396
/** A peer's clock may be this far behind ours. */
const clockSkewMs = 60 * 60 * 1000

/** @param at epoch ms from which the certificates are valid, an hour earlier for slow clocks */
export async function makeAuthority(at: number): Promise<Authority> {
  const root = await makeKey()
  const operations = await makeKey()
  const rootName = 'CN=Concilia root'
  const operationsName = 'CN=Concilia operations'
  const rootPem = await certificate({
    at,
    days: authorityDays,
    subject: rootName,
    issuer: rootName,
    key: root.publicKey,
    by: root.privateKey,
    extensions: authorityExtensions(1),
  })
  const operationsPem = await certificate({
    at,
    days: authorityDays,
    subject: operationsName,
    issuer: rootName,
    key: operations.publicKey,
    by: root.privateKey,
    extensions: authorityExtensions(0),
  })
  return { rootPem, rootKeyPem: pem(root), operationsPem, operationsKeyPem: pem(operations) }
}

/**
 * A new key with its certificate chain. Ids and sellers are of our own alphabet, so nothing needs escaping.
 */
export async function makeCredentials(
  authority: Omit<Authority, 'rootKeyPem'>,
  subject: Subject,
  at: number,
): Promise<Credentials> {
  const id = automatonIdSchema.parse(subject.id)
  const seller = subject.seller && `,O=${sellerSchema.parse(subject.seller)}`
  const keys = await makeKey()
  const leaf = await certificate({
    at,
    days: leafDays,
    subject: `CN=${id},OU=${subject.role}${seller}`,
    issuer: 'CN=Concilia operations',
    key: keys.publicKey,
    by: await signingKey(authority.operationsKeyPem),
    extensions: leafExtensions(subject.hosts ?? []),
  })
  return { keyPem: pem(keys), chainPem: leaf + authority.operationsPem, rootPem: authority.rootPem }
}

interface CertificateTerms {
  readonly at: number
  readonly days: number
  readonly subject: string
  readonly issuer: string
  readonly key: webcrypto.CryptoKey
  readonly by: webcrypto.CryptoKey
  readonly extensions: Extension[]
}

async function certificate({ at, days, key, by, ...names }: CertificateTerms): Promise<string> {
  const made = await X509CertificateGenerator.create({
    ...names,
    publicKey: key,
    signingKey: by,
    signingAlgorithm: { name: 'Ed25519' },
    notBefore: new Date(at - clockSkewMs),
    notAfter: new Date(at + days * day),
  })
  return new X509Certificate(Buffer.from(made.rawData)).toString()
}

/** @param below how many authorities may stand between this one and a leaf */
function authorityExtensions(below: number): Extension[] {
  return [
    new BasicConstraintsExtension(true, below, true),
    new KeyUsagesExtension(KeyUsageFlags.keyCertSign | KeyUsageFlags.cRLSign, true),
  ]
}

function leafExtensions(hosts: readonly string[]): Extension[] {
  const usages = [ExtendedKeyUsage.clientAuth, ...(hosts.length > 0 ? [ExtendedKeyUsage.serverAuth] : [])]
  const names = hosts.map((host) => ({
    type: /^[\d.:]+$/.test(host) ? ('ip' as const) : ('dns' as const),
    value: host,
  }))
  return [
    new BasicConstraintsExtension(false, undefined, true),
    new KeyUsagesExtension(KeyUsageFlags.digitalSignature, true),
    new ExtendedKeyUsageExtension(usages),
    ...(names.length > 0 ? [new SubjectAlternativeNameExtension(names)] : []),
  ]
}

async function makeKey(): Promise<webcrypto.CryptoKeyPair> {
  return (await crypto.subtle.generateKey('Ed25519', true, ['sign', 'verify'])) as webcrypto.CryptoKeyPair
}

function pem({ privateKey }: webcrypto.CryptoKeyPair): string {
  return KeyObject.from(privateKey).export({ type: 'pkcs8', format: 'pem' }).toString()
}

async function signingKey(keyPem: string): Promise<webcrypto.CryptoKey> {
  return createPrivateKey(keyPem).toCryptoKey('Ed25519', false, ['sign'])
}
