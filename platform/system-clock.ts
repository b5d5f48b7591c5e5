// The system's clock as the Clock port. The only place where programs read the time.
import type { Clock } from '@concilia/protocol/clock.ts'

export const systemClock: Clock = {
  now: () => Date.now(),
  monotonic: () => performance.now(),
  after(delayMs, action) {
    const timer = setTimeout(action, Math.max(0, Math.min(delayMs, 2 ** 31 - 1)))
    return { cancel: () => clearTimeout(timer) }
  },
}
