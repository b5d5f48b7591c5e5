// What is said of many measurements: percentiles, and figures short enough for a table.

/** @returns the value that `fraction` of them do not exceed; 0 when there are none */
export function percentile(values: readonly number[], fraction: number): number {
  const sorted = [...values].sort((a, b) => a - b)
  return sorted[Math.min(sorted.length - 1, Math.ceil(fraction * sorted.length) - 1)] ?? 0
}

/** Three significant figures, no exponent: `0.123`, `12.3`, `1234`. */
export function short(value: number): number {
  if (!Number.isFinite(value) || value === 0) return 0
  const digits = Math.max(0, 2 - Math.floor(Math.log10(Math.abs(value))))
  return Number(value.toFixed(Math.min(digits, 6)))
}
