// Enrolment: a root made the first time and kept, and identity folders for the programs (enrol.ts is the
// command). Every folder appears whole or not at all: it is written beside its place and renamed. The root's
// own key is written once and never read again, so it can be taken off line.
import { X509Certificate } from 'node:crypto'
import { existsSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { type Authority, makeAuthority, makeCredentials, type Subject } from './certificate-making.ts'
import { identityFiles, readIdentity } from './identity.ts'
import { OperatingError } from './operating-error.ts'

const authorityFiles = {
  root: 'root.pem',
  rootKey: 'root-key.pem',
  operations: 'operations.pem',
  operationsKey: 'operations-key.pem',
} as const

/** What issues identities: the root's key is not among it. */
export type Issuer = Omit<Authority, 'rootKeyPem'>

/** An identity is renewed when it has less than this left. */
const renewMs = 30 * 24 * 60 * 60 * 1000

/**
 * The authority kept in `folder`, made when there is none yet.
 * @param at epoch ms, the certificates' first day
 */
export async function ensureRoot(folder: string, at: number): Promise<Issuer> {
  const place = join(folder, 'authority')
  if (!existsSync(place)) {
    const made = await makeAuthority(at)
    writeFolder(place, [
      [authorityFiles.root, made.rootPem],
      [authorityFiles.rootKey, made.rootKeyPem],
      [authorityFiles.operations, made.operationsPem],
      [authorityFiles.operationsKey, made.operationsKeyPem],
    ])
  }
  return {
    rootPem: readAuthorityFile(place, authorityFiles.root),
    operationsPem: readAuthorityFile(place, authorityFiles.operations),
    operationsKeyPem: readAuthorityFile(place, authorityFiles.operationsKey),
  }
}

/**
 * The identity folder of a party, made when there is none, when it is of another authority, subject, host or
 * form, or when it soon runs out.
 * @returns the folder, with key.pem (mode 0600), chain.pem and root.pem
 */
export async function issue(folder: string, subject: Subject, at: number): Promise<string> {
  const authority = await ensureRoot(folder, at)
  const place = join(folder, 'issued', subject.id)
  if (isGood(place, authority, subject, at)) return place
  const { keyPem, chainPem, rootPem } = await makeCredentials(authority, subject, at)
  writeFolder(place, [
    [identityFiles.key, keyPem],
    [identityFiles.chain, chainPem],
    [identityFiles.root, rootPem],
  ])
  return place
}

function isGood(place: string, authority: Issuer, subject: Subject, at: number): boolean {
  try {
    const { id, role, seller, rootPem, validTo } = readIdentity(place)
    const same = id === subject.id && role === subject.role && seller === subject.seller
    const leaf = new X509Certificate(readFileSync(join(place, identityFiles.chain)))
    const answers = (subject.hosts ?? []).every((host) => leaf.checkHost(host) ?? leaf.checkIP(host))
    return same && answers && rootPem === authority.rootPem && validTo - at > renewMs
  } catch (error) {
    if (error instanceof OperatingError) return false
    throw error
  }
}

function readAuthorityFile(place: string, file: string): string {
  try {
    return readFileSync(join(place, file), 'utf8')
  } catch (cause) {
    throw new OperatingError({
      code: 'authority-incomplete',
      message: `The authority in ${place} lacks ${file}.`,
      advice: `Put the file back, or remove ${place}: a new root is made, all are enrolled anew.`,
      cause,
    })
  }
}

function writeFolder(place: string, files: readonly (readonly [string, string])[]): void {
  const fresh = `${place}.new`
  rmSync(fresh, { recursive: true, force: true })
  mkdirSync(fresh, { recursive: true, mode: 0o700 })
  for (const [name, text] of files) {
    writeFileSync(join(fresh, name), text, { mode: name.includes('key') ? 0o600 : 0o644, flush: true })
  }
  rmSync(place, { recursive: true, force: true })
  renameSync(fresh, place)
}
