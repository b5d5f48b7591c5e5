// "Machine 4012? Perhaps 4021": the known machine number that one slip of the finger leads away from.

/**
 * @param typed the number that no machine has
 * @param known all machine numbers that sell
 * @returns the only one that is one slip away (two figures swapped, one wrong, missing or too many);
 *   undefined when there is none or several: guessing between two would send the buyer to the wrong machine
 */
export function suggestionFor(typed: string, known: Iterable<string>): string | undefined {
  const near: string[] = []
  const swapped: string[] = []
  for (const number of known) {
    if (isSwapped(typed, number)) swapped.push(number)
    else if (isOneEdit(typed, number)) near.push(number)
  }
  // Swapping two figures is by far the commonest slip, so it goes before the others.
  const best = swapped.length > 0 ? swapped : near
  return best.length === 1 ? best[0] : undefined
}

function isSwapped(a: string, b: string): boolean {
  if (a.length !== b.length) return false
  const at = firstDifference(a, b)
  return a[at] === b[at + 1] && a[at + 1] === b[at] && a.slice(at + 2) === b.slice(at + 2) && at < a.length
}

function isOneEdit(a: string, b: string): boolean {
  const at = firstDifference(a, b)
  if (a.length === b.length) return at < a.length && a.slice(at + 1) === b.slice(at + 1)
  const [short, long] = a.length < b.length ? [a, b] : [b, a]
  return long.length === short.length + 1 && short.slice(at) === long.slice(at + 1)
}

function firstDifference(a: string, b: string): number {
  let at = 0
  while (at < a.length && a[at] === b[at]) at++
  return at
}
