// Who a program is: its key, its certificate chain and the root it trusts, as it reads them at start. Light:
// nothing here makes certificates (enrolment.ts does).
import { createPrivateKey, type KeyObject, X509Certificate } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { checkChain, type Party } from '@concilia/protocol/certificates.ts'
import type { Signer } from '@concilia/protocol/jws.ts'
import { OperatingError } from './operating-error.ts'

/** The files of an identity folder. */
export const identityFiles = { key: 'key.pem', chain: 'chain.pem', root: 'root.pem' } as const

/** `id`, `role`, `seller`, `kid` and the dates as the certificate says them. */
export interface Identity extends Party {
  readonly signer: Signer
  /** Leaf first, then intermediates, PEM: what peers are sent, and what TLS presents. */
  readonly chain: string
  readonly rootPem: string
  /** For TLS. */
  readonly keyPem: string
}

/**
 * Reads an identity folder. The certificate's dates are not judged: a machine's clock may be wrong at start,
 * and its peers judge them anyway.
 * @throws OperatingError `identity-missing` or `identity-invalid`
 */
export function readIdentity(folder: string): Identity {
  const [keyPem, chain, rootPem] = [identityFiles.key, identityFiles.chain, identityFiles.root].map((name) =>
    read(join(folder, name)),
  ) as [string, string, string]
  const identity = identityFrom({ keyPem, chainPem: chain, rootPem })
  if (typeof identity !== 'string') return identity
  throw new OperatingError({
    code: 'identity-invalid',
    message: `The identity in ${folder} is not usable: ${identity}.`,
    advice: 'Enrol the program again; key, chain and root must come from one enrolment.',
  })
}

/** @returns the identity, or in words why these three do not make one */
export function identityFrom(files: {
  keyPem: string
  chainPem: string
  rootPem: string
}): Identity | string {
  const { keyPem, chainPem: chain, rootPem } = files
  let privateKey: KeyObject
  let leaf: X509Certificate
  try {
    privateKey = createPrivateKey(keyPem)
    leaf = new X509Certificate(chain)
  } catch {
    return 'key or chain cannot be read as PEM'
  }
  const checked = checkChain(chain, rootPem, leaf.validFromDate.getTime())
  if (!checked.ok) return `the chain is refused (${checked.refusal})`
  if (!leaf.checkPrivateKey(privateKey)) return 'the key is not that of the certificate'
  const { party } = checked
  return { ...party, signer: { kid: party.kid, privateKey }, chain, rootPem, keyPem }
}

function read(file: string): string {
  try {
    return readFileSync(file, 'utf8')
  } catch (cause) {
    throw new OperatingError({
      code: 'identity-missing',
      message: `The identity file ${file} cannot be read (${(cause as NodeJS.ErrnoException).code}).`,
      advice: 'Enrol the program, or name the folder of its identity in the configuration.',
      cause,
    })
  }
}
