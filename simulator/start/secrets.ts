// Secrets of the bench, made on first use and kept, readable by their owner alone.
import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { systemRandom } from '@concilia/platform/system-random.ts'
import type { Places } from './places.ts'

export function secretFile({ secrets }: Places, name: string): string {
  return join(secrets, name)
}

/**
 * The file of a secret that is there from now on.
 * @param bytes of chance in it; three make four characters
 */
export function keptSecret(places: Places, name: string, bytes = 24): string {
  const file = secretFile(places, name)
  if (!existsSync(file)) {
    mkdirSync(places.secrets, { recursive: true, mode: 0o700 })
    const secret = Buffer.from(systemRandom.bytes(bytes)).toString('base64url')
    writeFileSync(`${file}.new`, secret, { mode: 0o600, flush: true })
    renameSync(`${file}.new`, file)
  }
  return file
}

/** Safe in a URL. */
export function secretOf(places: Places, name: string, bytes?: number): string {
  return readFileSync(keptSecret(places, name, bytes), 'utf8')
}
