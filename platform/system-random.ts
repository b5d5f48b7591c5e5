// The system's source of chance as the Random port.
import { randomBytes } from 'node:crypto'
import type { Random } from '@concilia/protocol/random.ts'

export const systemRandom: Random = { bytes: (length) => randomBytes(length) }
