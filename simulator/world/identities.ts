// Keys and certificates for a simulated world, made once a process and used by all its worlds: making them is
// slow, needs the real crypto library's promises, and nothing in a world depends on which keys they are.
import { type Authority, makeAuthority, makeCredentials } from '@concilia/platform/certificate-making.ts'
import { type Identity, identityFrom } from '@concilia/platform/identity.ts'
import type { Role } from '@concilia/protocol/certificates.ts'

export const worldBeginsAt = Date.UTC(2030, 0, 7, 6)
export const seller = 'snacks-and-co'

export interface Identities {
  readonly centre: Identity
  readonly automata: readonly Identity[]
}

export async function makeIdentities(machines: number): Promise<Identities> {
  const authority = await makeAuthority(worldBeginsAt)
  const automata: Identity[] = []
  for (let index = 0; index < machines; index++) {
    automata.push(await made(authority, automatonIdOf(index), 'automaton', seller))
  }
  return { centre: await made(authority, 'centre', 'payment-centre', ''), automata }
}

export function automatonIdOf(index: number): string {
  return `automaton-${machineNumberOf(index)}`
}

export function machineNumberOf(index: number): string {
  return String(4021 + 11 * index)
}

async function made(authority: Authority, id: string, role: Role, operator: string): Promise<Identity> {
  const identity = identityFrom(
    await makeCredentials(authority, { id, role, seller: operator }, worldBeginsAt),
  )
  if (typeof identity === 'string') throw new Error(identity)
  return identity
}
