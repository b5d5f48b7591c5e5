// Words that mean the same at every machine that is worked by typing, with what they do to it. What is typed
// to a machine that stands alone and to one on the bench differs in the rest (typed-words.ts,
// typed-bench.ts).
import { type BehaviourName, behaviourNames } from '../behaviours.ts'
import { type BusFault, busFaults } from '../bus-faults.ts'
import { type DexFault, dexFaults } from '../dex-device.ts'

export interface MachineActs<Answer> {
  press(item: number): Answer
  payInCoins(item: number): Answer
  pushLever(): Answer
  behave(name: BehaviourName): Answer
  disturb(fault: BusFault): Answer
  disturbDex(fault: DexFault): Answer
  door(open: boolean): Answer
  cutPower(forMs: number): Answer
  stopPolling(forMs: number): Answer
  look(): Answer
}

const usualSeconds = 5

export const actWords = [
  'press ITEM     choose an item and pay by phone',
  'coins ITEM     buy an item with coins',
  'lever          push the coin return lever',
  'behave NAME    how vends go from now on',
  'fault NAME     something goes wrong on the raw bus, once',
  'dexfault NAME  something goes wrong at the next DEX reading',
  'door open      a technician opens the door; door close',
  'power [S]      the machine loses its power for S seconds',
  'quiet [S]      the machine polls nobody for S seconds',
  'look           what was dropped, what the display shows',
]

/** @returns what the act answered, words when it was mistyped, undefined when it is none of these */
export function act<Answer>(acts: MachineActs<Answer>, text: string): Answer | string | undefined {
  const [command = '', argument = ''] = text.trim().split(/\s+/)
  const item = Number(argument)
  switch (command) {
    case 'press':
      return acts.press(item)
    case 'coins':
      return acts.payInCoins(item)
    case 'lever':
      return acts.pushLever()
    case 'behave':
      return named('behaviour', behaviourNames, argument, (name) => acts.behave(name))
    case 'fault':
      return named('fault', busFaults, argument, (name) => acts.disturb(name))
    case 'dexfault':
      return named('fault', dexFaults, argument, (name) => acts.disturbDex(name))
    case 'door':
      return named('door', ['open', 'close'], argument, (name) => acts.door(name === 'open'))
    case 'power':
      return lasting(argument, (ms) => acts.cutPower(ms))
    case 'quiet':
      return lasting(argument, (ms) => acts.stopPolling(ms))
    case 'look':
      return acts.look()
    default:
      return undefined
  }
}

/** Shown by --help and for what is mistyped: every name there is, no line wider than a terminal. */
export function nameList(names: readonly string[], indent: string): string {
  const lines: string[] = []
  for (const name of names) {
    const last = lines.at(-1)
    if (last !== undefined && last.length + name.length + 3 <= 80) {
      lines[lines.length - 1] = `${last}, ${name}`
    } else lines.push(`${indent}${name}`)
  }
  return lines.join(',\n')
}

function named<Name extends string, Answer>(
  what: string,
  known: readonly Name[],
  typed: string,
  act: (name: Name) => Answer,
): Answer | string {
  const name = known.find((each) => each === typed)
  return name === undefined ? `unknown ${what} ${typed}; known: ${known.join(', ')}` : act(name)
}

function lasting<Answer>(typed: string, act: (ms: number) => Answer): Answer | string {
  const seconds = typed === '' ? usualSeconds : Number(typed)
  return seconds > 0 && seconds <= 3600 ? act(seconds * 1000) : `${typed} is no number of seconds`
}
