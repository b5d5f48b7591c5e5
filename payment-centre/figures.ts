// What a payment centre counts for whoever watches over it: the port that the engine and the door tell, and
// its figures in Prometheus. Left out where nobody watches. No figure has a label that could tell a person.
import { Counter, Histogram, type Registry } from '@concilia/platform/metrics-adapter.ts'
import type { Change, Rows } from './books/books.ts'

export interface Figures {
  /** `rows` as they were, and the changes committed on them, in their order. */
  committed(rows: Rows, changes: readonly Change[], tookMs: number): void
  /** `operation`: as the table of operations calls it. */
  answered(operation: string, status: number): void
}

export function prometheusFigures(registry: Registry): Figures {
  const registers = [registry]
  const counter = (name: string, help: string, ...labelNames: string[]) =>
    new Counter({ name: `concilia_${name}_total`, help, labelNames, registers })
  const histogram = (name: string, help: string, buckets: number[]) =>
    new Histogram({ name: `concilia_${name}`, help, buckets, registers })
  const moved = counter('payments', 'Payments that came to be in this status', 'status')
  const requests = counter('requests', 'Requests answered', 'operation', 'status')
  const took = histogram('commit_seconds', 'Duration of a commit', [0.001, 0.002, 0.005, 0.01, 0.05, 0.2, 1])
  const size = histogram('commit_commands', 'Commands in one commit', [1, 2, 4, 8, 16, 32, 64, 128, 256])
  return {
    committed(rows, changes, tookMs) {
      took.observe(tookMs / 1000)
      size.observe(changes.length)
      for (const status of statusesOf(rows, changes)) moved.inc({ status })
    },
    answered: (operation, status) => requests.inc({ operation, status: `${Math.floor(status / 100)}xx` }),
  }
}

/** A payment may be written without going anywhere. */
function statusesOf({ payments }: Rows, changes: readonly Change[]): string[] {
  const known = new Map<string, string>(payments.map(({ id, status }) => [id, status]))
  return changes.flatMap((change) =>
    (change.payments ?? []).flatMap(({ id, status }) => {
      if (known.get(id) === status) return []
      known.set(id, status)
      return [status]
    }),
  )
}
