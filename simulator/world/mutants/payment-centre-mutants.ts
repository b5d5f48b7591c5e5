// Mutants of the payment centre.
import { circumstances } from './circumstances.ts'
import type { Mutant } from './mutant.ts'

export const paymentCentreMutants: readonly Mutant[] = [
  {
    name: 'hold-ignored',
    says: 'what is held is not counted when the next purchase is judged',
    against: 4,
    edits: [
      {
        file: 'payment-centre/books/books.ts',
        find: 'return postedMinor + Math.min(heldMinor, 0) + account.ceilingMinor',
        replace: 'return postedMinor + account.ceilingMinor + 0 * heldMinor',
      },
    ],
    needs: circumstances({
      charge: 'hold',
      largestPurseMinor: 250,
      twists: { spendsTwice: 1 },
      weather: { mqtt: { delayMs: 500 } },
    }),
  },
  {
    name: 'hold-kept-when-posted',
    says: 'a hold that is confirmed is charged, and stays held too',
    against: 3,
    edits: [
      {
        file: 'payment-centre/books/postings.ts',
        find: "[...reversed(promised(payment, 'held')), ...promised(payment, 'posted')]",
        replace: "[...promised(payment, 'posted')]",
      },
    ],
    needs: circumstances({ charge: 'hold' }),
  },
  {
    name: 'void-leaves-no-tombstone',
    says: 'a key that is voided before its charge arrives is not kept, and the charge goes through',
    against: 8,
    edits: [
      {
        file: 'payment-centre/books/refund.ts',
        find: 'const change = known?.voided ? {} : { keys: [voidedKey(command, known, desk)] }',
        replace: 'const change = {}',
      },
    ],
    needs: circumstances({
      twists: { pushesLever: 0.8 },
      weather: { http: { delayMs: 100, held: 0.3 } },
    }),
  },
  {
    name: 'refund-key-not-idempotent',
    says: 'a refund that is repeated is judged anew',
    against: 10,
    edits: [
      {
        file: 'payment-centre/books/refund.ts',
        find: "return once(books, command, 'refund', desk, () =>",
        replace: `const anew = (decide: () => Decision) => decide() ?? once
  return anew(() =>`,
      },
    ],
    needs: circumstances({ behaviours: { jam: 0.7 }, weather: { http: { lost: 0.3 } } }),
  },
  {
    name: 'charge-key-not-kept',
    says: 'the answer under a key is not looked up: a repeated charge is judged anew',
    against: 10,
    edits: [
      {
        file: 'payment-centre/books/idempotency.ts',
        find: 'if (known) return { answer: answerOf(known, desk) }',
        replace: 'if (known && decide === undefined) return { answer: answerOf(known, desk) }',
      },
    ],
    needs: circumstances({ weather: { http: { lost: 0.3 } } }),
  },
  {
    name: 'same-offer-charged-twice',
    says: 'the centre charges an offer again when it comes under another key',
    against: 3,
    edits: [
      {
        file: 'payment-centre/books/charge.ts',
        find: 'slipRefusal(command, slip) ?? offerRefusal(books, slip)',
        replace: 'slipRefusal(command, slip) ?? (desk ? undefined : offerRefusal(books, slip))',
      },
    ],
    needs: circumstances({ faults: { chargedAgain: 5_000 } }),
  },
  {
    name: 'answered-though-not-stored',
    says: 'a commit that failed is answered as if it had happened',
    against: 9,
    edits: [
      {
        file: 'payment-centre/engine.ts',
        find: 'for (let repeat = 0; ; repeat++) {',
        replace: 'let decidedBefore: Committed | undefined\n    for (let repeat = 0; ; repeat++) {',
      },
      {
        file: 'payment-centre/engine.ts',
        find: 'return { result, change:',
        replace: 'decidedBefore = result\n          return { result, change:',
      },
      {
        file: 'payment-centre/engine.ts',
        find: 'if (!again) throw error',
        replace: 'if (!again && decidedBefore) return decidedBefore\n        if (!again) throw error',
      },
    ],
    needs: circumstances({ commitDoubt: 0.1 }),
  },
  {
    name: 'hold-lapses-at-its-time',
    says: 'the centre gives a hold back when its promise is over, though nobody could yet confirm it',
    against: 11,
    edits: [
      {
        file: 'payment-centre/housekeeping.ts',
        find: 'store.due(now, now - silenceMs, mostExpired)',
        replace: 'store.due(now, now + 0 * silenceMs, mostExpired)',
      },
      {
        file: 'payment-centre/books/payment-life.ts',
        find: 'dueAt <= desk.now - desk.settings.silenceMs',
        replace: 'dueAt <= desk.now',
      },
    ],
    needs: circumstances({
      charge: 'hold',
      faults: { wayDeafUp: 3_000, serverLongStop: 45_000 },
      limits: { holdMs: 22_000, confirmBeforeMs: 8_000, quietMs: 5_000, vendMs: 15_000, marginMs: 2_000 },
    }),
  },
]
