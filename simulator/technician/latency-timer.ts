// How long a USB serial adapter may hold received bytes back, as Linux says it. Most chips start with 16 ms;
// the standard gives a whole answer 5.
import { readFileSync, realpathSync } from 'node:fs'
import { basename, join } from 'node:path'

const usbSerial = '/sys/bus/usb-serial/devices'

/**
 * @param devices where Linux has its USB serial ports by name
 * @returns ms; undefined for a port that has no such timer, or says nothing of it
 */
export function latencyTimerMs(path: string, devices = usbSerial): number | undefined {
  try {
    const name = basename(realpathSync(path))
    return Number(readFileSync(join(devices, name, 'latency_timer'), 'utf8'))
  } catch {
    return undefined
  }
}
