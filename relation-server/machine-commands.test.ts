// What a person reads and is told by the commands about machines, on a whole engine.
import { OperatingError } from '@concilia/platform/operating-error.ts'
import type { MachineConfiguration } from '@concilia/protocol/machine-configuration.ts'
import { beforeEach, describe, expect, test } from 'vitest'
import type { FlagValues } from './command-parts.ts'
import { type CommandName, runCommand } from './commands.ts'
import { Scenario } from './engine/scenario.ts'
import type { ScenarioMachine } from './engine/scenario-machine.ts'
import type { Offered } from './phones/links/machine-links.ts'

let scenario: Scenario
let machine: ScenarioMachine
let file: MachineConfiguration
let checkDigit = false
let pictures: [name: string, picture: string | Buffer][] = []
let offered: Offered = { ways: [] }
beforeEach(async () => {
  scenario = await Scenario.open()
  machine = await scenario.machine()
  file = {}
  checkDigit = false
  pictures = []
  offered = { ways: [{ name: 'kannel', sender: '36000', ussdCode: '*123#' }] }
})

async function says(command: CommandName, flags: Partial<FlagValues> = {}): Promise<string> {
  const lines: string[] = []
  const { store, engine, settings, clock } = scenario
  await runCommand(command, { id: machine.automatonId, ...flags } as FlagValues, {
    store,
    engine,
    limits: settings.limits,
    checkDigit,
    offered,
    payWord: () => 'PAY',
    writePicture: (folder, name, picture) => {
      pictures.push([name, picture])
      return `${folder}/${name}`
    },
    vault: scenario.vault,
    language: 'en',
    now: () => clock.now(),
    mint: () => 'unused',
    readLine: () => Promise.reject(new Error('nothing is asked for')),
    print: (line) => lines.push(line),
    readMachineConfiguration: () => file,
  })
  return lines.join('\n')
}
const configure = { file: 'machine.toml', who: 'somebody', why: 'because' }

describe('machine enrol', () => {
  const enrol = { id: 'another', seller: 'operator', who: 'somebody', why: 'because' }

  test('proposes a free number that ends in its check digit', async () => {
    const proposal = await says('machine enrol', enrol).catch((error: OperatingError) => error.message)
    const [, free = ''] = /--number NUMBER is needed; (100\d) is free/.exec(proposal as string) ?? []
    expect(await says('machine enrol', { ...enrol, number: free })).toMatch(
      new RegExp(`^Machine ${free} is another`),
    )
    await expect(says('machine enrol', enrol)).rejects.toThrow(/; 101\d is free/)
  })

  test('under the policy takes no number without one, and says which would do', async () => {
    checkDigit = true
    const refusal = says('machine enrol', { ...enrol, number: '572' })
    await expect(refusal).rejects.toMatchObject({
      code: 'machine-number-without-check-digit',
      advice: expect.stringMatching(/^5724 would, and 100\d is free/),
    })
    expect(await says('machine enrol', { ...enrol, number: '5724' })).toMatch(/^Machine 5724 is another/)
    checkDigit = false
    expect(await says('machine enrol', { ...enrol, number: '572' })).toMatch(/^Machine 572 is another/)
  })
})

describe('machine links', () => {
  test('prints what opens a phone there', async () => {
    expect(await says('machine links', { number: '4021' })).toBe(
      [
        'text  sms:36000?&body=PAY%204021',
        '      opens the messages with the text ready, on iPhones and on Android (through kannel)',
        'dial  tel:*123*4021%23',
        '      dials, on Android; iPhones dial no code with * and # (through kannel)',
        'With --out FOLDER each is written as a QR code. On an NFC tag: as a URI record.',
      ].join('\n'),
    )
    expect(pictures).toEqual([])
  })

  test('writes each as SVG and PNG, and says where', async () => {
    expect(await says('machine links', { number: '4021', out: 'stickers' })).toMatch(
      /stickers\/machine-4021-text\.svg\n.*stickers\/machine-4021-text\.png/,
    )
    const names = ['text.svg', 'text.png', 'dial.svg', 'dial.png'].map((end) => `machine-4021-${end}`)
    expect(pictures.map(([name]) => name)).toEqual(names)
    expect(pictures[0]?.[1]).toMatch(/^<svg /)
  })

  test('writes no picture over another', async () => {
    offered = { ways: ['36000', '36001'].map((sender) => ({ name: sender, sender })) }
    await says('machine links', { number: '4021', out: 'stickers' })
    const names = ['text.svg', 'text.png', 'text-2.svg', 'text-2.png'].map((end) => `machine-4021-${end}`)
    expect(pictures.map(([name]) => name)).toEqual(names)
  })

  test('makes none to a machine that is not there, or where nothing can be texted', async () => {
    await expect(says('machine links', { number: '4022' })).rejects.toThrow('No machine has the number 4022')
    offered = { ways: [{ name: 'letters', sender: 'CONCILIA' }] }
    await expect(says('machine links', { number: '4021' })).rejects.toMatchObject({ code: 'no-link' })
  })
})

describe('machine configure', () => {
  test('needs a file, and who and why', async () => {
    await expect(says('machine configure', { who: 'a', why: 'b' })).rejects.toThrow(/--file FILE is needed/)
    await expect(says('machine configure', { file: 'a' })).rejects.toThrow(/--who and --why are needed/)
    await expect(says('machine configure', { ...configure, id: 'nobody' })).rejects.toThrow(
      /no machine nobody/,
    )
  })

  test('keeps who decided it, and shows what is wanted until the machine has answered', async () => {
    file = { language: 'fr' }
    expect(await says('machine configure', configure)).toMatch(/is to run on configuration 1/)
    expect(await says('machine show')).toMatch(
      /in force: its own file; wanted is version 1\n {2}given .*: \{"language":"fr"\}/,
    )
  })

  test('refuses what no message holds, and a wait that no buyer keeps', async () => {
    const items = Array.from({ length: 120 }, (_, index) => ({
      item: 65_000 + index,
      label: '"'.repeat(18),
      amountMinor: 6_553_400,
    }))
    const names = ['delivering', 'delivered', 'failed', 'unknown', 'waitLimit', 'cancelled', 'closed']
    const texts = Object.fromEntries(names.map((name) => [name, '"'.repeat(32)]))
    file = { priceList: { currency: 'EUR', items }, texts }
    await expect(says('machine configure', configure)).rejects.toThrow(/is the largest/)
    file = { limits: { offerWaitMs: 10_000 } }
    const refused = says('machine configure', configure)
    await expect(refused).rejects.toBeInstanceOf(OperatingError)
    await expect(refused).rejects.toThrow(/ends before a buyer can pay/)
  })
})

test('machine show tells what it noticed, a standing loss, and what could not be processed', async () => {
  const { journalId, boot } = machine
  const telemetry = { journalId, boot, count: 1, at: 0, kind: 'hardwareLost', detail: 'unplugged' } as const
  await machine.say({ type: 'telemetry', telemetry })
  await machine.garble()
  const shown = await says('machine show')
  expect(shown).toMatch(/hardware: lost: unplugged/)
  expect(shown).toMatch(/2030-01-01 00:01:00 {2}hardwareLost {2}unplugged/)
  expect(shown).toMatch(/could not be processed, newest first:\n.*not in form: not JSON/)
  expect(await says('machine list')).toMatch(/hardware lost: unplugged/)
})

test('machine show tells whether the vending machine can sell, and which faults stand', async () => {
  expect(await says('machine show')).toMatch(/can sell by phone: has not said/)
  const { journalId, boot } = machine
  const presence = { presence: 'online', boot } as const
  await machine.say({
    type: 'presence',
    presence: { ...presence, hardware: { status: 'Available', isEnabled: true } },
  })
  expect(await says('machine show')).toMatch(/can sell by phone: yes \(Available, enabled\)/)
  expect(await says('machine list')).not.toMatch(/cannot sell/)
  await machine.say({
    type: 'presence',
    presence: { ...presence, hardware: { status: 'Available', isEnabled: false } },
  })
  const door = { kind: 'doorOpened', code: 'EGS', active: true, detail: 'service door' } as const
  await machine.say({ type: 'telemetry', telemetry: { journalId, boot, count: 1, at: 0, ...door } })
  const shown = await says('machine show')
  expect(shown).toMatch(/can sell by phone: no, closed by the machine \(Available, not enabled\)/)
  expect(shown).toMatch(/faults that stand \(EVA-DTS\): EGS/)
  expect(await says('machine list')).toMatch(/cannot sell by phone now/)
})
