// When a machine's audit data is read: every so many hours, or at times of the day (UTC). Pure.

export interface AuditSchedule {
  /** Used when there are no times of the day. */
  readonly everyHours: number
  /** Such as `04:30`. */
  readonly timesOfDay: readonly string[]
}

const hourMs = 3_600_000
const dayMs = 24 * hourMs
/** After a start the machine may still be coming up; a board that starts again and again reads seldom. */
export const firstReadingMs = 60_000

/**
 * @param now epoch ms
 * @param isFirst nothing has been read in this process yet
 * @returns ms until the next reading
 */
export function untilNextReading(schedule: AuditSchedule, now: number, isFirst: boolean): number {
  const { timesOfDay, everyHours } = schedule
  if (timesOfDay.length === 0) return isFirst ? firstReadingMs : everyHours * hourMs
  const waits = timesOfDay.map((time) => {
    const [hours = 0, minutes = 0] = time.split(':').map(Number)
    const wait = hours * hourMs + minutes * 60_000 - (now % dayMs)
    return wait > 0 ? wait : wait + dayMs
  })
  return Math.min(...waits)
}
