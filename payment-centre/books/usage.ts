// What a buyer, a client or a seller has bought in one currency: how often in the hour, how much in the day
// and in the month. One row for all three, because each is read and written for every purchase; in it each
// stretch of time begins anew with the first purchase in it. What limits them is in caps.ts.
import type { Usage } from './records.ts'

const hourMs = 3_600_000
const dayMs = 24 * hourMs

/** The numbers of the clock hour, the UTC day and the UTC month (epoch ms). */
export function stretchesOf(at: number): Pick<Usage, 'hour' | 'day' | 'month'> {
  return { hour: Math.floor(at / hourMs), day: Math.floor(at / dayMs), month: monthOf(at) }
}

export function monthOf(at: number): number {
  const date = new Date(at)
  return 12 * date.getUTCFullYear() + date.getUTCMonth()
}

/** Both together; of a stretch that is over nothing is left, whichever of them comes first. */
export function counted(one: Usage | undefined, other: Usage): Usage {
  if (!one) return other
  return {
    scope: one.scope,
    hour: Math.max(one.hour, other.hour),
    count: newest(one.hour, one.count, other.hour, other.count),
    day: Math.max(one.day, other.day),
    dayMinor: newest(one.day, one.dayMinor, other.day, other.dayMinor),
    month: Math.max(one.month, other.month),
    monthMinor: newest(one.month, one.monthMinor, other.month, other.monthMinor),
  }
}

function newest(one: number, counted: number, other: number, more: number): number {
  return (one < other ? 0 : counted) + (other < one ? 0 : more)
}

/** What of it counts at this time. */
export function usedAt(
  usage: Usage | undefined,
  at: number,
): Pick<Usage, 'count' | 'dayMinor' | 'monthMinor'> {
  if (!usage) return { count: 0, dayMinor: 0, monthMinor: 0 }
  const { hour, day, month } = stretchesOf(at)
  return {
    count: usage.hour < hour ? 0 : usage.count,
    dayMinor: usage.day < day ? 0 : usage.dayMinor,
    monthMinor: usage.month < month ? 0 : usage.monthMinor,
  }
}
