// Mutants of the relation server.
import { circumstances } from './circumstances.ts'
import type { Mutant } from './mutant.ts'

export const relationServerMutants: readonly Mutant[] = [
  {
    name: 'no-inbox-key',
    says: 'what a machine says is counted as stored, but its key is not kept',
    against: 9,
    edits: [
      {
        file: 'relation-server/engine/decide.ts',
        find: 'scene.changes.inbox.push({ ...inbox,',
        replace: 'void ({ ...inbox,',
      },
    ],
    needs: circumstances(),
  },
  {
    name: 'stored-before-commit',
    says: '"stored" is said while the commit is still under way',
    against: 9,
    edits: [
      {
        file: 'relation-server/engine/engine.ts',
        find: 'const result = decide(book, inputs, this.#world())',
        replace: `const result = decide(book, inputs, this.#world())
        this.#parts.letOut(result.releases, [])`,
      },
    ],
    needs: circumstances(),
  },
  {
    name: 'performed-before-commit',
    says: 'payments, instructions and texts go out while the commit is still under way',
    against: 9,
    edits: [
      {
        file: 'relation-server/engine/engine.ts',
        find: 'const result = decide(book, inputs, this.#world())',
        replace: `const result = decide(book, inputs, this.#world())
        this.#parts.letOut([], result.writes.outbox)`,
      },
    ],
    needs: circumstances(),
  },
  {
    name: 'text-taken-before-commit',
    says: 'the gateway hears that a text is stored before it is',
    against: 9,
    edits: [
      {
        file: 'relation-server/conversation.ts',
        find: 'await engine().submit({',
        replace: 'void engine().submit({',
      },
    ],
    needs: circumstances(),
  },
  {
    name: 'doubtful-commit-taken-for-done',
    says: 'a commit that the database did not answer is taken to have happened',
    against: 9,
    edits: [
      {
        file: 'relation-server/engine/engine.ts',
        find: "this.#again(batch, error.code === 'database-busy' ? busyPauseMs : awayPauseMs)",
        replace: 'for (const { settle } of batch) settle.resolve()',
      },
    ],
    needs: circumstances({ commitDoubt: 0.05 }),
  },
  {
    name: 'gap-jumped',
    says: '"stored up to" names the newest message, whether those before it have come or not',
    against: 9,
    edits: [
      {
        file: 'relation-server/engine/machine-step.ts',
        find: 'let upTo = storedUpTo\n  while (open.delete(upTo + 1)) upTo++',
        replace: 'const upTo = seq\n  open.clear()',
      },
    ],
    needs: circumstances({ twists: { pushesLever: 1 }, weather: { mqtt: { lost: 0.4 } } }),
  },
  {
    name: 'refund-on-silence',
    says: 'the server gives money back as soon as it has to ask the machine again',
    against: 11,
    edits: [
      {
        file: 'relation-server/sale-vocabulary.ts',
        find: 'atOf(event) >= context.instructedAt + limits.silenceMs',
        replace: 'atOf(event) >= context.instructedAt + limits.askOutcomeMs',
      },
    ],
    needs: circumstances({ faults: { wayCut: 4_000 }, limits: { askOutcomeMs: 5_000 } }),
  },
  {
    name: 'no-quiet-after-a-return',
    says: 'deadlines that move money fire as soon as the server is back, before its peers are heard',
    against: 11,
    edits: [
      {
        file: 'relation-server/engine/decide.ts',
        find: "if (world.quiet && !sale.state.startsWith('open.')) return",
        replace: '',
      },
    ],
    needs: circumstances({
      faults: { brokerFall: 20_000 },
      weather: { mqtt: { delayMs: 300 } },
      limits: { silenceMs: 15_000, askOutcomeMs: 5_000, quietMs: 20_000 },
    }),
  },
  {
    name: 'one-id-for-two',
    says: 'an instruction and a payment of one event share an id, and the answer to one removes the other',
    against: 9,
    edits: [
      {
        file: 'relation-server/engine/sale-step.ts',
        find: 'return { at: world.at, mint: world.mint(), mintInstruction: world.mint() }',
        replace: 'const mint = world.mint(); return { at: world.at, mint, mintInstruction: mint }',
      },
    ],
    needs: circumstances({ twists: { answersLate: 1 } }),
  },
  {
    name: 'deadline-lost-on-restart',
    says: 'what fell due while no server ran is not looked at any more',
    against: 5,
    edits: [
      {
        file: 'relation-server/engine/due-watch.ts',
        find: 'const dues = await store.due(now, most)',
        replace: `const watch = this as unknown as { since?: number }
    watch.since ??= now
    const since = watch.since
    const dues = (await store.due(now, most)).filter(({ dueAt }) => dueAt >= since)`,
      },
    ],
    needs: circumstances({
      faults: { serverCrash: 4_000 },
      twists: { textsTwoMachines: 1 },
      limits: { identificationWaitMs: 10_000 },
    }),
  },
  {
    name: 'outbox-performed-once',
    says: 'what should go out is tried once, right after its commit',
    against: 9,
    edits: [
      {
        file: 'relation-server/engine/due-watch.ts',
        find: 'for (const row of rows) performer.perform(row)',
        replace: '',
      },
    ],
    needs: circumstances({ weather: { http: { lost: 0.3 } } }),
    sales: 30,
  },
  {
    name: 'wrong-code-accepted',
    says: 'any code that comes back is taken for the one that was sent',
    against: 15,
    edits: [
      {
        file: 'relation-server/sale-vocabulary.ts',
        find: 'event.code === null ? phone.vouched : event.code === phone.code',
        replace: 'event.code === null ? phone.vouched : true',
      },
    ],
    needs: circumstances({ twists: { wrongCode: 1 } }),
  },
  {
    name: 'identification-not-used-up',
    says: 'a phone whose sale is over joins the next offer of the machine with the code it was given before',
    against: 14,
    edits: [
      {
        file: 'relation-server/engine/sale-step.ts',
        find: "if (isOver) scene.putIdentification({ ...identification, state: 'closed' })",
        replace: "if (isOver) scene.putIdentification({ ...identification, state: 'waiting' })",
      },
    ],
    needs: circumstances({ machines: 2 }),
  },
  {
    name: 'second-consent-taken',
    says: 'a consent that comes while another phone is charged is charged too',
    against: 14,
    edits: [
      {
        file: 'relation-server/sale-chart.ts',
        find: "on: {\n          saleWithdrawn: { target: 'voiding', actions: voidInto('withdrawn') },",
        replace: `on: {
          phoneConsented: {
            target: 'charging',
            reenter: true,
            actions: [keepConsent, sale.assign({ attempt: ({ context }) => context.attempt + 1 })],
          },
          saleWithdrawn: { target: 'voiding', actions: voidInto('withdrawn') },`,
      },
    ],
    needs: circumstances({
      machines: 4,
      twists: { secondPhone: 1, answersTwice: 0.5 },
      weather: { http: { delayMs: 800 } },
    }),
  },
  {
    name: 'withdrawal-ignored-while-charging',
    says: 'a machine that withdraws while the centre is asked is not heard',
    against: 7,
    edits: [
      {
        file: 'relation-server/sale-chart.ts',
        find: "on: {\n          saleWithdrawn: { target: 'voiding', actions: voidInto('withdrawn') },",
        replace: 'on: {\n          saleWithdrawn: {},',
      },
    ],
    needs: circumstances({ twists: { pushesLever: 0.7 }, weather: { http: { delayMs: 1_000 } } }),
  },
  {
    name: 'charge-forgotten-at-withdrawal',
    says: 'a sale that is withdrawn while the centre is asked ends without a word to the centre',
    against: 7,
    edits: [
      {
        file: 'relation-server/sale-chart.ts',
        find: "on: {\n          saleWithdrawn: { target: 'voiding', actions: voidInto('withdrawn') },",
        replace: "on: {\n          saleWithdrawn: '#sale.withdrawn',",
      },
    ],
    needs: circumstances({ twists: { pushesLever: 0.7 }, weather: { http: { delayMs: 1_000 } } }),
  },
  {
    name: 'late-yes-dropped',
    says: 'a charge still in doubt when the offer is over is left alone',
    against: 7,
    edits: [
      {
        file: 'relation-server/sale-chart.ts',
        find: "{ target: 'voiding', actions: voidInto('expired') }],",
        replace: "{ target: '#sale.expired' }],",
      },
    ],
    needs: circumstances({ faults: { centreLongAway: 20_000, wayDeafUp: 3_000 } }),
  },
  {
    name: 'silence-called-refused',
    says: 'a centre that does not answer is taken to have refused',
    against: 8,
    edits: [
      {
        file: 'relation-server/payments/classify.ts',
        find: 'return inDoubt(answer.why)\n  const { status, body } = answer\n  if (status >= 200',
        replace: "return refused('SILENT')\n  const { status, body } = answer\n  if (status >= 200",
      },
    ],
    needs: circumstances({ weather: { http: { lost: 0.2 } } }),
  },
  {
    name: 'silence-called-re-credited',
    says: 'a re-credit that is not answered is taken to be done, and not asked for again',
    against: 8,
    edits: [
      {
        file: 'relation-server/sale-chart.ts',
        find: `actions: [recreditAnew, setAside('the centre refuses the re-credit')],
                },
                stillInDoubt,`,
        replace: `actions: [recreditAnew, setAside('the centre refuses the re-credit')],
                },
                { guard: 'inDoubt', target: '#sale.recredited', actions: dropPayments },`,
      },
    ],
    needs: circumstances({ behaviours: { jam: 0.7 }, weather: { http: { lost: 0.3 } } }),
  },
  {
    name: 'doubt-ends-under-a-new-key',
    says: 'a charge that was not answered is asked for again under the next key',
    against: 3,
    edits: [
      {
        file: 'relation-server/sale-chart.ts',
        find: "[...chargeAnswered, { guard: 'inDoubt', target: 'inDoubt' }],",
        replace: `[
                ...chargeAnswered,
                {
                  guard: 'inDoubt',
                  target: 'authorising',
                  reenter: true,
                  actions: sale.assign({ attempt: ({ context }) => context.attempt + 1 }),
                },
              ],`,
      },
    ],
    needs: circumstances({ weather: { http: { lost: 0.2 } } }),
  },
  {
    name: 'unknown-taken-for-delivered',
    says: 'what is not said to have failed is taken to be delivered',
    against: 2,
    edits: [
      {
        file: 'relation-server/sale-vocabulary.ts',
        find: "delivered: ({ event }) => outcome(event) === 'delivered',",
        replace: "delivered: ({ event }) => outcome(event) !== 'failed',",
      },
    ],
    needs: circumstances({ behaviours: { silent: 0.5 } }),
    sales: 20,
  },
  {
    name: 'cap-of-unknowns-ignored',
    says: 'unknown outcomes are paid back without end, and no person sees them',
    against: 2,
    edits: [
      {
        file: 'relation-server/engine/sale-messages.ts',
        find: "scene.unknownsToday('machine', sale.automatonId) >= machine || ofSubscriber >=",
        replace: 'machine < 0 || ofSubscriber < 0 ||  0 >',
      },
    ],
    needs: circumstances({ machines: 2, behaviours: { silent: 0.8 } }),
    sales: 30,
  },
  {
    name: 'never-settled',
    says: 'a delivered sale ends with the receipt; the centre is not told',
    against: 2,
    edits: [
      {
        file: 'relation-server/sale-chart.ts',
        find: "{ target: 'booking', actions: say('payer', { kind: 'receipt' }) },",
        replace: "{ target: '#sale.settled', actions: say('payer', { kind: 'receipt' }) },",
      },
    ],
    needs: circumstances({ charge: 'hold' }),
    sales: 20,
  },
  {
    name: 'poison-kills-the-batch',
    says: 'an event that cannot be processed is taken for trouble of the database, and tried for ever',
    against: 16,
    edits: [
      {
        file: 'relation-server/engine/decide.ts',
        find: 'setAside(kept, input, world, error)',
        replace: 'throw error',
      },
      {
        file: 'relation-server/engine/engine.ts',
        find: 'if (error instanceof OperatingError && error.retry) {',
        replace: `const isOurs = error instanceof OperatingError
      if (!isOurs) {
        this.#again(batch, awayPauseMs)
      } else if (error.retry) {`,
      },
    ],
    needs: circumstances({ faults: { poisoned: 30_000 } }),
    sales: 30,
  },
]
