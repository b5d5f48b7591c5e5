// What the system says of a process: CPU time and memory, read from /proc. A program's time counts all its
// threads; a database's, the server with every session and helper below it, ended ones included.
import { execFileSync } from 'node:child_process'
import { readdirSync, readFileSync } from 'node:fs'

const ticksPerSecond = Number(execFileSync('getconf', ['CLK_TCK']).toString())

interface Stat {
  readonly parent: number
  readonly ownTicks: number
  readonly endedChildrenTicks: number
}

/** Undefined when there is no such process. */
function statOf(pid: number): Stat | undefined {
  try {
    const text = readFileSync(`/proc/${pid}/stat`, 'utf8')
    // The name in brackets may hold anything; field 3 follows it.
    const fields = text.slice(text.lastIndexOf(')') + 2).split(' ')
    const field = (number: number) => Number(fields[number - 3])
    return {
      parent: field(4),
      ownTicks: field(14) + field(15),
      endedChildrenTicks: field(16) + field(17),
    }
  } catch {
    return undefined
  }
}

/** CPU time of one process so far (ms). */
export function cpuMs(pid: number): number {
  return ((statOf(pid)?.ownTicks ?? 0) * 1000) / ticksPerSecond
}

/** CPU time of a process, its children and those of them that have ended (ms). */
export function familyCpuMs(pid: number): number {
  const own = statOf(pid)
  if (!own) return 0
  const living = childrenOf(pid).reduce((sum, child) => sum + (statOf(child)?.ownTicks ?? 0), 0)
  return ((own.ownTicks + own.endedChildrenTicks + living) * 1000) / ticksPerSecond
}

export function childrenOf(pid: number): number[] {
  const all = readdirSync('/proc').filter((name) => /^\d+$/.test(name))
  return all.map(Number).filter((each) => statOf(each)?.parent === pid)
}

/** Resident memory (MB of 1,000,000 bytes). */
export function residentMb(pid: number): number {
  return kilobytes(`/proc/${pid}/status`, 'VmRSS') / 1000
}

/** Memory of a family of processes with what they share counted once (proportional set size, MB). */
export function familyMb(pid: number): number {
  const sum = [pid, ...childrenOf(pid)].reduce(
    (total, each) => total + kilobytes(`/proc/${each}/smaps_rollup`, 'Pss'),
    0,
  )
  return sum / 1000
}

function kilobytes(file: string, name: string): number {
  try {
    const line = new RegExp(`^${name}:\\s+(\\d+) kB$`, 'm').exec(readFileSync(file, 'utf8'))
    return (Number(line?.[1] ?? 0) * 1024) / 1000
  } catch {
    return 0
  }
}
