// A call desk on a real engine in a small world, with a centre and a machine that can be told what to do: for
// the tests of this folder.
import { Scenario, type ScenarioOptions } from '../../engine/scenario.ts'
import { MachineDirectory } from '../../machine-directory.ts'
import { readLanguages } from '../languages-adapter.ts'
import { CallDesk, type CallStep } from './call-desk.ts'
import { voiceRulesOf, voiceSchema } from './configuration.ts'

export const platform = 'pbx'
export const called = '0899123456'

export async function desk({
  checkDigit = false,
  ...options
}: ScenarioOptions & { checkDigit?: boolean } = {}) {
  const number = { currency: 'EUR', tariffMessage: 'tariff-150', sellerShareBps: 6000, amount: '1.50' }
  const configuration = voiceSchema.parse({
    answerLimitMs: 2000,
    numbers: {
      'fr-150': { ...number, called, language: 'fr' },
      'en-150': { ...number, called: '0899000000', way: 'direct' },
    },
    platforms: {},
  })
  const languages = readLanguages('en')
  const scenario: Scenario = await Scenario.open({
    ...options,
    voice: {
      tell: (words, language) => voiceRulesOf(configuration, scenario.codes, languages).tell(words, language),
    },
  })
  const machine = await scenario.machine()
  const parts = {
    configuration,
    codes: scenario.codes,
    languages,
    house: { serviceName: 'Concilia', helpNumber: '0800 123 456' },
    checkDigit,
    store: scenario.store,
    directory: new MachineDirectory(scenario.store, scenario.clock),
    vault: scenario.vault,
    engine: () => scenario.engine,
    clock: scenario.clock,
    log: { info: () => {}, warn: () => {}, error: () => {} } as never,
  }
  const calls = new CallDesk(parts)
  scenario.hearCall = (callId) => calls.wentOn(callId)
  let step = 0
  /** The next step of call `7`. */
  const say = (event: CallStep['event'], more: Partial<CallStep> = {}) =>
    calls.hear({ platform, call: '7', step: ++step, event, called, ...more })
  return { scenario, machine, calls, say }
}
