// Which processes are ours, across a kill of the supervisor: a note for each child with its pid and the
// moment the system started it. A pid that was given to somebody else in the meantime is never touched.
import { mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { OperatingError } from '@concilia/platform/operating-error.ts'
import { systemClock } from '@concilia/platform/system-clock.ts'

/** What tells a process from every other one, before and after it. */
interface Note {
  readonly pid: number
  /** Boot of the system and clock tick of the process's start within it. */
  readonly started: string
}

const supervisorName = 'supervisor'
/** A child whose supervisor is gone stops by itself; this long (ms) it may take before it is killed. */
const orphanMs = 3000

/** Notes down a process of ours; forgotten with `forgetProcess`. */
export function noteProcess(folder: string, name: string, pid: number): void {
  mkdirSync(folder, { recursive: true })
  const started = startOf(pid)
  if (started === undefined) return
  const note: Note = { pid, started }
  writeFileSync(join(folder, `${name}.new`), JSON.stringify(note))
  renameSync(join(folder, `${name}.new`), join(folder, `${name}.json`))
}

export function forgetProcess(folder: string, name: string): void {
  rmSync(join(folder, `${name}.json`), { force: true })
}

/**
 * Claims the folder for this supervisor and ends the children of one that was killed.
 * @throws OperatingError `already-running` when another supervisor lives there
 */
export async function claimFolder(folder: string): Promise<void> {
  const supervisor = livingProcess(folder, supervisorName)
  if (supervisor !== undefined && supervisor !== process.pid) {
    throw new OperatingError({
      code: 'already-running',
      message: `Concilia is running from this data folder already (process ${supervisor}).`,
      advice: 'Use that one, stop it with Ctrl-C, or name another folder with --data.',
    })
  }
  noteProcess(folder, supervisorName, process.pid)
  const names = readdirSync(folder).map((file) => file.replace(/\.json$/, ''))
  await Promise.all(names.filter((name) => name !== supervisorName).map((name) => endOrphan(folder, name)))
}

export function releaseFolder(folder: string): void {
  forgetProcess(folder, supervisorName)
}

/** Whether the supervisor that claimed a folder is still there. */
export function isClaimed(folder: string): boolean {
  return livingProcess(folder, supervisorName) !== undefined
}

async function endOrphan(folder: string, name: string): Promise<void> {
  const until = systemClock.monotonic() + orphanMs
  let asked = false
  for (;;) {
    const pid = livingProcess(folder, name)
    if (pid === undefined) break
    if (systemClock.monotonic() >= until) signal(pid, 'SIGKILL')
    else if (!asked) signal(pid, 'SIGTERM')
    asked = true
    await new Promise<void>((done) => systemClock.after(20, done))
  }
  forgetProcess(folder, name)
}

function signal(pid: number, name: NodeJS.Signals): void {
  try {
    process.kill(pid, name)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error
  }
}

/** The pid, if that very process still lives. */
function livingProcess(folder: string, name: string): number | undefined {
  try {
    const note = JSON.parse(readFileSync(join(folder, `${name}.json`), 'utf8')) as Note
    return note.started === startOf(note.pid) ? note.pid : undefined
  } catch {
    return undefined
  }
}

/** Undefined when there is no such process, or only its remains (a zombie). */
function startOf(pid: number): string | undefined {
  try {
    const boot = readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim()
    // The name in brackets may hold anything; state is the first field after it, start time the twentieth.
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8')
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
    return fields[0] === 'Z' ? undefined : `${boot} ${fields[19]}`
  } catch {
    return undefined
  }
}
