// Mutants of the machines' pages.
import { circumstances } from './circumstances.ts'
import type { Mutant } from './mutant.ts'

export const pageMutants: readonly Mutant[] = [
  {
    name: 'any-page-code',
    says: 'whoever types a code on a page is taken for the number, whatever the code',
    against: 15,
    edits: [
      {
        file: 'relation-server/phones/web/visits.ts',
        find: 'if (row.codeHash !== codeHashOf(token, code)) return undefined',
        replace: 'if (codeHashOf(token, code) === undefined) return undefined',
      },
    ],
    needs: circumstances({ pages: 1, twists: { othersNumber: 0.5 } }),
    sales: 20,
  },
  {
    name: 'page-tries-without-end',
    says: 'codes on a page may be guessed as often as one likes',
    against: 15,
    edits: [
      {
        file: 'relation-server/phones/web/visits.ts',
        find: 'triesLeft: tries,\n      askedAt',
        replace: 'triesLeft: 1_000,\n      askedAt',
      },
    ],
    needs: circumstances({ pages: 1, twists: { guessesCodes: 1 } }),
    sales: 20,
  },
  {
    name: 'tap-pays-what-is-not-shown',
    says: 'a tap under a price pays whatever is open at the machine by then',
    against: 14,
    edits: [
      {
        file: 'relation-server/aim.ts',
        find: 'return inSale(meant, { type, code }, heard)',
        replace: "return inSale(meant, { type, code: type === 'consent' ? meant.code : code }, heard)",
      },
    ],
    needs: circumstances({ pages: 1, twists: { tapsStale: 1 } }),
  },
]
