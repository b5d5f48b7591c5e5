// Work that several ask for while it is under way is done once, and they share its end. What is asked for
// after that is done anew.

/** @returns a function that does `work`, or joins the same work under the same key that has not ended yet */
export function sharedWork<T>(): (key: string, work: () => Promise<T>) => Promise<T> {
  const underWay = new Map<string, Promise<T>>()
  return (key, work) => {
    const known = underWay.get(key)
    if (known) return known
    const begun = work().finally(() => underWay.delete(key))
    underWay.set(key, begun)
    return begun
  }
}
