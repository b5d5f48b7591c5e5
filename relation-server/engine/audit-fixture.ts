// A machine's audit data as its automaton would send it, for scenarios: counters that a test sets, numbered
// in the machine's own journal.
import type { Audit, AuditMessage, Counters } from '@concilia/protocol/audit.ts'
import { sha256, uuidFrom } from '@concilia/protocol/random.ts'
import type { Scenario } from './scenario.ts'
import type { ScenarioMachine } from './scenario-machine.ts'

export const firstCounters: Counters = {
  machine: { serial: 'SIM0000042', model: 'PHONEVEND-30', asset: 'A00042' },
  currency: 'EUR',
  paid: { valueMinor: 64_050, number: 431 },
  cash: { valueMinor: 41_550, number: 281 },
  cashless2: { valueMinor: 22_500, number: 150 },
  tubesMinor: 1400,
  products: [{ product: '5', priceMinor: 150, number: 251, valueMinor: 37_650 }],
  events: [{ code: 'EGS', number: 14, active: true }],
}

export function auditOf(scenario: Scenario, machine: ScenarioMachine, change: Partial<Audit> = {}): Audit {
  return {
    journalId: machine.journalId,
    seq: ++machine.seq,
    kind: 'audit',
    readingId: uuidFrom(scenario.random),
    boot: machine.boot,
    from: scenario.clock.now() - 3000,
    at: scenario.clock.now(),
    source: 'dex',
    pieces: 0,
    reader: 'cashless2',
    vendsMeanwhile: 0,
    notices: 0,
    remarks: [],
    counters: firstCounters,
    ...change,
  }
}

export async function sendAudit(machine: ScenarioMachine, message: AuditMessage): Promise<void> {
  const body = JSON.stringify(message)
  await machine.say({ type: 'audit', message, body, bodyHash: sha256(body) })
}
