// What a machine says of itself, and what it is given to run on, told from outside the engine.
import type { ConfigurationMessage } from '@concilia/protocol/machine-configuration.ts'
import { eventCode, type HardwareState, type MachineEventKind } from '@concilia/protocol/machine-state.ts'
import type { Telemetry } from '@concilia/protocol/messages.ts'
import { sha256 } from '@concilia/protocol/random.ts'
import { beforeEach, describe, expect, test } from 'vitest'
import { Scenario } from './scenario.ts'
import type { ScenarioMachine } from './scenario-machine.ts'

let scenario: Scenario
let machine: ScenarioMachine
beforeEach(async () => {
  scenario = await Scenario.open()
  machine = await scenario.machine()
})

async function row() {
  const found = (await scenario.store.machines()).find((each) => each.automatonId === machine.automatonId)
  if (!found) throw new Error('the machine is gone')
  return found
}

describe('a configuration', () => {
  const text = (language: 'en' | 'fr') => JSON.stringify({ language })
  const give = (language: 'en' | 'fr') =>
    scenario.person(machine.automatonId, { type: 'configure', text: text(language) })
  /** What was sent to the machine since this was asked last. */
  const told = (): ConfigurationMessage[] => {
    const found = scenario.sent.flatMap((each) => (each.channel === 'configuration' ? [each.body] : []))
    scenario.sent.length = 0
    return found
  }
  const answer = async (version: number, language: 'en' | 'fr', reason?: string) => {
    const hash = sha256(text(language))
    const given = reason === undefined ? { inForce: version } : { inForce: 0, reason }
    const verdict = reason === undefined ? ('accepted' as const) : ('rejected' as const)
    await machine.say({ type: 'configured', answer: { version, hash, answer: verdict, ...given } })
  }

  test('is sent until the machine answers, then no more', async () => {
    await give('fr')
    const message = { version: 1, hash: sha256(text('fr')), configuration: text('fr') }
    expect(told()).toEqual([message])
    await scenario.pass(60_000)
    expect(told().length).toBeGreaterThanOrEqual(2)
    await answer(1, 'fr')
    await scenario.pass(300_000)
    expect([told(), await scenario.outbox()]).toEqual([[], []])
    expect(await row()).toMatchObject({ wantedVersion: 1, versionInForce: 1, configurationRefusal: null })
  })

  test('that a machine rejects is kept as wanted with the reason, and is not sent on', async () => {
    await give('fr')
    await answer(1, 'fr', 'offerWaitMs is too long')
    told()
    await scenario.pass(300_000)
    expect(told()).toEqual([])
    expect(await row()).toMatchObject({
      wantedVersion: 1,
      versionInForce: 0,
      configurationRefusal: 'offerWaitMs is too long',
    })
    await give('en')
    expect(await row()).toMatchObject({ wantedVersion: 2, configurationRefusal: null })
  })

  test('is sent again after a birth that names another version, or another hash', async () => {
    await give('fr')
    await answer(1, 'fr')
    told()
    const births = [
      { configurationVersion: 1, configurationHash: sha256(text('fr')) },
      { configurationVersion: 0, configurationHash: 'file' },
      { configurationVersion: 1, configurationHash: sha256(text('en')) },
    ]
    const sent: number[] = []
    for (const birth of births) {
      await machine.birth(birth)
      sent.push(told().length)
    }
    expect(sent).toEqual([0, 1, 1])
    expect(await row()).toMatchObject({ versionInForce: 1 })
  })

  test('a birth that names the wanted one is as good as an answer', async () => {
    await give('fr')
    await machine.birth({ configurationVersion: 1, configurationHash: sha256(text('fr')) })
    expect(await scenario.outbox()).toEqual([])
  })

  test('a newer one takes the place of one not yet answered; a late answer to that settles nothing', async () => {
    await give('fr')
    await give('en')
    await answer(1, 'fr')
    expect(await row()).toMatchObject({ wantedVersion: 2, versionInForce: 1 })
    told()
    await scenario.pass(60_000)
    expect([...new Set(told().map(({ version }) => version))]).toEqual([2])
    await answer(2, 'en')
    expect(await scenario.outbox()).toEqual([])
  })

  test('the version rises above what the machine has of a server that was restored', async () => {
    await machine.birth({ configurationVersion: 7, configurationHash: 'of the server before' })
    await give('fr')
    expect(told().map(({ version }) => version)).toEqual([8])
  })

  test('given to a machine that nobody has admitted, is told when it is', async () => {
    await scenario.person(machine.automatonId, { type: 'bar' })
    await give('fr')
    expect(told()).toEqual([])
    await scenario.person(machine.automatonId, { type: 'admit' })
    await machine.birth()
    expect(told().map(({ version }) => version)).toEqual([1])
  })

  test('is told to a machine that comes back with an empty journal, as soon as that is admitted', async () => {
    await give('fr')
    await answer(1, 'fr')
    machine.journalId = '7d444840-9dc0-41d1-b245-5ffdce74fad2'
    await machine.birth()
    told()
    await scenario.person(machine.automatonId, { type: 'admit' })
    await scenario.pass(2000)
    expect(told().length).toBeGreaterThanOrEqual(1)
  })
})

describe('telemetry', () => {
  const notice = async (count: number, kind: Telemetry['kind'], detail = 'why') => {
    const { journalId, boot } = machine
    const telemetry = { journalId, boot, count, at: scenario.clock.now(), kind, detail }
    await machine.say({ type: 'telemetry', telemetry })
  }
  const kept = async () =>
    (await scenario.store.telemetryOf(machine.automatonId, 10)).map(({ count, kind }) => `${count} ${kind}`)

  test('is kept for the operator, each once', async () => {
    await notice(1, 'garbage')
    await notice(1, 'garbage')
    await notice(2, 'surprise', 'a NUL \0 and half a pair \ud83d')
    expect(await kept()).toEqual(['2 surprise', '1 garbage'])
  })

  test('a lost hardware stands at the machine until it is back, or until a birth that does not say so', async () => {
    await notice(1, 'hardwareLost', 'unplugged')
    expect((await row()).fault).toBe('unplugged')
    await notice(2, 'hardwareBack')
    expect((await row()).fault).toBeNull()
    await notice(3, 'hardwareLost', 'unplugged')
    await machine.birth()
    expect((await row()).fault).toBeNull()
  })
})

describe('its own state', () => {
  const shut = { status: 'Available', isEnabled: false } as const
  const open = { status: 'Available', isEnabled: true } as const
  const present = (presence: 'online' | 'lost', hardware?: HardwareState) =>
    machine.say({
      type: 'presence',
      presence: { presence, boot: machine.boot, ...(hardware && { hardware }) },
    })

  test('is kept from birth and presence; a last will says nothing of the vending machine', async () => {
    expect((await row()).hardware).toBeNull()
    await machine.birth({ hardware: shut })
    expect((await row()).hardware).toEqual(shut)
    await present('online', open)
    expect((await row()).hardware).toEqual(open)
    await present('lost')
    expect(await row()).toMatchObject({ presence: 'lost', hardware: open })
  })

  test('codes stand until they are over, or until a birth after which they are not said again', async () => {
    const { journalId, boot } = machine
    const say = (count: number, kind: MachineEventKind) =>
      machine.say({
        type: 'telemetry',
        telemetry: { journalId, boot, count, at: 0, kind, ...eventCode(kind), detail: '' },
      })
    await say(1, 'doorOpened')
    await say(2, 'hardwareLost')
    await say(3, 'notDelivered')
    expect((await row()).activeCodes).toEqual(['EGS', 'EKB'])
    await say(4, 'doorClosed')
    expect((await row()).activeCodes).toEqual(['EKB'])
    await machine.birth()
    expect((await row()).activeCodes).toEqual([])
  })
})

test('a machine that is barred is told so: by a person, or for two bodies under one number', async () => {
  const lastAdmission = () => scenario.lastAdmission?.admission
  expect(lastAdmission()).toBe('accepted')
  await scenario.person(machine.automatonId, { type: 'bar' })
  expect(lastAdmission()).toBe('rejected')
  await scenario.person(machine.automatonId, { type: 'admit' })
  await machine.birth()
  expect(lastAdmission()).toBe('accepted')
  await machine.offer()
  const [first] = machine.published
  if (!first) throw new Error('nothing was published')
  await machine.send(first.message, `${first.body} `)
  expect([lastAdmission(), (await row()).state]).toEqual(['rejected', 'barred'])
})
