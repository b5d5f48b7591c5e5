// What a voice platform is to do next in a call, from where the call stands: pure, the same for HTTP and for
// Asterisk. The tariff comes first and before the call is answered, so that it is free; the code comes last.
import type { Money } from '@concilia/protocol/money.ts'
import { machineTries } from '../../engine/call-step.ts'
import type { CallRow } from '../../store/port.ts'
import type { PromptName, VoiceWords } from './voice-sentences.ts'

/** What the platform says has happened. */
export const callEvents = ['begun', 'tariffPlayed', 'digits', 'codeRead', 'waited', 'hungUp'] as const
export type CallEvent = (typeof callEvents)[number]

export type CallAction =
  /** `message`: a recording of that name; `text`: the same for a voice that reads. */
  | { readonly do: 'play'; readonly message: string; readonly text: string }
  /** From here on the carrier counts the call. */
  | { readonly do: 'answer' }
  | {
      readonly do: 'ask'
      readonly message: string
      readonly text: string
      readonly digits: number
      readonly end: '#'
      readonly withinMs: number
    }
  | { readonly do: 'readCode'; readonly message: string; readonly text: string; readonly code: string }
  | { readonly do: 'wait'; readonly forMs: number }
  | { readonly do: 'hangUp' }

export interface CallAnswer {
  readonly do: readonly CallAction[]
  /** What to say once that is done; null when the call is over. A caller who hangs up is said at once. */
  readonly report: Exclude<CallEvent, 'begun'> | null
}

const longestMachineNumber = 8
const askMs = 10_000
const waitMs = 1000

export interface CallTold {
  readonly words: VoiceWords
  readonly tariffMessage: string
  readonly house: { readonly serviceName: string; readonly helpNumber: string }
  /** Undefined until there is one. */
  readonly code: string | undefined
  readonly machineNumber: string
  readonly typed: string
  readonly now: number
}

export const over: CallAnswer = { do: [], report: null }

export function nextStep(call: CallRow, told: CallTold): CallAnswer {
  const { words, house, code = '' } = told
  const { amountMinor, currency, goodUntil } = call
  const minutes = String(Math.max(0, Math.floor(((goodUntil ?? 0) - told.now) / 60_000)))
  const values = {
    machine: told.machineNumber,
    minutes,
    service: house.serviceName,
    helpNumber: house.helpNumber,
    code: [...code].join(' '),
    money: { amountMinor, currency } as Money,
  }
  const play = (name: PromptName, more = {}) =>
    ({ do: 'play', message: name, text: words.prompt(name, { ...values, ...more }) }) as const
  const readCode = (name: 'yourCode' | 'codeAgain') =>
    ({ do: 'readCode', message: name, text: words.prompt(name, values), code }) as const
  const end = [{ do: 'hangUp' }] as const
  switch (call.state) {
    case 'tariff':
      return {
        do: [{ ...play('tariff'), message: told.tariffMessage }, { do: 'answer' }],
        report: 'tariffPlayed',
      }
    case 'asking': {
      const isAgain = call.triesLeft < machineTries
      const asked = words.prompt('askMachine', values)
      const ask = { do: 'ask', message: 'askMachine', text: asked } as const
      const how = { digits: longestMachineNumber, end: '#', withinMs: askMs } as const
      return {
        do: [...(isAgain ? [play('noSuchMachine', { machine: told.typed })] : []), { ...ask, ...how }],
        report: 'digits',
      }
    }
    case 'making':
      return { do: [play('oneMoment'), { do: 'wait', forMs: waitMs }], report: 'waited' }
    case 'reading':
      return { do: [readCode('yourCode')], report: 'codeRead' }
    case 'good':
      return { do: [readCode('codeAgain'), play('goodbye'), ...end], report: 'hungUp' }
    case 'bound':
    case 'used':
      return { do: [...(call.direct ? [play('paidAtOnce')] : []), ...end], report: 'hungUp' }
    case 'refused':
      return { do: [play('sorry'), ...end], report: 'hungUp' }
    case 'over':
      return { do: [...end], report: null }
  }
}
