// Check digits of machine numbers, by Damm's table: it finds every single wrong figure and every swap of two
// neighbours, so that a slip never leads to another machine. Whether numbers have one is the operator's
// policy (`phones.checkDigit`); pure.

/** H. M. Damm, "Total anti-symmetrische Quasigruppen" (2004): the quasigroup of order 10. */
const table = [
  [0, 3, 1, 7, 5, 9, 8, 6, 4, 2],
  [7, 0, 9, 2, 1, 5, 4, 8, 6, 3],
  [4, 2, 0, 6, 8, 7, 1, 3, 5, 9],
  [1, 7, 5, 0, 9, 8, 3, 4, 2, 6],
  [6, 1, 2, 3, 0, 4, 5, 9, 7, 8],
  [3, 6, 7, 4, 2, 0, 9, 5, 8, 1],
  [5, 8, 6, 9, 7, 2, 0, 1, 3, 4],
  [8, 9, 4, 5, 3, 6, 2, 0, 1, 7],
  [9, 4, 3, 8, 6, 1, 7, 2, 0, 5],
  [2, 5, 8, 1, 4, 3, 6, 7, 9, 0],
] as const

/** @param figures any number of them; without its check digit, this is what has to follow */
function checkOf(figures: string): number {
  let interim = 0
  for (const figure of figures) interim = table[interim]?.[Number(figure)] ?? 0
  return interim
}

export function hasCheckDigit(machineNumber: string): boolean {
  return checkOf(machineNumber) === 0
}

export function withCheckDigit(figures: string): string {
  return `${figures}${checkOf(figures)}`
}

/** The shortest free number that ends in its check digit, from 1000 on; buyers type it. */
export function freeMachineNumber(taken: ReadonlySet<string>): string {
  let figures = 100
  while (taken.has(withCheckDigit(String(figures)))) figures++
  return withCheckDigit(String(figures))
}
