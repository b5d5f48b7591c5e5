// A run in a few lines for a person: what broke, how sales ended, what fell, and which rule did not hold.
import { faultWords } from './judge.ts'
import type { ChaosResult } from './run.ts'

export function summary({ breaches, endings, unknown, goods, paidMinor, records }: ChaosResult): string {
  return [
    '',
    `faults:  ${faultWords(records.faults)}`,
    `sales:   ${Object.entries(endings)
      .map(([state, count]) => `${count} ${state}`)
      .join(', ')}`,
    `goods:   ${goods.forPhones} fell for phones, ${goods.forCoins} for coins`,
    `money:   ${(paidMinor / 100).toFixed(2)} taken from buyers and kept`,
    `unknown: ${unknown.length}`,
    ...unknown.map(
      ({ saleId, because, fell }) => `  ${saleId.slice(0, 8)} ${fell ? 'fell' : 'did not fall'}: ${because}`,
    ),
    breaches.length === 0 ? 'every rule held' : `${breaches.length} breaches:`,
    ...breaches.map((words) => `  ${words}`),
  ].join('\n')
}
