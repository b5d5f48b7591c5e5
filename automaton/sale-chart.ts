// The sale of one machine as a chart (rules 1, 11 to 13): pure data for XState's `transition`, with no clock,
// chance, ids or I/O of its own. Ids come in with the events; what is to be done goes out as named effects
// whose parameters say everything. The sale shell commits them, performs them and feeds the results back.
import { defaultLimits } from '@concilia/protocol/limits.ts'
import { assign, type SnapshotFrom, setup, transition } from 'xstate'
import {
  begin,
  checked,
  currentSale,
  effects,
  notGood,
  openSession,
  promiseWithdrawal,
  rejected,
  repeatWord,
  type SaleEffect,
  sendCode,
  show,
  startHardware,
  stored,
  type TimerEvent,
  tell,
  vendConcluded,
  vendLimitPassed,
  withdraw,
} from './sale-effects.ts'
import type { SaleContext, SaleEvent } from './sale-events.ts'

/** Written with every snapshot. Raise it when a stored snapshot of the chart before could be read wrongly. */
export const chartVersion = 1

export interface ChartLimits {
  readonly offerWaitMs: number
  /** Past it the outcome is unknown. Longer than the hardware's own limit, which normally speaks first. */
  readonly vendLimitMs: number
  readonly reportingMs: number
}

const { offerWaitMs, vendMs, marginMs, reportingMs } = defaultLimits

const chart = setup({
  types: { context: {} as SaleContext, events: {} as SaleEvent },
  actions: {
    ...effects,
    takeSale: assign(({ event }) =>
      event.type === 'itemChosen' ? { sale: { saleId: event.saleId, price: event.price } } : {},
    ),
    dropSale: assign({ sale: null }),
    takeCheck: assign(({ event }) => (event.type === 'deliver' ? { operationId: event.instructionId } : {})),
    dropCheck: assign({ operationId: null }),
  },
  guards: {
    phonePayment: ({ event }) => 'phonePayment' in event && event.phonePayment,
    thisSale: ({ context, event }) => 'saleId' in event && event.saleId === context.sale?.saleId,
    thisCheck: ({ context, event }) => 'operationId' in event && event.operationId === context.operationId,
    thisCheckGood: ({ context, event }) =>
      event.type === 'acknowledgementChecked' &&
      event.operationId === context.operationId &&
      event.verdict === 'good',
    notHeld: ({ event }) => 'held' in event && event.held === 'none',
    opensSession: ({ event }) => event.type === 'codeTyped' && event.phonePayment && event.forMs !== null,
    promised: ({ event }) => 'held' in event && ['delivering', 'concluded'].includes(event.held),
    readerLost: ({ event }) => event.type === 'vendCancelled' && event.why === 'readerLost',
  },
  delays: { offerWait: offerWaitMs, vendLimit: vendMs + marginMs, reporting: reportingMs },
}).createMachine({
  id: 'sale',
  context: { sale: null, operationId: null },
  initial: 'standby',
  // What holds in every state that does not say otherwise. A word about a sale that is not in hand is
  // answered from what the journal holds of it.
  on: {
    attend: { actions: rejected('busy') },
    deliver: [
      { guard: 'notHeld', actions: rejected('noSuchSale') },
      { guard: 'promised', actions: [stored, repeatWord] },
      { actions: [rejected('notOpen'), repeatWord] },
    ],
    refuse: [
      { guard: 'notHeld', actions: rejected('noSuchSale') },
      { actions: [rejected('notOpen'), repeatWord] },
    ],
    report: [
      {
        guard: 'notHeld',
        actions: [
          {
            type: 'recordOutcome',
            params: ({ event }) => ({ saleId: event.saleId, result: 'unknown', detail: 'not-held' }),
          },
          stored,
        ],
      },
      { actions: [stored, repeatWord] },
    ],
    acknowledgementChecked: { actions: checked(() => ({ answer: 'rejected', reason: 'notOpen' })) },
    told: { actions: stored },
    codeTyped: {},
    vendCancelled: {},
    sessionEnded: {},
    offerStored: {},
    outcomeStored: {},
    journalFailed: {},
    stopping: {},
    '*': { actions: { type: 'noteSurprise', params: ({ event }) => ({ event: event.type }) } },
  },
  states: {
    // ST1
    standby: {
      entry: ['dropSale', 'sleepLink'],
      on: {
        itemChosen: [{ guard: 'phonePayment', target: 'open', actions: begin }, { actions: 'denyVend' }],
        attend: [
          {
            guard: 'phonePayment',
            actions: [
              stored,
              'wakeLink',
              { type: 'attendSession', params: ({ event }) => ({ forMs: event.forMs }) },
            ],
          },
          { actions: rejected('busy') },
        ],
        // The shell keeps it for the item that is chosen next.
        codeTyped: [
          {
            guard: 'opensSession',
            actions: [show({ scene: 'codeTyped', sent: false }), 'wakeLink', openSession],
          },
          { guard: 'phonePayment', actions: show({ scene: 'codeTyped', sent: false }) },
          {},
        ],
        told: { actions: [tell, stored] },
        sessionEnded: { actions: 'sleepLink' },
        restarted: { target: 'standby', reenter: true, actions: startHardware(false) },
      },
    },
    // ST4, ST5: the offer is open. Its timer is the only clock that closes it (rule 13), and whoever closes
    // it without delivering signs a withdrawal (rule 12).
    open: {
      initial: 'offering',
      exit: 'dropCheck',
      after: {
        // ST51
        offerWait: { target: 'standby', actions: [...withdraw('waitLimit'), 'denyVend'] },
      },
      on: {
        deliver: {
          guard: 'thisSale',
          target: '.verifying',
          actions: [
            'takeCheck',
            {
              type: 'verifyAcknowledgement',
              params: ({ event: { instructionId, saleId, acknowledgement } }) => ({
                operationId: instructionId,
                saleId,
                acknowledgement,
              }),
            },
          ],
        },
        refuse: {
          guard: 'thisSale',
          target: 'standby',
          actions: [
            promiseWithdrawal('refused'),
            { type: 'show', params: ({ event }) => ({ scene: 'refused' as const, text: event.text }) },
            'denyVend',
            stored,
          ],
        },
        codeTyped: { actions: sendCode },
        told: { guard: 'thisSale', actions: [tell, stored] },
        vendCancelled: [
          { guard: 'readerLost', target: 'standby', actions: withdraw('readerLost') },
          { target: 'standby', actions: withdraw('cancelled') },
        ],
        // The vending machine asks anew without having cancelled: the request before is gone.
        itemChosen: [
          {
            guard: 'phonePayment',
            target: 'open',
            reenter: true,
            actions: [...withdraw('cancelled'), ...begin],
          },
          { target: 'standby', actions: [...withdraw('cancelled'), 'denyVend'] },
        ],
        journalFailed: { target: 'standby', actions: [...withdraw('journalFailed'), 'denyVend'] },
        // Whoever pays from now on would pay a machine that is away.
        stopping: { target: 'standby', actions: [...withdraw('restarted'), 'denyVend'] },
        restarted: { target: 'standby', actions: [...withdraw('restarted'), startHardware(false)] },
      },
      states: {
        /** Published, perhaps by a link that is still waking; the server has not said *stored* yet. */
        offering: { on: { offerStored: { guard: 'thisSale', target: 'waiting' } } },
        waiting: {},
        verifying: {
          on: {
            acknowledgementChecked: [
              {
                guard: 'thisCheckGood',
                target: '#sale.delivering',
                actions: [
                  { type: 'promiseDelivery', params: (args) => ({ saleId: currentSale(args).saleId }) },
                  { type: 'approveVend', params: (args) => ({ price: currentSale(args).price }) },
                  show({ scene: 'delivering' }),
                  checked(() => ({ answer: 'stored' })),
                ],
              },
              { guard: 'thisCheck', target: 'waiting', actions: checked(notGood) },
            ],
          },
        },
      },
    },
    // ST52. Nothing but the hardware, or its silence, ends this state.
    delivering: {
      after: { vendLimit: { target: 'reporting', actions: vendLimitPassed } },
      on: {
        vendConcluded: { target: 'reporting', actions: vendConcluded },
        restarted: {
          target: 'delivering',
          reenter: true,
          actions: [startHardware(true), show({ scene: 'delivering' })],
        },
      },
    },
    // ST6. The outbox goes on sending the outcome whatever this state does.
    reporting: {
      after: { reporting: 'standby' },
      on: {
        outcomeStored: { guard: 'thisSale', target: 'standby' },
        told: { actions: [tell, stored] },
        itemChosen: [{ guard: 'phonePayment', target: 'open', actions: begin }, { actions: 'denyVend' }],
        restarted: { target: 'reporting', reenter: true, actions: startHardware(false) },
      },
    },
  },
})

export type SaleChart = typeof chart

/** The chart with an automaton's own limits. */
export function saleChart({ offerWaitMs, vendLimitMs, reportingMs }: ChartLimits): SaleChart {
  return chart.provide({
    delays: { offerWait: offerWaitMs, vendLimit: vendLimitMs, reporting: reportingMs },
  })
}

export type SaleSnapshot = SnapshotFrom<SaleChart>

/** One step of the sale: pure. The cast gives XState's actions the union that its own types lose. */
export function decide(
  chart: SaleChart,
  snapshot: SaleSnapshot,
  event: SaleEvent | TimerEvent,
): [SaleSnapshot, SaleEffect[]] {
  const [next, actions] = transition(chart, snapshot, event as SaleEvent)
  return [next, actions as unknown as SaleEffect[]]
}
