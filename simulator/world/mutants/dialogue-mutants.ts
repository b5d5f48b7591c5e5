// Mutants of the rule that only a price that was read can be agreed to on a screen.
import { circumstances } from './circumstances.ts'
import type { Mutant } from './mutant.ts'

export const dialogueMutants: readonly Mutant[] = [
  {
    name: 'yes-before-the-price',
    says: 'a dialogue’s "1" is a yes whatever the screen before it showed',
    against: 14,
    edits: [
      {
        file: 'relation-server/aim.ts',
        find: "const paid = intent.kind === 'pick' ? pricePaidBy(intent.digit, screens) : null",
        replace: "const paid = intent.kind === 'pick' ? (current?.code ?? null) : null",
      },
    ],
    needs: circumstances({ dialogues: 1, phoneFirst: 1 }),
  },
  {
    name: 'one-figure-pays-all',
    says: '1 pays the price on each screen, whatever it stood for on the one before',
    against: 14,
    edits: [
      {
        file: 'relation-server/pay-figure.ts',
        find: 'return isShownAgain ? spent : spent + 1',
        replace: 'return 1',
      },
    ],
    needs: circumstances({ dialogues: 1, phoneFirst: 1, servers: 2, missedSteps: 0.5 }),
  },
  {
    name: 'line-of-a-menu-pays',
    says: 'a price may be paid by the figure that an earlier screen offered for something else',
    against: 14,
    edits: [
      {
        file: 'relation-server/pay-figure.ts',
        find: 'if (code === null) return Math.max(spent, offered)',
        replace: 'if (code === null) return spent',
      },
    ],
    needs: circumstances({ dialogues: 1, phoneFirst: 1, servers: 2, missedSteps: 0.5 }),
  },
]
