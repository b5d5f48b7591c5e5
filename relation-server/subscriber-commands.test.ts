// What a person does about one buyer, on a whole engine: the number is read, and never shown.
import { beforeEach, expect, test } from 'vitest'
import type { FlagValues } from './command-parts.ts'
import { type CommandName, runCommand } from './commands.ts'
import { consented, Scenario } from './engine/scenario.ts'

const decided = { who: 'somebody', why: 'because' }
let scenario: Scenario
beforeEach(async () => {
  scenario = await Scenario.open()
})

async function says(command: CommandName, typed: string, flags: Partial<FlagValues> = decided) {
  const lines: string[] = []
  const { store, engine, settings, clock, vault } = scenario
  let minted = 0
  await runCommand(command, flags as FlagValues, {
    ...{ store, engine, limits: settings.limits, checkDigit: false, vault, language: 'en' },
    offered: {} as never,
    payWord: () => 'PAY',
    writePicture: () => '',
    now: () => clock.now(),
    mint: () => `person ${clock.now()} ${minted++}`,
    readLine: async () => typed,
    print: (line) => lines.push(line),
    readMachineConfiguration: () => ({}),
  })
  return lines.join('\n')
}

test.each(['+33612345678', ' 0033 6 12-34.56 78 ', '+33 (6) 12 34 56 78', 'orange-fr:PDK-7'])(
  '%j is blocked and unblocked, though never heard of',
  async (typed) => {
    const shown = typed.includes(':') ? 'orange-fr:•••••' : '+33•••••678'
    expect(await says('subscriber block', typed)).toBe(`${shown} is blocked.`)
    expect(await says('subscriber show', typed)).toMatch(/its number is erased\n {2}is blocked/)
    expect(await says('subscriber unblock', typed)).toBe(`${shown} is not blocked any more.`)
    expect(await says('subscriber show', typed)).not.toMatch(/is blocked/)
  },
)

test('what is no number is not repeated', async () => {
  const refusal = await says('subscriber show', '0612345678').catch((error: Error) => error.message)
  expect(refusal).toMatch(/one number is needed on standard input/)
  expect(refusal).not.toMatch(/0612345678/)
})

test('who and why are asked for before the number is', async () => {
  await expect(says('subscriber forget', '+33612345678', {})).rejects.toThrow(/--who and --why/)
})

test('a number is erased once its sale is over, and not before', async () => {
  const sale = await consented()
  scenario = sale.scenario
  await expect(says('subscriber forget', '+33612345678')).rejects.toThrow(/a sale that is open/)
  expect(await says('subscriber show', '+33612345678')).toMatch(/bound since .*, sale /)
  await sale.machine.report(sale.saleId, 'delivered')
  expect(await says('subscriber forget', '+33612345678')).toBe('+33•••••678 is erased.')
  expect(await says('subscriber show', '+33612345678')).toMatch(/not in the books/)
})
