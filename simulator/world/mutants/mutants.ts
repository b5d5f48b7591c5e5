// All mutants, the cheapest first: each must be caught by the auditor, or the auditor is worth nothing.
import { automatonMutants } from './automaton-mutants.ts'
import { dialogueMutants } from './dialogue-mutants.ts'
import { kioskMutants } from './kiosk-mutants.ts'
import { linkMutants } from './link-mutants.ts'
import type { Mutant } from './mutant.ts'
import { pageMutants } from './page-mutants.ts'
import { paymentCentreMutants } from './payment-centre-mutants.ts'
import { relationServerMutants } from './relation-server-mutants.ts'
import { voiceMutants } from './voice-mutants.ts'

export const mutants: readonly Mutant[] = [
  ...automatonMutants,
  ...relationServerMutants,
  ...paymentCentreMutants,
  ...voiceMutants,
  ...pageMutants,
  ...linkMutants,
  ...dialogueMutants,
  ...kioskMutants,
]

export function mutantNamed(name: string): Mutant | undefined {
  return mutants.find((mutant) => mutant.name === name)
}
