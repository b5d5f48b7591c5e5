// Many small questions asked as few large ones: what is asked while an answer is under way goes together in
// the next. No timer: who asks alone is asked for at once. For reads and deletions by key, outside any
// database transaction.

/**
 * @param load answers for all these keys; begins after every one of them was asked for, so that it sees what
 * its askers know to be committed
 * @returns what `load` has under the key; rejects as `load` did
 */
export function gathered<V>(
  load: (keys: readonly string[]) => Promise<ReadonlyMap<string, V>>,
): (key: string) => Promise<V | undefined> {
  let running: Promise<unknown> = Promise.resolve()
  let keys = new Set<string>()
  let next: Promise<ReadonlyMap<string, V>> | undefined
  const loadNext = async () => {
    await running.catch(() => {})
    const asked = [...keys]
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
