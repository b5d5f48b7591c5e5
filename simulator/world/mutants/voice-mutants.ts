// Mutants of calls that pay: at the relation server, the payment centre and the automaton.
import { circumstances } from './circumstances.ts'
import type { Mutant } from './mutant.ts'

export const voiceMutants: readonly Mutant[] = [
  {
    name: 'code-before-the-tariff',
    says: 'a call is answered, and its code read, without a word of what it costs',
    against: 14,
    edits: [
      {
        file: 'relation-server/phones/voice/next-step.ts',
        find: "do: [{ ...play('tariff'), message: told.tariffMessage }, { do: 'answer' }],",
        replace: "do: [{ do: 'answer' }],",
      },
    ],
    needs: circumstances({ calls: 1 }),
    sales: 20,
  },
  {
    name: 'call-paid-unread',
    says: 'a call has to be paid as soon as its voucher is made, whether its code is read or not',
    against: 15,
    edits: [
      {
        file: 'relation-server/engine/call-step.ts',
        find: "scene.putCall({ ...made, state: 'reading', saleId: null, direct: false })",
        replace: "codeWasRead(scene, world, { ...made, state: 'reading', saleId: null, direct: false })",
      },
    ],
    needs: circumstances({ calls: 1, twists: { hangsUp: 0.7 } }),
  },
  {
    name: 'code-lost-with-its-item',
    says: 'the code of a sale that failed is used up, though its money is back',
    against: 2,
    edits: [
      {
        file: 'relation-server/engine/typed-code.ts',
        find: 'const isBack = unpaid.has(state) ||',
        replace: "const isBack = (unpaid.has(state) && state !== 'recredited') ||",
      },
    ],
    needs: circumstances({ calls: 1, behaviours: { jam: 0.7 } }),
    sales: 30,
  },
  {
    name: 'code-good-for-two',
    says: 'a code that was used is good again, and a voucher is worth its amount however often it was spent',
    against: 4,
    edits: [
      {
        file: 'relation-server/engine/typed-code.ts',
        find: ".filter(({ state }) => state === 'reading' || state === 'good')",
        replace: ".filter(({ state }) => state !== 'refused')",
      },
      {
        file: 'relation-server/engine/typed-code.ts',
        find: "state: 'used', goodUntil: null, honouredUntil: null, dueAt: null })",
        replace: "state: 'good', goodUntil: world.at + 60_000, honouredUntil, dueAt: null })",
      },
      {
        file: 'payment-centre/books/charge-permission.ts',
        find: "account.voucher?.state === 'announced' ? account.voucher.amountMinor : 0",
        replace: 'account.voucher ? account.voucher.amountMinor : 0',
      },
    ],
    needs: circumstances({ calls: 1, twists: { typesAgain: 1 } }),
    sales: 20,
  },
  {
    name: 'guesses-without-end',
    says: 'wrong codes are not counted: whoever goes on typing is heard',
    against: 15,
    edits: [
      {
        file: 'relation-server/engine/typed-code.ts',
        find: '(contextOf(sale).wrongCodes ?? 0) >= codeTries || isBudgetSpent(scene, voice)',
        replace: '(contextOf(sale).wrongCodes ?? 0) < 0 || isBudgetSpent(scene, voice)',
      },
    ],
    needs: circumstances({ calls: 1, twists: { guessesCodes: 1 } }),
  },
  {
    name: 'voucher-lapses-while-spent',
    says: 'a voucher that has paid for an item goes on towards its end as if it had not',
    against: 4,
    edits: [
      {
        file: 'payment-centre/books/voucher.ts',
        find: 'return allOf([change, { accounts: [rest] }])',
        replace: 'return allOf([change, { accounts: [{ ...good, ...rest }] }])',
      },
    ],
    needs: circumstances({ calls: 1 }),
    sales: 20,
  },
  {
    name: 'voucher-without-end',
    says: 'a voucher that a failed sale has given back never lapses',
    against: 5,
    edits: [
      {
        file: 'payment-centre/books/voucher.ts',
        find: 'accounts: [{ ...account, dueAt: goodUntil, voucher: {',
        replace: 'accounts: [{ ...account, voucher: {',
      },
    ],
    needs: circumstances({ calls: 1, behaviours: { jam: 0.7 } }),
    sales: 30,
  },
  {
    name: 'lapsed-voucher-is-nobodys',
    says: 'what a lapsed voucher held goes back to the carrier, and is owed to nobody',
    against: 4,
    edits: [
      {
        file: 'payment-centre/books/voucher.ts',
        find: 'move(account.id, unclaimed(account), amountMinor), desk)\n  const words',
        replace: 'move(account.id, calls(account), amountMinor), desk)\n  const words',
      },
    ],
    needs: circumstances({ calls: 1, twists: { walksAway: 0.2, typesLate: 0.8 } }),
    sales: 100,
  },
  {
    name: 'typed-code-kept',
    says: 'the automaton sends a code that was typed with every offer of the next minute',
    against: 14,
    edits: [
      {
        file: 'automaton/sale-shell.ts',
        find: 'const typed = this.#typed\n    this.#typed = undefined',
        replace: 'const typed = this.#typed',
      },
    ],
    needs: circumstances({ calls: 1, phoneFirst: 1, machines: 2, behaviours: { jam: 0.7 } }),
  },
]
