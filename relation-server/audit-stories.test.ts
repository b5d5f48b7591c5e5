// A machine's counters against its reports, told from outside the engine: what agrees, what differs, what is
// only in flight, and what a person reads of it.
import type { Audit, Counters } from '@concilia/protocol/audit.ts'
import { beforeEach, describe, expect, test } from 'vitest'
import type { FlagValues } from './command-parts.ts'
import { type CommandName, runCommand } from './commands.ts'
import { auditOf, firstCounters, sendAudit } from './engine/audit-fixture.ts'
import { Scenario } from './engine/scenario.ts'
import type { ScenarioMachine } from './engine/scenario-machine.ts'
import type { ScenarioPhone } from './engine/scenario-phone.ts'

let scenario: Scenario
let machine: ScenarioMachine
let phone: ScenarioPhone
beforeEach(async () => {
  scenario = await Scenario.open()
  machine = await scenario.machine()
  phone = scenario.phone('+33612345678')
})

async function says(command: CommandName, flags: Partial<FlagValues> = {}): Promise<string> {
  const lines: string[] = []
  const { store, engine, settings, clock } = scenario
  await runCommand(command, { id: machine.automatonId, ...flags } as FlagValues, {
    ...{
      store,
      engine,
      limits: settings.limits,
      checkDigit: false,
      offered: { ways: [] },
      payWord: () => '',
      writePicture: () => '',
      now: () => clock.now(),
    },
    print: (line) => lines.push(line),
    vault: scenario.vault,
    language: 'en',
    mint: () => 'unused',
    readLine: () => Promise.reject(new Error('nothing is asked for')),
    readMachineConfiguration: () => ({}),
  })
  return lines.join('\n')
}
const compared = async () =>
  (await says('machine audit'))
    .split('\n')
    .filter((line) => /^ {2}(agrees|in flight|DIFFERS|left out)/.test(line))
    .map((line) => line.trim())
const alert = async () => (await says('machine alerts')).split('\n')
const alarms = () => scenario.logged.filter((line) => /counters of .* (differ|agree again)/.test(line)).length

/** A sale of item 5 at 1.50 by phone, up to the machine's word. */
async function sold(result: 'delivered' | 'unknown' = 'delivered'): Promise<void> {
  const saleId = await machine.offer()
  await phone.identify()
  await phone.yes()
  await machine.report(saleId, result)
}

let now: Counters
/** The machine has counted so many more vends by phone, and for cash. */
function counted(phoneVends: number, cashVends = 0): void {
  const more = (counter: { number: number; valueMinor: number }, number: number) => ({
    number: counter.number + number,
    valueMinor: counter.valueMinor + 150 * number,
  })
  const { paid, cash = paid, cashless2 = paid, products } = now
  now = {
    ...now,
    paid: more(paid, phoneVends + cashVends),
    cash: more(cash, cashVends),
    cashless2: more(cashless2, phoneVends),
    products: products.map((row) => ({ ...row, ...more(row, phoneVends + cashVends) })),
  }
}
async function read(change: Partial<Audit> = {}): Promise<void> {
  scenario.clock.advance(60_000)
  await sendAudit(machine, auditOf(scenario, machine, { counters: now, ...change }))
}
let noticed = 0
async function cashSale(): Promise<void> {
  const { journalId, boot } = machine
  const telemetry = { journalId, boot, count: ++noticed, at: scenario.clock.now(), detail: 'item 5' }
  const cash = { kind: 'cashSale', sold: { item: 5, amountMinor: 150 } } as const
  await machine.say({ type: 'telemetry', telemetry: { ...telemetry, ...cash } })
}

describe('between two readings', () => {
  beforeEach(async () => {
    now = firstCounters
    noticed = 0
    await read()
  })

  test('what was counted was reported: by phone, for cash, per product', async () => {
    expect(await says('machine audit')).toMatch(/Nothing to compare with yet/)
    await sold()
    await sold()
    await cashSale()
    counted(2, 1)
    await read({ notices: noticed })
    expect(await compared()).toEqual([
      'agrees    cashless2: counted 2 for 3.00 EUR, reported 2 for 3.00 EUR',
      'agrees    cash: counted 1 for 1.50 EUR, reported 1 for 1.50 EUR',
      'agrees    product 5: counted 3 for 4.50 EUR, reported 3 for 4.50 EUR',
    ])
    expect(await alert()).toEqual(['No machine counts otherwise than it reports.'])
  })

  test('a vend that nobody reported raises one alert with both figures, until a reading agrees', async () => {
    await sold()
    counted(2)
    await read()
    const words =
      'cashless2: counted 2 for 3.00 EUR, reported 1 for 1.50 EUR; ' +
      'product 5: counted 2 for 3.00 EUR, reported 1 for 1.50 EUR'
    expect(await alert()).toEqual([`4021  machine-4021  ${words}`])
    expect(await says('machine show')).toContain(`its counters differ: ${words}`)
    expect(await says('machine list')).toMatch(/its counters differ: see `machine alerts`/)
    counted(1)
    await read()
    expect(alarms()).toBe(1)
    // That nothing was sold is no agreement.
    await read()
    expect((await alert())[0]).toContain('cashless2: counted 1 for 1.50 EUR, reported 0')
    await sold()
    counted(1)
    await read()
    expect([await alert(), alarms()]).toEqual([['No machine counts otherwise than it reports.'], 2])
  })

  test('a report that the machine did not count is a difference, and so is another value', async () => {
    await sold()
    await read()
    expect(await compared()).toContain('DIFFERS   cashless2: counted 0 for 0.00 EUR, reported 1 for 1.50 EUR')
    await sold()
    counted(1)
    const { cashless2 = now.paid } = now
    now = { ...now, cashless2: { ...cashless2, valueMinor: cashless2.valueMinor + 50 } }
    await read()
    expect(await compared()).toContain('DIFFERS   cashless2: counted 1 for 2.00 EUR, reported 1 for 1.50 EUR')
  })

  test('a vend under way while the machine was read is made up for by the next reading', async () => {
    counted(1)
    await read({ vendsMeanwhile: 1 })
    expect(await compared()).toContain('in flight cashless2: counted 1 for 1.50 EUR, reported 0 for 0.00 EUR')
    await sold()
    await read()
    expect(await compared()).toContain('agrees    cashless2: counted 0 for 0.00 EUR, reported 1 for 1.50 EUR')
    expect(alarms()).toBe(0)
  })

  test('and differs when the next one does not', async () => {
    counted(1)
    await read({ vendsMeanwhile: 1 })
    await read()
    expect(await compared()).toContain('DIFFERS   cashless2: counted 0 for 0.00 EUR, reported 0 for 0.00 EUR')
  })

  test('a report that is still on its way is in flight', async () => {
    counted(1)
    machine.seq++
    await read()
    expect(await compared()).toContain('in flight cashless2: counted 1 for 1.50 EUR, reported 0 for 0.00 EUR')
    expect(alarms()).toBe(0)
  })

  test('an unknown outcome may be counted or not', async () => {
    await sold('unknown')
    counted(1)
    await read()
    const reported = 'reported 0 for 0.00 EUR and 1 unknown'
    expect(await compared()).toContain(`agrees    cashless2: counted 1 for 1.50 EUR, ${reported}`)
    await sold('unknown')
    await read()
    expect(await compared()).toContain(`agrees    cashless2: counted 0 for 0.00 EUR, ${reported}`)
  })

  test('cash: lost reports are known to be lost, a restart hides how many, silence is not compared', async () => {
    await cashSale()
    noticed++
    counted(0, 2)
    await read({ notices: noticed })
    expect(await compared()).toContain(
      'agrees    cash: counted 2 for 3.00 EUR, reported 1 for 1.50 EUR and 1 unknown',
    )
    machine.boot++
    noticed = 0
    await cashSale()
    counted(0, 1)
    await read({ notices: noticed })
    expect((await compared())[0]).toMatch(/agrees {4}cashless2/)
    expect((await compared())[1]).toMatch(/^left out {2}cash: the automaton was started anew/)
    counted(0, 3)
    await read({ notices: noticed })
    expect(await compared()).toContain('left out  cash: 3 vends; the machine reports no cash sales')
  })

  test('an alert about one thing is not cleared by another that agrees', async () => {
    await cashSale()
    counted(0, 2)
    await read({ notices: noticed })
    const words = (await alert())[0]
    expect(words).toContain('cash: counted 2 for 3.00 EUR, reported 1 for 1.50 EUR')
    await sold()
    counted(1)
    await read({ notices: noticed })
    expect([(await alert())[0], alarms()]).toEqual([words, 1])
    await sold()
    await cashSale()
    counted(1, 1)
    await read({ notices: noticed })
    expect([await alert(), alarms()]).toEqual([['No machine counts otherwise than it reports.'], 2])
  })

  test('counters that go back, or of another board, begin anew and differ in nothing', async () => {
    await sold()
    now = { ...firstCounters, paid: { number: 0, valueMinor: 0 } }
    await read()
    expect(await says('machine audit')).toMatch(/Not compared: the counters began anew: paid was 431 vends/)
    await sold()
    now = { ...now, machine: { ...now.machine, serial: 'SIM0000043' } }
    await read()
    expect(await says('machine audit')).toMatch(/another machine, or another board: SIM0000043, before SIM/)
    await sold()
    counted(1)
    await read()
    expect(await compared()).toContain('agrees    cashless2: counted 1 for 1.50 EUR, reported 1 for 1.50 EUR')
    expect(alarms()).toBe(0)
  })

  test('a file that cannot be trusted is kept, said, and skipped over', async () => {
    await sold()
    const { counters: _, ...without } = auditOf(scenario, machine, { remarks: ['line 25, G85: says E005'] })
    await sendAudit(machine, without)
    expect(await says('machine audit')).toMatch(/without counters that can be trusted:\n.*line 25, G85/)
    counted(1)
    await read()
    expect(await compared()).toContain('agrees    cashless2: counted 1 for 1.50 EUR, reported 1 for 1.50 EUR')
  })

  test('another reader on the bus is not ours to compare', async () => {
    const { cashless2, cash, ...rest } = now
    now = { ...rest, cashless1: { number: 7, valueMinor: 900 } }
    await read()
    await sold()
    now = { ...now, cashless1: { number: 9, valueMinor: 1200 } }
    await read()
    expect(await compared()).toEqual([
      'left out  cashless1: 2 vends that are not ours',
      'left out  cashless2: the machine does not count it',
      'left out  cash: the machine does not count it',
      'left out  products: counted for all ways of payment together, not all of which are reported',
    ])
  })

  test('PA7 compares a product without knowing the other ways, and with cash where that is reported', async () => {
    const vends = (number: number) => ({ number, valueMinor: 150 * number })
    const by = (phone: number, coins: number) => {
      now = {
        ...now,
        products: now.products.map((row) => ({
          ...row,
          by: { cash: vends(coins), cashless2: vends(phone) },
        })),
      }
    }
    by(150, 101)
    await read()
    await sold()
    counted(1, 4)
    by(152, 105)
    await read()
    expect(await compared()).toContain('DIFFERS   product 5: counted 2 for 3.00 EUR, reported 1 for 1.50 EUR')
    await sold()
    await cashSale()
    counted(1, 1)
    by(153, 106)
    await read({ notices: noticed })
    expect(await compared()).toContain('agrees    product 5: counted 2 for 3.00 EUR, reported 2 for 3.00 EUR')
  })

  test('a reading that was overtaken is compared with nothing, and nothing with it', async () => {
    const late = auditOf(scenario, machine)
    await sold()
    counted(1)
    await read()
    await sendAudit(machine, late)
    await sold()
    counted(1)
    await read()
    expect(await compared()).toContain('agrees    cashless2: counted 1 for 1.50 EUR, reported 1 for 1.50 EUR')
    expect(alarms()).toBe(0)
  })
})

test('a reading that comes twice is kept once, and its word is stored', async () => {
  const audit = auditOf(scenario, machine)
  await sendAudit(machine, audit)
  await sendAudit(machine, audit)
  expect(await scenario.store.auditsOf(machine.automatonId, 10)).toHaveLength(1)
  expect(scenario.lastStored).toMatchObject({ upTo: audit.seq })
})

test('machine audit prints counters and readings, and the file itself', async () => {
  expect(await says('machine audit')).toMatch(/no audit counters yet/)
  const audit = auditOf(scenario, machine, { pieces: 2, seq: 3, remarks: ['line 2, ST: odd'] })
  machine.seq = 3
  const { journalId, readingId } = audit
  const piece = { kind: 'auditText', journalId, readingId } as const
  await sendAudit(machine, { ...piece, seq: 1, piece: 1, text: 'DXS*SIM0000001\r\n' })
  await sendAudit(machine, audit)
  await expect(says('machine audit', { text: true })).rejects.toThrow(/not all of it has come/)
  await sendAudit(machine, { ...piece, seq: 2, piece: 2, text: 'DXE*1*1\r\n' })
  expect(await says('machine audit', { text: true })).toBe('DXS*SIM0000001\nDXE*1*1')
  expect((await says('machine audit')).split('\n').map((line) => line.replace(/ +/g, ' '))).toEqual([
    'SIM0000042 PHONEVEND-30 A00042, read 2030-01-01 00:01:00 by dex; since initialisation:',
    ' paid 431 640.50 EUR',
    ' cash 281 415.50 EUR',
    ' cashless2 150 225.00 EUR',
    ' tubes 14.00 EUR',
    ' product 5 251 376.50 EUR at 1.50 EUR',
    ' event EGS 14, stands now',
    ' not by the standard: line 2, ST: odd',
    'Nothing to compare with yet: the next reading is held against this one.',
    'Readings, newest first (time, paid vends, their value):',
    ' 2030-01-01 00:01:00 431 640.50 EUR',
  ])
})

test('a person has the counters read: told until it is answered', async () => {
  expect(await says('machine read-audit', { who: 'somebody', why: 'because' })).toMatch(/is told to read/)
  const [instruction] = scenario.instructions()
  expect(instruction).toMatchObject({ kind: 'readAudit' })
  await scenario.pass(10_000)
  expect(scenario.sent.filter(({ channel }) => channel === 'instruction').length).toBeGreaterThan(1)
  await machine.answer(instruction?.id ?? '', { answer: 'stored' })
  expect(await scenario.outbox()).toEqual([])
})
