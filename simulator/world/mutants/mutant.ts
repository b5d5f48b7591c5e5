// What a mutant is: one small fault, as somebody could have written it, in one or two texts of the programs'
// sources, aimed at one of the sixteen rules; and the circumstances in which it shows.
import type { Swarm } from '../swarm.ts'

export interface Edit {
  /** From the repository's root. */
  readonly file: string
  /** Stands exactly once in the file. */
  readonly find: string
  readonly replace: string
}

export interface Mutant {
  readonly name: string
  readonly says: string
  /** The rule it is aimed at; another may see it first. */
  readonly against: number
  readonly edits: readonly Edit[]
  /** Put into what a seed draws. The programs as they are must stand it without a breach. */
  readonly needs: (drawn: Swarm) => Swarm
  /** Offers a world makes before its faults stop; {@link usualMutantSales} when left out. */
  readonly sales?: number
}

/** Fewer than usual: what a mutant needs is there from the first visit on. */
export const usualMutantSales = 60
