// Which machine, sale or identification a phone's words mean, as things stand. A guess by what can be read
// without a lock: the engine judges it again under the machine's.
import type { PhoneAct } from './engine/inputs.ts'
import type { MachineDirectory } from './machine-directory.ts'
import { hasCheckDigit } from './machine-number.ts'
import { pricePaidBy } from './pay-figure.ts'
import type { Incoming } from './phones/port.ts'
import type { Say } from './phones/say.ts'
import { suggestionFor } from './phones/suggestion.ts'
import type { Intent } from './phones/words.ts'
import { type PresencePolicy, splitPresence, standsThere } from './presence-policy.ts'
import type { Language } from './sale-events.ts'
import type { DialogueRow, IdentificationRow, MachineRow, Store } from './store/port.ts'

export interface Aiming {
  readonly directory: MachineDirectory
  /** Machine numbers end in their check digit; what does not is none. */
  readonly checkDigit: boolean
  /** Where the number alone will not do. */
  readonly presence?: PresencePolicy | undefined
  readonly store: Pick<Store, 'sale'>
}

export interface HeardWords {
  readonly intent: Intent
  readonly incoming: Incoming
  /** The subscriber's waiting and bound identifications, newest first. */
  readonly open: readonly IdentificationRow[]
  readonly language: Language
  /** Open requests of this subscriber, on all machines together. */
  readonly mostOpen: number
  /** Of a dialogue: as its last screen left it, and all that its name has shown. */
  readonly before: DialogueRow | undefined
  readonly screens: readonly DialogueRow[]
}

export interface Aim {
  readonly automatonId: string | null
  readonly act: PhoneAct
}

export async function aimOf(heard: HeardWords, aiming: Aiming): Promise<Aim> {
  const { intent, incoming, open, before } = heard
  const { sessionId = null } = incoming
  if (before?.suggested && intent.kind === 'pick' && intent.digit === 1) {
    return await identify(before.suggested, heard, aiming)
  }
  const own = open.find((row) => sessionId !== null && row.sessionId === sessionId)
  // A tap on a machine's page means that machine, and nothing that is open elsewhere.
  const isPage = incoming.channel === 'web'
  const current = isPage ? own : (own ?? open[0])
  const meant = isPage ? { ...heard, open: own ? [own] : [] } : heard
  switch (intent.kind) {
    case 'identify':
      return await identify(intent.machineNumber, heard, aiming)
    case 'digits':
      return await figures(intent.code, meant, aiming)
    case 'consent':
      return await consent(intent.code, meant, aiming)
    case 'pick':
    case 'consentWithoutCode':
      return pick(current, heard)
    case 'no': {
      if (!current) return answer(heard, { kind: 'nothingOpen' })
      const { automatonId, identificationId, saleId } = current
      return { automatonId, act: { type: 'refuse', identificationId, saleId } }
    }
    case 'stop':
      return answer(heard, { kind: 'stopped' })
    case 'start':
      return answer(heard, { kind: 'started' })
    case 'help':
      return answer(heard, { kind: 'help' })
    case 'open':
      return answer(heard, { kind: 'askMachineNumber' })
    case 'unreadable':
      return answer(heard, { kind: 'unreadable' })
  }
}

/** Says again how things stand at this machine. */
export function lookAt({ automatonId }: Pick<Aim, 'automatonId'>, { incoming, language }: HeardWords): Aim {
  const { channel, sessionId = null, vouched } = incoming
  return { automatonId, act: { type: 'identify', channel, sessionId, language, vouched } }
}

async function figures(code: string, heard: HeardWords, aiming: Aiming): Promise<Aim> {
  const { open, incoming } = heard
  const isPage = incoming.channel === 'web'
  const expecting = await Promise.all(open.map((row) => expectedOf(row, aiming)))
  const validating = open[expecting.indexOf('validation')]
  if (validating) return inSale(validating, { type: 'code', code }, heard)
  // The centre's code may come back before its answer: what names no machine waits for that answer.
  const authorising = open[expecting.indexOf('authorisation')]
  if (authorising && (isPage || !(await machineOf(code, heard, aiming))))
    return inSale(authorising, { type: 'code', code }, heard)
  // A page's machine is in its address, and not among the figures typed on it.
  if (isPage) return open[0] ? lookAt(open[0], heard) : answer(heard, { kind: 'nothingOpen' })
  return await identify(code, heard, aiming)
}

/**
 * What figures from a phone in a sale mean, by how far that has come. `authorisation`: perhaps a code, the
 * centre will say. Read where figures were typed, which is seldom.
 */
async function expectedOf({ saleId, subscriberId }: IdentificationRow, { store }: Aiming) {
  const sale = saleId === null ? undefined : await store.sale(saleId)
  if (sale?.subscriberId !== subscriberId) return 'consent'
  if (sale.state === 'charging.validating') return 'validation'
  return /^charging\.(?:authorising|inDoubt)$/.test(sale.state) ? 'authorisation' : 'consent'
}

async function consent(code: string, heard: HeardWords, aiming: Aiming): Promise<Aim> {
  const bound = heard.open.filter(({ state }) => state === 'bound')
  const meant = bound.find((row) => row.code === code) ?? bound[0]
  if (!meant) return answer(heard, { kind: 'nothingOpen' })
  // A consent that comes twice is no wrong validation code.
  const type = meant.code !== code && (await expectedOf(meant, aiming)) !== 'consent' ? 'code' : 'consent'
  return inSale(meant, { type, code }, heard)
}

/** A line of the screen, or a bare yes, which does not say to what. */
function pick(current: IdentificationRow | undefined, heard: HeardWords): Aim {
  const { intent, incoming, screens } = heard
  const { sessionId = null, channel } = incoming
  const paid = intent.kind === 'pick' ? pricePaidBy(intent.digit, screens) : null
  if (!current) return answer(heard, { kind: channel === 'ussd' ? 'askMachineNumber' : 'nothingOpen' })
  if (current.state === 'waiting') return lookAt(current, heard)
  // Only what no screen but this price's has offered is a yes to it (rule 14).
  if (sessionId !== null && current.sessionId === sessionId && paid !== current.code)
    return lookAt(current, heard)
  const vouched = current.vouched && incoming.vouched && current.sessionId === sessionId
  if (!vouched || paid === null) return answer(heard, { kind: 'codeMissing' })
  return inSale(current, { type: 'consent', code: null }, heard)
}

async function identify(machineNumber: string, heard: HeardWords, aiming: Aiming): Promise<Aim> {
  const { open, mostOpen } = heard
  const machine = await machineOf(machineNumber, heard, aiming)
  if (machine === 'elsewhere') return answer(heard, { kind: 'presenceWanted', machineNumber })
  if (!machine) {
    const reachable = aiming.directory.numbers().filter((number) => !isMistyped(number, aiming))
    const suggestion = suggestionFor(machineNumber, reachable)
    return answer(heard, {
      kind: 'noSuchMachine',
      machineNumber,
      ...(suggestion === undefined ? {} : { suggestion }),
      ...(isMistyped(machineNumber, aiming) ? { mistyped: true } : {}),
    })
  }
  const here = open.some(({ automatonId }) => automatonId === machine.automatonId)
  if (!here && open.length >= mostOpen) return answer(heard, { kind: 'tooManyRequests' })
  return lookAt(machine, heard)
}

/**
 * One whose check digit is wrong is no machine, whoever may be enrolled under it. `elsewhere`: a machine that
 * shows a code, and this is not it; it may be its number, seen on a picture.
 */
async function machineOf(
  typed: string,
  { incoming }: HeardWords,
  aiming: Aiming,
): Promise<MachineRow | 'elsewhere' | undefined> {
  const { directory, presence } = aiming
  const machine = isMistyped(typed, aiming) ? undefined : await directory.byNumber(typed)
  if (!presence) return machine
  if (machine) return presence.secretOf(machine) === undefined ? machine : 'elsewhere'
  const { machineNumber, figures } = splitPresence(typed)
  const shown = isMistyped(machineNumber, aiming) ? undefined : await directory.byNumber(machineNumber)
  if (!shown || presence.secretOf(shown) === undefined) return undefined
  return standsThere(presence, shown, figures, incoming.at) ? shown : 'elsewhere'
}

function isMistyped(machineNumber: string, { checkDigit }: Aiming): boolean {
  return checkDigit && !hasCheckDigit(machineNumber)
}

function answer({ incoming }: HeardWords, say: Say): Aim {
  const { channel, sessionId = null } = incoming
  return { automatonId: null, act: { type: 'answerOnly', say, channel, sessionId } }
}

function inSale(
  { automatonId, identificationId, saleId }: IdentificationRow,
  said: { type: 'consent'; code: string | null } | { type: 'code' | 'consent'; code: string },
  heard: HeardWords,
): Aim {
  if (saleId === null) return answer(heard, { kind: 'nothingOpen' })
  const act: PhoneAct =
    said.type === 'code' && said.code !== null
      ? { type: 'code', identificationId, saleId, code: said.code }
      : { type: 'consent', identificationId, saleId, code: said.code }
  return { automatonId, act }
}
