// Text broken between words for a terminal so wide; what follows a break is set in.

/**
 * @param columns `undefined` breaks nothing: on a pipe a line is a line
 * @param taken columns of the first line that are used already; those that follow are set in as far
 */
export function wrapped(text: string, columns: number | undefined, taken = 0): string {
  const room = (columns ?? Number.POSITIVE_INFINITY) - taken
  // So narrow that the terminal breaks better by itself.
  if (room < 20) return text
  const indent = ' '.repeat(taken)
  return text
    .split('\n')
    .flatMap((line) => broken(line, room))
    .join(`\n${indent}`)
}

function broken(line: string, room: number): string[] {
  const lines: string[] = []
  let rest = line
  while (rest.length > room) {
    const space = rest.lastIndexOf(' ', room)
    // What stands in front is no place to break; a word wider than the room stays whole.
    const at = rest.slice(0, space).trim() === '' ? rest.indexOf(' ', rest.search(/\S/)) : space
    if (at < 0) break
    lines.push(rest.slice(0, at).trimEnd())
    rest = rest.slice(at).trimStart()
  }
  return [...lines, rest]
}
