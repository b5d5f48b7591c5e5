// Certificates of many machines, made once and kept below the data folder: ten thousand take a quarter of a
// minute.
import { appendFileSync, existsSync, mkdirSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { type Credentials, makeCredentials } from '@concilia/platform/certificate-making.ts'
import { ensureRoot } from '@concilia/platform/enrolment.ts'
import { systemClock } from '@concilia/platform/system-clock.ts'

export const operator = { id: 'figures', name: 'Figures Vending' }
export const automatonIdOf = (index: number) => `automaton-${index}`
export const machineNumberOf = (index: number) => String(100_000 + index)
export const phoneNumberOf = (index: number) => `+33612${String(index).padStart(6, '0')}`

/** @param folder of the authority. @returns those of the first `count` machines, by index */
export async function machineCredentials(folder: string, count: number): Promise<Credentials[]> {
  const at = systemClock.now()
  const authority = await ensureRoot(folder, at)
  const file = join(folder, 'machines.jsonl')
  mkdirSync(dirname(file), { recursive: true })
  const kept = existsSync(file) ? readFileSync(file, 'utf8').trimEnd().split('\n') : []
  const credentials = kept
    .filter(Boolean)
    .slice(0, count)
    .map((line) => ({ ...(JSON.parse(line) as Omit<Credentials, 'rootPem'>), rootPem: authority.rootPem }))
  while (credentials.length < count) {
    const id = automatonIdOf(credentials.length)
    const made = await makeCredentials(authority, { id, role: 'automaton', seller: operator.id }, at)
    credentials.push(made)
    appendFileSync(file, `${JSON.stringify({ keyPem: made.keyPem, chainPem: made.chainPem })}\n`)
  }
  return credentials
}
