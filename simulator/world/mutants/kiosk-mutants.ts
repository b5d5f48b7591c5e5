// Mutants of the automaton as the controller of a kiosk: what it does with coins.
import { circumstances } from './circumstances.ts'
import type { Mutant } from './mutant.ts'

/** Kiosks alone, and mostly coins. */
const kiosks = { machines: 4, kiosks: 4, coins: 0.8 }

export const kioskMutants: readonly Mutant[] = [
  {
    name: 'coin-told-twice',
    says: 'an answer of the changer that comes again is taken for another coin',
    against: 4,
    edits: [
      {
        file: 'automaton/controller/changer-poll.ts',
        find: "if (!pollFirst || taken === '') return result",
        replace: 'if (pollFirst || !pollFirst) return result',
      },
    ],
    needs: circumstances({ ...kiosks, kioskFaults: { missAcknowledgement: 0.5 } }),
  },
  {
    name: 'paid-out-blindly-again',
    says: 'change whose order the changer did not acknowledge is ordered again without a count of the tubes',
    against: 4,
    edits: [
      {
        file: 'automaton/controller/payout.ts',
        find: 'const paid = paidBy(command, evidence)',
        replace:
          'const paid = paying.acknowledged ? paidBy(command, evidence) : { leastMinor: 0, mostMinor: 0 }',
      },
    ],
    needs: circumstances({ ...kiosks, kioskFaults: { losePayoutAnswer: 0.5 } }),
  },
  {
    name: 'paid-in-coins-and-by-phone',
    says: 'an item that coins have paid leaves the offer to a phone open',
    against: 3,
    edits: [
      {
        file: 'automaton/controller/counter.ts',
        find: "cancelRequest(turn, 'cancelled')\n  beginVend(",
        replace: 'beginVend(',
      },
    ],
    needs: circumstances({ ...kiosks }),
  },
  {
    name: 'coins-kept-when-nothing-falls',
    says: 'a vend that failed is paid for in coins all the same',
    against: 2,
    edits: [
      {
        file: 'automaton/controller/till.ts',
        find: "if (result === 'failed') return { ...ended, counters: happened(ended.counters, 'ELA') }",
        replace: `if (result === 'failed' && means === 'coins')
    return {
      ...ended,
      creditMinor: till.creditMinor - priceMinor,
      counters: sold(till.counters, means, selection, priceMinor),
    }
  if (result === 'failed') return { ...ended, counters: happened(ended.counters, 'ELA') }`,
      },
    ],
    needs: circumstances({ ...kiosks, kioskFaults: { motorJam: 0.5 } }),
  },
]
