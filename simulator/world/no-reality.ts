// While a world runs, the real one must not leak in: its clocks, timers, chance and network throw, so that
// whoever forgets a port is found at once. The world keeps turning by the event loop alone (timeline.ts).

const clocks = ['setTimeout', 'setInterval', 'fetch'] as const

/** Runs something without reality, and gives it back afterwards. */
export async function withoutReality<T>(run: () => Promise<T>): Promise<T> {
  const kept = clocks.map((name) => [globalThis, name, Reflect.get(globalThis, name)] as const)
  const chance = [[Math, 'random', Math.random] as const, [Date, 'now', Date.now] as const]
  const secrets = ['generateKey', 'importKey', 'sign', 'verify', 'digest', 'encrypt', 'decrypt'].map(
    (name) => [crypto.subtle, name, Reflect.get(crypto.subtle, name)] as const,
  )
  const all = [...kept, ...chance, ...secrets]
  for (const [holder, name] of all) Reflect.set(holder, name, forbidden(name))
  try {
    return await run()
  } finally {
    for (const [holder, name, real] of all) Reflect.set(holder, name, real)
  }
}

function forbidden(name: string) {
  return () => {
    throw new Error(`${name} was called in a simulated world: it belongs behind a port`)
  }
}
