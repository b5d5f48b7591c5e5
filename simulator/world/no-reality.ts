// While a world runs, the real one must not leak in: its clocks, timers, chance and network throw, so that
// whoever forgets a port is found at once. The world keeps turning by the event loop alone (timeline.ts).

const forbiddenOf = [
  [globalThis, ['setTimeout', 'setInterval', 'fetch']],
  [Math, ['random']],
  [Date, ['now']],
  [crypto.subtle, ['generateKey', 'importKey', 'sign', 'verify', 'digest', 'encrypt', 'decrypt']],
] as const

/** Runs something without reality, and gives it back afterwards. */
export async function withoutReality<T>(run: () => Promise<T>): Promise<T> {
  const all = forbiddenOf.flatMap(([holder, names]) =>
    names.map((name) => ({ holder, name, real: Reflect.get(holder, name) })),
  )
  for (const { holder, name } of all) Reflect.set(holder, name, forbidden(name))
  try {
    return await run()
  } finally {
    for (const { holder, name, real } of all) Reflect.set(holder, name, real)
  }
}

function forbidden(name: string) {
  return () => {
    throw new Error(`${name} was called in a simulated world: it belongs behind a port`)
  }
}
