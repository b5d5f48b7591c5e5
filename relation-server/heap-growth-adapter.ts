// How far the old heap may grow before it is collected whole: to a room that a server with a few hundred
// machines fills once in many seconds, and beyond that by a fifth of what is alive. V8 by itself keeps twice
// what ten thousand machines need; told to grow by a small part of itself, a small heap is collected every
// second, which costs a tenth of a sale. Not a limit.
import { flushCompileCache } from 'node:module'
import { setFlagsFromString } from 'node:v8'

const roomMb = 160
const leastPercent = 20
const lookEveryMs = 2000
/** The least of these is about what is alive: the others are told on the way to the next collection. */
const looksKept = 8

/** From now until the process ends, which this does not delay. */
export function watchHeapGrowth(): void {
  let percent = growBy(leastPercent)
  let used: readonly number[] = []
  const look = () => {
    used = [...used, process.memoryUsage().heapUsed / 2 ** 20].slice(-looksKept)
    const wanted = growthPercent(Math.min(...used))
    if (wanted === percent) return
    // What is cached is good for the flags it was compiled under: those of every start.
    flushCompileCache()
    percent = growBy(wanted)
  }
  setInterval(look, lookEveryMs).unref()
}

/** In steps, so that the flag is seldom set. */
function growthPercent(aliveMb: number): number {
  const percent = Math.round(((roomMb - aliveMb) * 10) / aliveMb) * 10
  return Math.max(leastPercent, percent)
}

function growBy(percent: number): number {
  setFlagsFromString(`--heap-growing-percent=${percent}`)
  return percent
}
