// A data folder for one play: fresh, and gone afterwards. One that was left behind by a killed run is cleared
// away by the next, its database stopped first; one whose play failed is kept under another name, for its
// logs.
import { chmodSync, mkdtempSync, readdirSync, renameSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { startEmbeddedPostgres } from '@concilia/platform/embedded-postgres.ts'
import { systemClock } from '@concilia/platform/system-clock.ts'
import { isClaimed } from './owned-processes.ts'
import { placesIn } from './places.ts'

const prefix = 'concilia-sale-'
/** Younger ones (ms) may not have been claimed yet by the run that made them. */
const settlingMs = 60_000

export function temporaryData(): string {
  const data = mkdtempSync(join(tmpdir(), prefix))
  // The database's own user must be able to pass through; what is secret below has its own rights.
  chmodSync(data, 0o711)
  return data
}

/** @returns where it is kept from now on */
export function keepForInspection(data: string): string {
  const kept = data.replace(prefix, 'concilia-failed-')
  renameSync(data, kept)
  return kept
}

export async function sweepAbandoned(): Promise<void> {
  const names = readdirSync(tmpdir()).filter((name) => name.startsWith(prefix))
  for (const data of names.map((name) => join(tmpdir(), name))) {
    const places = placesIn(data)
    const age = systemClock.now() - (statSync(data, { throwIfNoEntry: false })?.mtimeMs ?? 0)
    if (age < settlingMs || isClaimed(places.run)) continue
    const isMade = statSync(join(places.postgres, 'cluster'), { throwIfNoEntry: false })
    // Takes over the one that still runs there, or starts what lies there: either way it is then stopped.
    if (isMade) await (await startEmbeddedPostgres({ directory: places.postgres, port: 0 })).stop()
    try {
      rmSync(data, { recursive: true, force: true })
    } catch {
      // Something is mounted in it, or it is somebody else's: it lies there until it can go.
    }
  }
}
