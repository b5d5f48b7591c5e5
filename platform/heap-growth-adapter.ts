// How far the heap may grow before it is collected whole. V8 by itself keeps twice what ten thousand machines
// need; told to grow by a small part of itself it collects a small heap at every turn, which costs a tenth of
// a sale. So a small heap has a whole room to fill, and a large one grows by a few megabytes. Not a limit.
import { flushCompileCache } from 'node:module'
import { constants, type PerformanceEntry, PerformanceObserver } from 'node:perf_hooks'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'

const roomMb = 256
const headroomMb = 64
const leastPercent = 20
const lookEveryMs = 2000

/** From now until the process ends, which this does not delay. */
export function watchHeapGrowth(): void {
  setFlagsFromString('--expose-gc')
  const collect: (options: { execution: 'async' }) => Promise<void> = runInNewContext('gc')
  let keptMb = usedMb()
  let percent = growBy(leastPercent)
  const collected = new PerformanceObserver((list) => {
    const isWhole = (entry: PerformanceEntry & { detail?: { kind: number } }) =>
      entry.detail?.kind === constants.NODE_PERFORMANCE_GC_MAJOR
    if (list.getEntries().some(isWhole)) keptMb = usedMb()
  })
  collected.observe({ type: 'gc' })
  const look = () => {
    const wanted = growthPercent(keptMb)
    if (wanted !== percent) {
      // What is cached is good for the flags it was compiled under: those of every start.
      flushCompileCache()
      percent = growBy(wanted)
    }
    // V8 measures its next collection by the growth that was right before a fleet came at once.
    if (usedMb() > keptMb * (1 + wanted / 100) * 1.1) void collect({ execution: 'async' })
  }
  setInterval(look, lookEveryMs).unref()
}

const usedMb = () => process.memoryUsage().heapUsed / 2 ** 20

/** In steps, so that the flag is seldom set. */
function growthPercent(keptMb: number): number {
  const growthMb = Math.max(headroomMb, roomMb - keptMb)
  return Math.max(leastPercent, Math.round((growthMb * 5) / keptMb) * 20)
}

function growBy(percent: number): number {
  setFlagsFromString(`--heap-growing-percent=${percent}`)
  return percent
}
