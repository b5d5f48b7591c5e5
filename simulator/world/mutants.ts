// Small faults put into the programs on purpose, one at a time: each must be caught by the auditor, or the
// auditor is worth nothing. `needs` brings the circumstances in which the fault shows.
import type { FaultKind, Swarm } from './swarm.ts'

export interface Mutant {
  readonly name: string
  readonly says: string
  readonly file: string
  /** Stands exactly once in the file. */
  readonly find: string
  readonly replace: string
  readonly needs?: (drawn: Swarm) => Swarm
}

const often =
  (kind: FaultKind, everyMs = 30_000) =>
  (drawn: Swarm) => ({
    ...drawn,
    everyMs: new Map([...drawn.everyMs, [kind, everyMs] as const]),
  })

export const mutants: readonly Mutant[] = [
  {
    name: 'signature-unchecked',
    says: 'whoever can write a token is believed to have signed it',
    file: 'protocol/jws.ts',
    find: 'if (!verify(null, Buffer.from(parts.input), key, parts.signature)) return undefined',
    replace: '',
    needs: often('forgedYes'),
  },
  {
    name: 'yes-to-another-offer',
    says: 'the automaton takes an acknowledgement that was given to another offer',
    file: 'automaton/offer.ts',
    find: 'payload.offerHash === terms.offerHash &&',
    replace: '',
    needs: often('replayedYes'),
  },
  {
    name: 'refund-on-silence',
    says: 'the server gives money back as soon as it has to ask the machine again',
    file: 'relation-server/sale-vocabulary.ts',
    find: 'context.instructedAt + limits.silenceMs',
    replace: 'context.instructedAt + limits.askOutcomeMs',
    needs: often('wayCut'),
  },
  {
    name: 'one-id-for-two',
    says: 'an instruction and a payment of one event share an id, and the answer to one removes the other',
    file: 'relation-server/engine/sale-step.ts',
    find: 'return { at: world.at, mint: world.mint(), mintInstruction: world.mint() }',
    replace: 'const mint = world.mint(); return { at: world.at, mint, mintInstruction: mint }',
    needs: (drawn) => ({ ...drawn, twists: new Map([...drawn.twists, ['saysNo', 0.3] as const]) }),
  },
]

export function mutantNamed(name: string): Mutant | undefined {
  return mutants.find((mutant) => mutant.name === name)
}
