// The figures as a table for people: a row a figure, a column a part.

export function table(figures: Readonly<Record<string, object>>): string {
  const names = Object.keys(figures)
  const rows = [...new Set(Object.values(figures).flatMap((part) => Object.keys(part)))]
  const cell = (part: object | undefined, row: string) =>
    String(new Map(Object.entries(part ?? {})).get(row) ?? '')
  const lines = [
    ['', ...names],
    ...rows.map((row) => [row, ...names.map((name) => cell(figures[name], row))]),
  ]
  const widths =
    lines[0]?.map((_, column) => Math.max(...lines.map((line) => line[column]?.length ?? 0))) ?? []
  return lines
    .map((line) =>
      line.map((text, column) => (column ? text.padStart(widths[column] ?? 0) : text.padEnd(widths[0] ?? 0))),
    )
    .map((line) => line.join('  ').trimEnd())
    .join('\n')
}
