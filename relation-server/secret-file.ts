// The file that holds the key of the subscriber vault: made on first start, readable by its owner alone,
// never in the database it protects.
import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs'
import { dirname } from 'node:path'
import { OperatingError } from '@concilia/platform/operating-error.ts'
import type { Random } from '@concilia/protocol/random.ts'

/** @throws OperatingError `secret-file-unusable` */
export function secretFrom(file: string, random: Random): Uint8Array {
  try {
    if (!existsSync(file)) {
      mkdirSync(dirname(file), { recursive: true })
      writeFileSync(`${file}.new`, Buffer.from(random.bytes(32)).toString('hex'), {
        mode: 0o600,
        flush: true,
      })
      renameSync(`${file}.new`, file)
    }
    const secret = Buffer.from(readFileSync(file, 'utf8').trim(), 'hex')
    if (secret.length < 32) throw new Error('fewer than 32 bytes')
    return secret
  } catch (cause) {
    throw new OperatingError({
      code: 'secret-file-unusable',
      message: `The secret in ${file} cannot be used.`,
      advice:
        'Restore it from the backup taken with the database: without it nobody can be called back. ' +
        'For a new database delete it, and a new one is made.',
      cause,
    })
  }
}
