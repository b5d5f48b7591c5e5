// Mutants of the automaton, and of what it shares with the others in protocol/.
import { circumstances } from './circumstances.ts'
import type { Mutant } from './mutant.ts'

export const automatonMutants: readonly Mutant[] = [
  {
    name: 'signature-unchecked',
    says: 'whoever can write a token is believed to have signed it',
    against: 1,
    edits: [
      {
        file: 'protocol/jws.ts',
        find: 'if (!verify(null, Buffer.from(parts.input), key, parts.signature)) return undefined',
        replace: '',
      },
    ],
    needs: circumstances({ faults: { forgedYes: 5_000 } }),
  },
  {
    name: 'yes-to-another-offer',
    says: 'the automaton takes an acknowledgement that was given to another offer',
    against: 1,
    edits: [{ file: 'automaton/offer.ts', find: 'payload.offerHash === terms.offerHash &&', replace: '' }],
    needs: circumstances({ faults: { replayedYes: 5_000 } }),
  },
  {
    name: 'any-verdict-is-good',
    says: 'the acknowledgement is checked, and delivered on whatever the check says',
    against: 1,
    edits: [
      {
        file: 'automaton/sale-chart.ts',
        find: "event.operationId === context.operationId &&\n      event.verdict === 'good',",
        replace: 'event.operationId === context.operationId,',
      },
    ],
    needs: circumstances({ faults: { forgedYes: 5_000 } }),
  },
  {
    name: 'delivers-after-expiry',
    says: 'the timer of the open offer is set ten times too long',
    against: 13,
    edits: [
      {
        file: 'automaton/sale-chart.ts',
        find: 'delays: { offerWait: offerWaitMs, vendLimit: vendLimitMs,',
        replace: 'delays: { offerWait: 10 * offerWaitMs, vendLimit: vendLimitMs,',
      },
    ],
    needs: circumstances({ twists: { walksAway: 0.5 }, faults: { wayDeafDown: 4_000 } }),
  },
  {
    name: 'not-denied-at-the-wait-limit',
    says: 'when nobody pays in time the machine is not told so',
    against: 6,
    edits: [
      {
        file: 'automaton/sale-chart.ts',
        find: "actions: [...withdraw('waitLimit'), 'denyVend']",
        replace: "actions: [...withdraw('waitLimit')]",
      },
    ],
    needs: circumstances({ twists: { walksAway: 0.5 }, faults: { wayDeafDown: 4_000 } }),
  },
  {
    name: 'approved-before-journaled',
    says: 'the vend is approved before "about to deliver" is in the journal',
    against: 9,
    edits: [
      {
        file: 'automaton/sale-shell.ts',
        find: 'const rows = journal.commit(change)',
        replace: `for (const effect of effects) if (effect.type === 'approveVend') this.#do(effect)
      const rows = journal.commit(change)`,
      },
    ],
    needs: circumstances({ crashAtCommit: 0.05 }),
  },
  {
    name: 'approved-without-a-promise',
    says: '"about to deliver" is not written at all',
    against: 12,
    edits: [
      {
        file: 'automaton/durable-change.ts',
        find: "promises.push({ saleId: params.saleId, promise: 'deliver' })",
        replace: '',
      },
    ],
    needs: circumstances(),
  },
  {
    name: 'withdrawn-without-a-promise',
    says: 'a withdrawal is signed, but not promised in the journal: a delivery could still be promised',
    against: 12,
    edits: [
      {
        file: 'automaton/durable-change.ts',
        find: "promises.push({ saleId, promise: 'withdraw' })",
        replace: '',
      },
    ],
    needs: circumstances({ twists: { walksAway: 0.5 } }),
  },
  {
    name: 'outcome-published-before-journaled',
    says: 'words go out before the commit that holds them',
    against: 9,
    edits: [
      {
        file: 'automaton/sale-shell.ts',
        find: "import { type Journal, JournalError, type OutboxRow } from './journal/port.ts'",
        replace: "import { type Journal, JournalError, numbered, type OutboxRow } from './journal/port.ts'",
      },
      {
        file: 'automaton/sale-shell.ts',
        find: 'const rows = journal.commit(change)',
        replace: `for (const [index, word] of change.words.entries()) {
        this.#parts.link.repeat(numbered(word, journal.journalId, journal.lastSeq + 1 + index))
      }
      const rows = journal.commit(change)`,
      },
    ],
    needs: circumstances(),
  },
  {
    name: 'answered-before-journaled',
    says: 'an instruction is answered before the answer is in the journal',
    against: 9,
    edits: [
      {
        file: 'automaton/sale-shell.ts',
        find: 'const rows = journal.commit(change)',
        replace: `for (const answer of change.answers) this.#parts.link.answer(answer)
      const rows = journal.commit(change)`,
      },
    ],
    needs: circumstances(),
  },
  {
    name: 'answer-forgotten',
    says: 'a repeated instruction is taken for a new one',
    against: 10,
    edits: [
      {
        file: 'automaton/sale-shell.ts',
        find: 'if (given) link.answer(given)\n      if (given) return undefined',
        replace: 'if (given) link.answer(given)',
      },
    ],
    needs: circumstances({ weather: { mqtt: { doubled: 0.5 } } }),
  },
  {
    name: 'open-offer-kept',
    says: 'an offer that was open when the process ended is open again after its start',
    against: 13,
    edits: [
      {
        file: 'automaton/sale-chart.ts',
        find: "target: 'standby', actions: [...withdraw('restarted'), startHardware(false)]",
        replace: 'actions: startHardware(false)',
      },
    ],
    needs: circumstances({ faults: { automatonCrash: 3_000 } }),
  },
  {
    name: 'unknown-called-failed',
    says: 'a machine that is silent until the vend limit is said to have failed',
    against: 2,
    edits: [
      {
        file: 'automaton/hardware/reader-vend.ts',
        find: "if (input.deadline === 'vend') return concludeAnew(turn, 'unknown', 'vend-limit')",
        replace: "if (input.deadline === 'vend') return concludeAnew(turn, 'failed', 'vend-limit')",
      },
    ],
    needs: circumstances({ behaviours: { silent: 0.5 } }),
    sales: 20,
  },
  {
    name: 'reset-called-failed',
    says: 'a machine that restarts in mid-vend is said to have failed',
    against: 2,
    edits: [
      {
        file: 'automaton/hardware/reader-vend.ts',
        find: "if (line.how === 'reset') return concludeIdle(turn, 'unknown', 'reset-in-vend')",
        replace: "if (line.how === 'reset') return concludeIdle(turn, 'failed', 'reset-in-vend')",
      },
    ],
    needs: circumstances({ behaviours: { reset: 0.5 } }),
    sales: 20,
  },
  {
    name: 'restart-called-failed',
    says: 'a sale being delivered when the process ended is said to have failed',
    against: 13,
    edits: [
      {
        file: 'automaton/sale-chart.ts',
        find: `target: 'delivering',
          reenter: true,
          actions: [startHardware(true), show({ scene: 'delivering' })],`,
        replace: `target: 'reporting',
          actions: [
            {
              type: 'recordOutcome',
              params: (args) => ({ saleId: currentSale(args).saleId, result: 'failed', detail: 'restarted' }),
            },
            startHardware(false),
          ],`,
      },
    ],
    needs: circumstances({ behaviours: { slow: 0.8 }, faults: { automatonCrash: 4_000 } }),
    sales: 30,
  },
  {
    name: 'jam-called-delivered',
    says: 'a vend that the machine calls failed is reported as delivered',
    against: 2,
    edits: [
      {
        file: 'automaton/hardware/reader-vend.ts',
        find: "if (line.how === 'failed') return concludeIdle(turn, 'failed', 'vend-failed')",
        replace: "if (line.how === 'failed') return concludeIdle(turn, 'delivered', 'vend-failed')",
      },
    ],
    needs: circumstances({ behaviours: { jam: 0.5 } }),
    sales: 20,
  },
  {
    name: 'words-never-repeated',
    says: 'a word is sent once, whether the server has stored it or not',
    against: 9,
    edits: [
      {
        file: 'automaton/link/sender.ts',
        find: 'clock.after(delayMs, () => this.#put(seq, attempt + 1)),',
        replace: 'clock.after(delayMs, () => {}),',
      },
    ],
    needs: circumstances({ weather: { mqtt: { lost: 0.3 } } }),
    sales: 30,
  },
]
