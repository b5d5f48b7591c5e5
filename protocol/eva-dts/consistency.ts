// What must hold between the counters of one file, if the machine counts well. For the simulated machine,
// which must, and for whoever looks at a real one. Each broken rule in words, with both figures.
import type { Counters } from '../audit.ts'
import type { EvaDtsReading } from './read.ts'

export function inconsistencies({ segments }: EvaDtsReading, counters: Counters): string[] {
  const { paid, cash, cashless1, cashless2, tokens, products } = counters
  const sum = (pick: 'valueMinor' | 'number') =>
    [cash, cashless1, cashless2, tokens].reduce((total, each) => total + (each?.[pick] ?? 0), 0)
  const number = (element: string, field: number) =>
    segments
      .filter((segment) => segment.element === element)
      .map(({ fields }) => Number(fields[field] ?? 0))
      .reduce((total, each) => total + each, 0)
  const has = (element: string) => segments.some((segment) => segment.element === element)
  const each = (pick: 'valueMinor' | 'number') => products.reduce((total, row) => total + row[pick], 0)
  const tubes = segments
    .filter(({ element }) => element === 'CA17')
    .reduce((total, { fields }) => total + Number(fields[1] ?? 0) * Number(fields[2] ?? 0), 0)
  const mixed = has('DA10') || has('DB10')
  const ofProducts = products.length > 0
  const taken = number('CA3', 4) - number('CA4', 2) + number('CA10', 1) - number('CA8', 1)
  const rules: readonly (readonly [applies: boolean, words: string, one: number, other: number])[] = [
    [!mixed, 'value of VA1 is that of CA2, DA2, DB2, TA2', paid.valueMinor, sum('valueMinor')],
    [!mixed, 'number of VA1 is that of CA2, DA2, DB2, TA2', paid.number, sum('number')],
    [ofProducts, 'value of VA1 is that of all PA2', paid.valueMinor, each('valueMinor')],
    [ofProducts, 'number of VA1 is that of all PA2', paid.number, each('number')],
    [
      has('CA3'),
      'CA305 is to box, to tubes and bills',
      number('CA3', 4),
      number('CA3', 5) + number('CA3', 6),
    ],
    [has('CA3') && has('CA4'), 'cash in less cash out is CA2', taken, number('CA2', 0)],
    [has('CA15') && has('CA17'), 'CA15 is what the tubes hold', number('CA15', 0), tubes],
  ]
  return rules
    .filter(([applies, , one, other]) => applies && one !== other)
    .map(([, words, one, other]) => `${words}: ${one} and ${other}`)
}
