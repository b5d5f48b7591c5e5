// How far the heap may grow before it is collected whole. V8 by itself keeps twice what ten thousand machines
// need; told to grow by a small part of itself it collects a small heap at every turn, which costs a tenth of
// a sale. So it grows by about the same number of megabytes whatever its size. Not a limit.
import { flushCompileCache } from 'node:module'
import { setFlagsFromString } from 'node:v8'

const headroomMb = 64
const leastPercent = 20
const mostPercent = 100
const lookEveryMs = 2000

/** From now until the process ends, which this does not delay. */
export function watchHeapGrowth(): void {
  let percent = growBy(leastPercent)
  const look = () => {
    const wanted = growthPercent(process.memoryUsage().heapUsed / 2 ** 20)
    if (wanted === percent) return
    // What is cached is good for the flags it was compiled under: those of every start.
    flushCompileCache()
    percent = growBy(wanted)
  }
  setInterval(look, lookEveryMs).unref()
}

/** In steps, so that the flag is seldom set. */
function growthPercent(usedMb: number): number {
  const percent = Math.round((headroomMb * 5) / usedMb) * 20
  return Math.min(mostPercent, Math.max(leastPercent, percent))
}

function growBy(percent: number): number {
  setFlagsFromString(`--heap-growing-percent=${percent}`)
  return percent
}
