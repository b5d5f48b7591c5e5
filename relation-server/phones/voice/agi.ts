// Asterisk's gateway lines: what opens a session, the commands we send and the answers they get. Pure. An
// answer that is none of these is taken for a hang-up: nobody is left on the line waiting for nothing.
import type { CallAction } from './next-step.ts'

/** The variables that open a session: `agi_dnid: 0899123456` and so on. */
export function readEnvironment(lines: readonly string[]): ReadonlyMap<string, string> {
  return new Map(
    lines.flatMap((line) => {
      const [, name, value] = /^agi_([a-z0-9_]{1,40}): (.*)$/.exec(line) ?? []
      return name === undefined || value === undefined ? [] : [[name, value] as const]
    }),
  )
}

/** The number that was called: the PBX may know it from the carrier, or as the extension that was dialled. */
export function calledNumber(environment: ReadonlyMap<string, string>): string {
  const said = [environment.get('dnid'), environment.get('extension')]
  return said.find((number) => number !== undefined && /^\+?[0-9]{3,15}$/.test(number)) ?? ''
}

export type AgiAnswer = { readonly kind: 'done'; readonly digits: string } | { readonly kind: 'hungUp' }

/** `200 result=4021 (timeout)`: what was typed, or -1 when the caller is gone. */
export function readAnswer(line: string): AgiAnswer {
  const [, result = '-1'] = /^200 result=(-?[0-9*#]*)/.exec(line) ?? []
  return result === '-1' ? { kind: 'hungUp' } : { kind: 'done', digits: result }
}

/** The commands of one action, in turn. @param sounds folder of the recordings, of the call's language */
export function commandsOf(action: CallAction, sounds: string): string[] {
  switch (action.do) {
    case 'play':
      return [stream(sounds, action.message)]
    case 'answer':
      return ['ANSWER']
    case 'ask':
      return [`GET DATA ${sounds}/${action.message} ${action.withinMs} ${action.digits}`]
    case 'readCode':
      return [stream(sounds, action.message), `SAY DIGITS ${action.code} ""`]
    case 'wait':
      return [`EXEC Wait ${Math.max(1, Math.round(action.forMs / 1000))}`]
    case 'hangUp':
      return ['HANGUP']
  }
}

function stream(sounds: string, message: string): string {
  return `STREAM FILE ${sounds}/${message} ""`
}
