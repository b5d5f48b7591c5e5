// What a relation server counts for whoever watches over it: the port that the engine, the performer and the
// ways tell, and its figures in Prometheus. Left out where nobody watches. No figure has a label that could
// tell a person: only kinds, endings, and names out of the configuration.
import { Counter, Gauge, Histogram, type Registry } from '@concilia/platform/metrics-adapter.ts'
import type { Clock } from '@concilia/protocol/clock.ts'
import type { Input } from './engine/inputs.ts'
import type { PaymentOperation, PaymentResult } from './payments/port.ts'
import type { SendResult } from './phones/port.ts'
import { sharedWork } from './shared-work.ts'
import type { BatchBook, Standing, Store, Writes } from './store/port.ts'

export interface Committed {
  readonly inputs: readonly Input[]
  readonly book: BatchBook
  readonly writes: Writes
  readonly tookMs: number
}

export interface Figures {
  committed(batch: Committed): void
  /** What the payment centre answered. */
  answered(operation: PaymentOperation['kind'], result: PaymentResult['kind']): void
  /** What became of one attempt to send a text. */
  texted(way: string, result: SendResult['kind']): void
}

export interface FiguresParts {
  readonly store: Pick<Store, 'standing'>
  readonly clock: Clock
  readonly links: () => readonly { readonly name: string; readonly isUp: boolean }[]
}

export function prometheusFigures(registry: Registry, parts: FiguresParts): Figures {
  const registers = [registry]
  const counter = (name: string, help: string, ...labelNames: string[]) =>
    new Counter({ name: `concilia_${name}_total`, help, labelNames, registers })
  const histogram = (name: string, help: string, buckets: number[]) =>
    new Histogram({ name: `concilia_${name}`, help, buckets, registers })
  const ended = counter('sales_ended', 'Sales that ended, by ending', 'ending')
  const inputs = counter('inputs', 'Inputs committed, by kind', 'kind')
  const answers = counter('payment_answers', 'Answers of the payment centre', 'operation', 'result')
  const texts = counter('texts', 'Attempts to send a text, by way and result', 'way', 'result')
  const took = histogram('commit_seconds', 'Duration of a commit', [0.001, 0.002, 0.005, 0.01, 0.05, 0.2, 1])
  const size = histogram('commit_inputs', 'Inputs in one commit', [0, 1, 2, 4, 8, 16, 32, 64, 128, 256])
  showLinks(registry, parts)
  showStanding(registry, parts)
  return {
    committed({ inputs: batch, book, writes, tookMs }) {
      took.observe(tookMs / 1000)
      size.observe(batch.length)
      for (const { kind } of batch) inputs.inc({ kind })
      for (const ending of endingsOf(book, writes)) ended.inc({ ending })
    },
    answered: (operation, result) => answers.inc({ operation, result }),
    texted: (way, result) => texts.inc({ way, result }),
  }
}

/** A sale that had ended before may be written again, and ends no second time. */
function endingsOf(book: BatchBook, writes: Writes): string[] {
  const over = new Set(book.sales.flatMap(({ open, saleId }) => (open ? [] : [saleId])))
  return writes.sales.flatMap(({ open, saleId, state }) => (open || over.has(saleId) ? [] : [state]))
}

function showLinks(registry: Registry, { links }: FiguresParts): void {
  new Gauge({
    name: 'concilia_smpp_up',
    help: '1 while the SMPP link of this name can carry texts',
    labelNames: ['link'],
    registers: [registry],
    collect() {
      for (const { name, isUp } of links()) this.set({ link: name }, isUp ? 1 : 0)
    },
  })
}

/** Read from the books, once a scrape; while the database is away, these are missing and the others stay. */
function showStanding(registry: Registry, { store, clock }: FiguresParts): void {
  const shared = sharedWork<Standing>()
  const gauge = (name: string, help: string, of: (standing: Standing) => number) =>
    new Gauge({
      name: `concilia_${name}`,
      help,
      registers: [registry],
      async collect() {
        try {
          this.set(of(await shared('', () => store.standing(clock.now()))))
        } catch {
          this.remove()
        }
      },
    })
  gauge('sales_open', 'Sales that have not ended', (now) => now.salesOpen)
  gauge('sales_aside', 'Sales set aside for a person', (now) => now.salesAside)
  gauge('payments_in_doubt', 'Open sales whose payment is in doubt', (now) => now.paymentsInDoubt)
  gauge('outbox_due', 'Outbox rows that are due', (now) => now.outboxDue)
  gauge('outbox_overdue_seconds', 'For how long the oldest of them has been due', (now) =>
    now.outboxDueSince === null ? 0 : Math.max(0, clock.now() - now.outboxDueSince) / 1000,
  )
  gauge('machines_admitted', 'Machines admitted', (now) => now.machinesAdmitted)
  gauge('machines_online', 'Machines admitted that are online', (now) => now.machinesOnline)
  gauge('machines_selling', 'Machines online that can sell by phone', (now) => now.machinesSelling)
}
