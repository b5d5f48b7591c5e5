// The system's source of chance as the Random port. A small request is served from a supply that is drawn
// at once: each draw by itself costs a call into the system. What was given out is wiped from the supply.
import { randomFillSync } from 'node:crypto'
import type { Random } from '@concilia/protocol/random.ts'

const supply = new Uint8Array(4096)
let used = supply.length

export const systemRandom: Random = {
  bytes(length) {
    if (length > supply.length) return randomFillSync(new Uint8Array(length))
    if (used + length > supply.length) {
      randomFillSync(supply)
      used = 0
    }
    const drawn = supply.slice(used, used + length)
    supply.fill(0, used, used + length)
    used += length
    return drawn
  },
}
