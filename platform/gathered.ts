// Many small questions asked as few large ones: what is asked while an answer is under way goes together in
// the next, and in a flood so does what is asked soon after the last was sent. Who asks alone is asked for at
// once. For reads and deletions by key, outside any database transaction.
import type { Clock } from '@concilia/protocol/clock.ts'

/** After a question of several, the next begins at least so much later. */
export interface Spacing {
  readonly clock: Pick<Clock, 'monotonic' | 'after'>
  readonly ms: number
}

/**
 * @param load answers for all these keys; begins after every one of them was asked for, so that it sees what
 * its askers know to be committed
 * @returns what `load` has under the key; rejects as `load` did
 */
export function gathered<V>(
  load: (keys: readonly string[]) => Promise<ReadonlyMap<string, V>>,
  spacing?: Spacing,
): (key: string) => Promise<V | undefined> {
  let running: Promise<unknown> = Promise.resolve()
  let keys = new Set<string>()
  let next: Promise<ReadonlyMap<string, V>> | undefined
  let notBefore = Number.NEGATIVE_INFINITY
  const loadNext = async () => {
    await running.catch(() => {})
    const waitMs = spacing ? notBefore - spacing.clock.monotonic() : 0
    if (waitMs > 0) await new Promise<void>((resolve) => spacing?.clock.after(waitMs, resolve))
    const asked = [...keys]
    if (spacing && asked.length > 1) notBefore = spacing.clock.monotonic() + spacing.ms
    keys = new Set()
    next = undefined
    const loading = load(asked)
    running = loading
    return await loading
  }
  return async (key) => {
    keys.add(key)
    next ??= loadNext()
    return (await next).get(key)
  }
}
