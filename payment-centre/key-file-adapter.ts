// The keys behind secrets.ts: a file outside the database, made on the first start, readable by its owner
// alone. Without this very file the database's accounts can never be found again, so it is never made anew
// beside existing ones.
import { chmodSync, existsSync, linkSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { dirname } from 'node:path'
import { OperatingError } from '@concilia/platform/operating-error.ts'
import type { Random } from '@concilia/protocol/random.ts'
import { z } from 'zod'
import type { SecretKeys } from './secrets.ts'

const keyBytes = 32
const keySchema = z.string().transform((text, context) => {
  const bytes = Buffer.from(text, 'base64url')
  if (bytes.length !== keyBytes) context.addIssue({ code: 'custom', message: `must be ${keyBytes} bytes` })
  return bytes
})
const fileSchema = z.strictObject({ pepper: keySchema, sealing: keySchema, tokens: keySchema })

/**
 * @param hasAccounts whether the database holds accounts, which only the file they were made with finds
 * @throws OperatingError `key-file-missing` or `key-file-unusable`
 */
export function readKeyFile(path: string, hasAccounts: boolean, random: Random): SecretKeys {
  if (!existsSync(path) && hasAccounts) {
    throw new OperatingError({
      code: 'key-file-missing',
      message: `The key file ${path} is missing, and the database holds accounts that only it can find.`,
      advice: 'Put back the copy that belongs to this database, or name it as keyFile in the configuration.',
    })
  }
  if (!existsSync(path)) makeKeyFile(path, random)
  try {
    return fileSchema.parse(JSON.parse(readFileSync(path, 'utf8')))
  } catch {
    // The cause is not kept: it may quote what stands in the file.
    throw new OperatingError({
      code: 'key-file-unusable',
      message: `The key file ${path} cannot be read as three keys of ${keyBytes} bytes.`,
      advice: 'Put back the copy that belongs to this database. A new file would not find a single account.',
    })
  }
}

/** Linked into place when complete: of two that start at once, both use the same. */
function makeKeyFile(path: string, random: Random): void {
  const key = () => Buffer.from(random.bytes(keyBytes)).toString('base64url')
  const unfinished = `${path}.${Buffer.from(random.bytes(6)).toString('hex')}`
  try {
    mkdirSync(dirname(path), { recursive: true })
    writeFileSync(unfinished, JSON.stringify({ pepper: key(), sealing: key(), tokens: key() }), {
      mode: 0o600,
    })
    chmodSync(unfinished, 0o600)
    linkSync(unfinished, path)
  } catch (cause) {
    if (existsSync(path)) return
    throw new OperatingError({
      code: 'key-file-unusable',
      message: `The key file ${path} cannot be made (${(cause as NodeJS.ErrnoException).code}).`,
      advice: 'Name a file in a folder where the payment centre may write (keyFile in the configuration).',
      cause,
    })
  } finally {
    if (existsSync(unfinished)) rmSync(unfinished)
  }
}
