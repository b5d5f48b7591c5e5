// The automaton as it runs in a machine: its own process on a (simulated) serial line, against the real
// server. How soon it is ready, what it keeps, what it costs while nobody buys.
import { mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { automatonConfigurationSchema } from '@concilia/automaton/configuration.ts'
import { issue } from '@concilia/platform/enrolment.ts'
import { systemClock } from '@concilia/platform/system-clock.ts'
import { SimulatorControl } from '@concilia/simulator/control-client.ts'
import { stringify } from 'smol-toml'
import type { z } from 'zod'
import { automatonIdOf, machineNumberOf, operator } from './enrolled.ts'
import { startProgram } from './measured-program.ts'
import type { Premises } from './premises.ts'
import { cpuMs, residentMb } from './processor-time.ts'
import { percentile, short } from './statistics.ts'

/** Starts; the first fills the compile cache, and is told apart. */
const starts = 5

export async function automatonFigures(premises: Premises, data: string, idleMs: number): Promise<object> {
  const folder = join(data, 'automaton')
  rmSync(folder, { recursive: true, force: true })
  mkdirSync(folder, { recursive: true })
  const simulator = await startProgram(
    { name: 'simulator', script: 'simulator/main.ts' },
    join(folder, 'run'),
  )
  const control = new SimulatorControl(simulator.process, () => {})
  try {
    const line = join(folder, 'line')
    await control.call('createMachine', { name: 'figures', link: line, currency: 'EUR', items: { 5: 150 } })
    const configuration = await configurationFor(premises, folder, line)
    const file = join(folder, 'automaton.toml')
    writeFileSync(file, stringify(configuration))
    const environment = { NODE_COMPILE_CACHE: join(folder, 'compile-cache') }
    const program = {
      name: 'automaton',
      script: 'automaton/main.ts',
      arguments: ['--config', file],
      environment,
    }
    const readyMs: number[] = []
    let idle = { mb: 0, percent: 0 }
    for (let start = 0; start < starts; start++) {
      const automaton = await startProgram(program, join(folder, 'run'))
      readyMs.push(automaton.startMs)
      if (start === starts - 1) idle = await idleOf(automaton.pid, idleMs)
      await automaton.stop()
    }
    const [first = 0, ...later] = readyMs
    return {
      firstReadyMs: short(first),
      readyMs: short(percentile(later, 0.5)),
      residentMb: idle.mb,
      idleCpuPercent: idle.percent,
    }
  } finally {
    await simulator.stop()
  }
}

async function configurationFor(
  { certificates, measured }: Premises,
  folder: string,
  path: string,
): Promise<z.input<typeof automatonConfigurationSchema>> {
  const subject = { id: automatonIdOf(0), role: 'automaton' as const, seller: operator.id }
  return {
    machineNumber: machineNumberOf(0),
    identity: await issue(certificates, subject, systemClock.now()),
    journal: join(folder, 'journal.db'),
    currency: 'EUR',
    link: { url: measured.brokerUrl },
    serial: { path },
  }
}

async function idleOf(pid: number, idleMs: number): Promise<{ mb: number; percent: number }> {
  await pause(idleMs / 2)
  const before = cpuMs(pid)
  await pause(idleMs)
  return { mb: short(residentMb(pid)), percent: short(((cpuMs(pid) - before) / idleMs) * 100) }
}

function pause(forMs: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, forMs))
}
