// The state that the process before left. A snapshot of another chart, or one that cannot be read, is made
// anew from the journal's rows, which say all that counts: which sale is unfinished, and whether its delivery
// was promised.
import type { Log } from '@concilia/platform/log.ts'
import { initialTransition } from 'xstate'
import type { Journal } from './journal/port.ts'
import { chartVersion, type SaleChart, type SaleSnapshot } from './sale-chart.ts'

export function restoredSnapshot(chart: SaleChart, journal: Journal, log: Log): SaleSnapshot {
  const kept = journal.snapshot
  if (kept?.chartVersion === chartVersion) {
    try {
      return chart.resolveState(JSON.parse(kept.json))
    } catch (err) {
      log.warn({ err }, "the sale's snapshot cannot be read; it is made anew from the journal's rows")
    }
  }
  const [initial] = initialTransition(chart)
  const sale = journal.unfinished().at(-1)
  if (!sale) return initial
  const value = journal.held(sale.saleId) === 'delivering' ? 'delivering' : { open: 'waiting' as const }
  const context = { sale: { saleId: sale.saleId, price: sale.price }, operationId: null }
  return chart.resolveState({ value, context })
}
