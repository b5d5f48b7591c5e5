// Many machines that are connected and sell nothing: what they cost the server, and how long it takes to
// admit them all, at first and after the server, and its broker with it, was killed.
import { MemoryJournal, SimulatedDisk } from '@concilia/automaton/journal/memory-journal.ts'
import { type LinkNews, MachineLink } from '@concilia/automaton/link/machine-link.ts'
import { MqttLink } from '@concilia/automaton/link/mqtt-link-adapter.ts'
import type { Credentials } from '@concilia/platform/certificate-making.ts'
import { makeLog } from '@concilia/platform/log.ts'
import { systemClock } from '@concilia/platform/system-clock.ts'
import { systemRandom } from '@concilia/platform/system-random.ts'
import { defaultLimits } from '@concilia/protocol/limits.ts'
import { automatonIdOf, machineCredentials, machineNumberOf } from './enrolled.ts'
import type { Premises } from './premises.ts'
import { cpuMs, residentMb } from './processor-time.ts'
import { short } from './statistics.ts'

const silent = makeLog('figures', { level: 'silent', write: () => {} })
/** Longer is not waited for all machines to be admitted (ms). */
const patienceMs = 300_000

export async function idleFigures(
  premises: Premises,
  { machines, idleMs, tell }: { machines: number; idleMs: number; tell: (words: string) => void },
): Promise<object> {
  const credentials = await machineCredentials(premises.certificates, machines)
  const fleet = new Fleet(premises.measured.brokerUrl, credentials)
  const bareMb = residentMb(premises.measured.serverPid)
  try {
    const startedAt = performance.now()
    await fleet.connect()
    const admittedMs = performance.now() - startedAt
    tell(`  ${machines} machines are admitted`)
    const idle = await idleCost(premises.measured.serverPid, idleMs)
    const figures = {
      machines,
      serverEmptyMb: short(bareMb),
      serverMb: idle.mb,
      serverCpuPercent: idle.percent,
      firstAdmittedSeconds: short(admittedMs / 1000),
    }
    // Whoever does not come back does not take along what was measured before.
    const again = await comeBack(premises, fleet).catch((error: unknown) => {
      tell(`  they did not all come back: ${String(error)}`)
      return {}
    })
    return { ...figures, ...again }
  } finally {
    await fleet.stop()
  }
}

/** The server, and its broker with it, is killed; until every machine is admitted again. */
async function comeBack(premises: Premises, fleet: Fleet): Promise<object> {
  fleet.forget()
  const killedAt = performance.now()
  await premises.restartServer()
  const readyAt = performance.now()
  await fleet.allAdmitted()
  return {
    serverStartSeconds: short((readyAt - killedAt) / 1000),
    againAdmittedSeconds: short((performance.now() - readyAt) / 1000),
    againServerCpuSeconds: short(cpuMs(premises.measured.serverPid) / 1000),
    againServerMb: short(residentMb(premises.measured.serverPid)),
  }
}

async function idleCost(pid: number, idleMs: number): Promise<{ mb: number; percent: number }> {
  // What connecting left to do and to collect is over by then.
  await pause(idleMs / 2)
  const before = cpuMs(pid)
  await pause(idleMs)
  return { mb: short(residentMb(pid)), percent: short(((cpuMs(pid) - before) / idleMs) * 100) }
}

class Fleet {
  readonly #links: MachineLink[]
  readonly #admitted = new Set<number>()
  #all = Promise.withResolvers<void>()

  constructor(brokerUrl: string, credentials: readonly Credentials[]) {
    this.#links = credentials.map((files, index) => this.#machine(brokerUrl, files, index))
  }

  /** A hundred at a time. */
  async connect(): Promise<void> {
    for (let first = 0; first < this.#links.length; first += 100) {
      for (const link of this.#links.slice(first, first + 100)) link.start()
      while (this.#admitted.size < Math.min(first + 50, this.#links.length)) await pause(5)
    }
    await this.allAdmitted()
  }

  /** From now on admissions count anew. */
  forget(): void {
    this.#admitted.clear()
    this.#all = Promise.withResolvers()
  }

  async allAdmitted(): Promise<void> {
    const late = pause(patienceMs).then(() => {
      throw new Error(`after ${patienceMs} ms ${this.#admitted.size} machines are admitted`)
    })
    late.catch(() => {})
    await Promise.race([this.#all.promise, late])
  }

  async stop(): Promise<void> {
    await Promise.all(this.#links.map((link) => link.stop()))
  }

  #machine(url: string, { keyPem, chainPem: chain, rootPem }: Credentials, index: number): MachineLink {
    const tls = { keyPem, chain, rootPem }
    const link = new MqttLink({ url, automatonId: automatonIdOf(index), tls, connectMs: 60_000 })
    const journal = new MemoryJournal(new SimulatedDisk(systemRandom))
    const machineNumber = machineNumberOf(index)
    return new MachineLink(
      { link, journal, clock: systemClock, random: systemRandom, log: silent },
      {
        mode: 'permanent',
        identity: { version: 'figures', chain, machineNumber },
        configuration: { version: 0, hash: 'none' },
        reader: 'alwaysIdle',
        limits: defaultLimits,
      },
      (news) => this.#heard(news, index),
    )
  }

  #heard(news: LinkNews, index: number): void {
    if (news.type !== 'admission') return
    const { admission, reason } = news.admission
    if (admission !== 'accepted') throw new Error(`a machine was not admitted: ${admission}, ${reason}`)
    this.#admitted.add(index)
    if (this.#admitted.size === this.#links.length) this.#all.resolve()
  }
}

function pause(forMs: number): Promise<void> {
  return new Promise((resolve) => {
    setTimeout(resolve, forMs).unref()
  })
}
