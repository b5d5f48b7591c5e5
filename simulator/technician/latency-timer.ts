// How long a USB serial adapter may hold received bytes back, as Linux says it. Most chips start with 16 ms;
// the standard gives a whole answer 5.
import { readFileSync, realpathSync } from 'node:fs'
import { basename } from 'node:path'

/** @returns ms; undefined for a port that has no such timer, or says nothing of it */
export function latencyTimerMs(path: string): number | undefined {
  try {
    const name = basename(realpathSync(path))
    return Number(readFileSync(`/sys/bus/usb-serial/devices/${name}/latency_timer`, 'utf8'))
  } catch {
    return undefined
  }
}
