// From what a phone says to an input of the engine, and from what a sale says to a text or a screen. Finds
// who speaks and which machine, sale and identification is meant; decides nothing: what is found is checked
// again under the lock.

import type { Log } from '@concilia/platform/log.ts'
import type { Clock } from '@concilia/protocol/clock.ts'
import { sha256 } from '@concilia/protocol/random.ts'
import { dialogueStep } from './dialogue-step.ts'
import type { Engine, Taken } from './engine/engine.ts'
import type { PhoneAct } from './engine/inputs.ts'
import type { TextBody } from './engine/outbox-bodies.ts'
import type { Speaker } from './engine/performer.ts'
import type { MachineDirectory } from './machine-directory.ts'
import type { Languages } from './phones/languages.ts'
import type { Incoming, Reply, TextSender } from './phones/port.ts'
import { awaitsAnswer, type House, isAboutMoney, type Say } from './phones/say.ts'
import { suggestionFor } from './phones/suggestion.ts'
import type { Intent } from './phones/words.ts'
import type { Language } from './sale-events.ts'
import type { Screens, TakenStep } from './screens.ts'
import { sharedWork } from './shared-work.ts'
import type { DialogueRow, IdentificationRow, Store, SubscriberRow } from './store/port.ts'
import type { SubscriberVault } from './subscriber-vault.ts'

/** How buyers are spoken to. */
export interface Manners {
  readonly house: House
  readonly languages: Languages
  /** A dialogue that has no screen by then is answered by text (ms). */
  readonly answerLimitMs: number
}

export interface ConversationParts extends Manners {
  readonly store: Pick<Store, 'subscriber' | 'identificationsOf' | 'dialoguesOf' | 'keepDialogue'>
  readonly directory: MachineDirectory
  readonly vault: SubscriberVault
  readonly engine: () => Engine
  readonly screens: Screens
  readonly sender: TextSender
  readonly clock: Clock
  readonly log: Log
}

/** Open requests of one subscriber, on all machines together. */
const mostOpen = 3
/** Even to somebody who said STOP. */
const alwaysSent = (say: Say) => isAboutMoney(say) || say.kind === 'stopped'

interface Aim {
  readonly automatonId: string | null
  readonly act: PhoneAct
  readonly stopped?: boolean
}

export class Conversation implements Speaker {
  readonly #parts: ConversationParts
  /** A step that its gateway repeats while it is under way joins it. */
  readonly #steps = sharedWork<Reply>()

  constructor(parts: ConversationParts) {
    this.#parts = parts
  }

  /**
   * The phones port's `receive`: resolves after the commit, for a dialogue with the screen that answers it.
   */
  async receive(incoming: Incoming, stored?: () => void): Promise<Reply> {
    const { gateway, messageId, channel, sessionId } = incoming
    if (channel !== 'ussd' || sessionId === undefined) {
      await this.#submit(incoming, undefined)
      return { kind: 'stored' }
    }
    return await this.#steps(`${gateway} ${messageId}`, () => this.#step(incoming, sessionId, stored))
  }

  async speak(text: TextBody, key: string): Promise<'done' | 'later'> {
    const { screens, store, vault, sender, house, languages, log } = this.#parts
    const dialogue = text.channel === 'ussd' && !isAboutMoney(text.say) ? text.sessionId : null
    const taken = dialogue === null ? undefined : screens.take(dialogue)
    if (taken) {
      const menu = onMenu(text)
      await this.#show(taken, menu, text)
      if (menu.kind !== 'codeSent') return 'done'
    }
    const row = await store.subscriber(text.subscriberId)
    if (!row || (row.stopped && !alwaysSent(text.say))) return 'done'
    const words = languages.say(text.say, text.language, 'text', house)
    const validForMs = 'withinMs' in text.say ? { validForMs: text.say.withinMs } : {}
    const sent = await sender.send({ subscriber: vault.unseal(row.sealed), text: words, key, ...validForMs })
    if (sent.kind === 'sent') return 'done'
    log.warn({ kind: text.say.kind }, `a text could not be sent (${sent.retry}): ${sent.why}`)
    return sent.retry === 'final' ? 'done' : 'later'
  }

  /** One step of a dialogue. What its words answer is the screen before it, as the books have it. */
  async #step(incoming: Incoming, sessionId: string, stored?: () => void): Promise<Reply> {
    const { screens, store, vault, answerLimitMs } = this.#parts
    const subscriberId = vault.idOf(incoming.subscriber)
    const dialogues = await store.dialoguesOf(subscriberId)
    const { step, before, shown } = dialogueStep(incoming, sessionId, subscriberId, dialogues)
    if (shown) return shown
    const heard = { ...incoming, sessionId: step.dialogueId, words: step.words }
    const reply = screens.wait(step, answerLimitMs, this.#lateScreen(heard))
    try {
      const taken = await this.#submit(heard, before)
      stored?.()
      if (taken === 'repeat') await this.#lookOnly(heard)
    } catch (error) {
      screens.giveUp(step, error)
    }
    return await reply
  }

  /** A step stored before, whose screen was lost with a crash: how things stand is its screen. */
  async #lookOnly(incoming: Incoming): Promise<void> {
    const { messageId, at } = incoming
    await this.#submit({ ...incoming, messageId: `${messageId} again ${at}` }, undefined, true)
  }

  /** Written, then shown: its repeat gets it again, and what is typed next is an answer to it. */
  async #show(taken: TakenStep, menu: Say, { say, language }: TextBody): Promise<void> {
    const { store, languages, house, clock } = this.#parts
    const screen = languages.say(menu, language, 'ussd', house)
    const goesOn = awaitsAnswer(menu)
    const pricedCode = menu.kind === 'priceMenu' && say.kind === 'price' ? say.code : null
    const suggested = menu.kind === 'noSuchMachine' ? (menu.suggestion ?? null) : null
    const { words: _, ...step } = taken.step
    try {
      await store.keepDialogue({ ...step, screen, goesOn, pricedCode, suggested, at: clock.now() })
    } catch (error) {
      taken.fail(error)
      throw error
    }
    taken.answer({ kind: 'screen', screen, goesOn })
  }

  /**
   * @param before the dialogue as its last screen left it
   * @param lookOnly whatever is said in a sale only looks at it
   */
  async #submit(incoming: Incoming, before: DialogueRow | undefined, lookOnly = false): Promise<Taken> {
    const { store, vault, engine, log, languages } = this.#parts
    const { gateway, messageId, channel, words, at } = incoming
    const subscriberId = vault.idOf(incoming.subscriber)
    const [known, identifications] = await Promise.all([
      store.subscriber(subscriberId),
      store.identificationsOf(subscriberId),
    ])
    const intent = languages.read(words)
    const spoken = incoming.language ?? intent.language ?? known?.language ?? languages.fallback
    log.info({ step: 'ST8' }, `a phone is in touch by ${channel}`)
    const meant = await this.#aim(intent, incoming, identifications, spoken, before)
    const aim = lookOnly && 'identificationId' in meant.act ? this.#look(meant, incoming, spoken) : meant
    const subscriber: SubscriberRow = {
      subscriberId,
      sealed: known?.sealed ?? vault.seal(incoming.subscriber),
      language: spoken,
      stopped: aim.stopped ?? false,
      seenAt: at,
    }
    return await engine().submit({
      kind: 'phone',
      automatonId: aim.automatonId,
      source: gateway,
      key: messageId,
      bodyHash: sha256(JSON.stringify([subscriberId, channel, words])),
      subscriber,
      act: aim.act,
      at,
    })
  }

  async #aim(
    intent: Intent,
    incoming: Incoming,
    open: readonly IdentificationRow[],
    language: Language,
    before: DialogueRow | undefined,
  ): Promise<Aim> {
    const { sessionId = null } = incoming
    const { suggested = null, pricedCode: priced = null } = before ?? {}
    const answer = (say: Say): Aim => ({
      automatonId: null,
      act: { type: 'answerOnly', say, channel: incoming.channel, sessionId },
    })
    if (suggested !== null && intent.kind === 'pick' && intent.digit === 1) {
      return await this.#identify(suggested, incoming, open, language)
    }
    const own = open.find((row) => sessionId !== null && row.sessionId === sessionId)
    // A tap on a machine's page means that machine.
    const current = incoming.channel === 'web' ? own : (own ?? open[0])
    switch (intent.kind) {
      case 'identify':
        return await this.#identify(intent.machineNumber, incoming, open, language)
      case 'digits': {
        const validating = open.find(({ expects }) => expects === 'validation')
        if (validating)
          return inSale(validating, { type: 'code', code: intent.code }) ?? answer({ kind: 'nothingOpen' })
        // The centre's code may come back before its answer: what names no machine waits for that answer.
        const authorising = open.find(({ expects }) => expects === 'authorisation')
        if (authorising && !(await this.#parts.directory.byNumber(intent.code)))
          return inSale(authorising, { type: 'code', code: intent.code }) ?? answer({ kind: 'nothingOpen' })
        return await this.#identify(intent.code, incoming, open, language)
      }
      case 'consent': {
        const meant =
          open.find(({ code, state }) => state === 'bound' && code === intent.code) ??
          open.find(({ expects }) => expects !== null)
        if (!meant) return answer({ kind: 'nothingOpen' })
        // A consent that comes twice is no wrong validation code.
        const type = meant.expects !== 'consent' && meant.code !== intent.code ? 'code' : 'consent'
        return inSale(meant, { type, code: intent.code }) ?? answer({ kind: 'nothingOpen' })
      }
      case 'pick':
      case 'consentWithoutCode': {
        if (!current)
          return answer({ kind: incoming.channel === 'ussd' ? 'askMachineNumber' : 'nothingOpen' })
        if (current.state === 'waiting') return this.#look(current, incoming, language)
        // Line 1 is a yes only under the price: it may have been typed to see the price (rule 14).
        if (sessionId !== null && current.sessionId === sessionId && priced !== current.code)
          return this.#look(current, incoming, language)
        const vouched = current.vouched && incoming.vouched && current.sessionId === sessionId
        const picked = intent.kind === 'consentWithoutCode' || intent.digit === 1
        if (!vouched || !picked) return answer({ kind: 'codeMissing' })
        return inSale(current, { type: 'consent', code: null }) ?? answer({ kind: 'nothingOpen' })
      }
      case 'no': {
        if (!current) return answer({ kind: 'nothingOpen' })
        const { automatonId, identificationId, saleId } = current
        return { automatonId, act: { type: 'refuse', identificationId, saleId } }
      }
      case 'stop':
        return { ...answer({ kind: 'stopped' }), stopped: true }
      case 'start':
        return answer({ kind: 'started' })
      case 'help':
        return answer({ kind: 'help' })
      case 'open':
        return answer({ kind: 'askMachineNumber' })
      case 'unreadable':
        return answer({ kind: 'unreadable' })
    }
  }

  async #identify(
    machineNumber: string,
    incoming: Incoming,
    open: readonly IdentificationRow[],
    language: Language,
  ): Promise<Aim> {
    const { directory } = this.#parts
    const { channel, sessionId = null, vouched } = incoming
    const machine = await directory.byNumber(machineNumber)
    const answer = (say: Say): Aim => ({
      automatonId: null,
      act: { type: 'answerOnly', say, channel, sessionId },
    })
    const suggestion = machine ? undefined : suggestionFor(machineNumber, directory.numbers())
    if (!machine) {
      return answer({
        kind: 'noSuchMachine',
        machineNumber,
        ...(suggestion === undefined ? {} : { suggestion }),
      })
    }
    const here = open.some(({ automatonId }) => automatonId === machine.automatonId)
    if (!here && open.length >= mostOpen) return answer({ kind: 'tooManyRequests' })
    return {
      automatonId: machine.automatonId,
      act: { type: 'identify', channel, sessionId, language, vouched },
    }
  }

  #look(current: Pick<Aim, 'automatonId'>, incoming: Incoming, language: Language): Aim {
    const { channel, sessionId = null, vouched } = incoming
    return {
      automatonId: current.automatonId,
      act: { type: 'identify', channel, sessionId, language, vouched },
    }
  }

  /** Nothing was said in time: it will be, by text. */
  #lateScreen({ words }: Incoming): Reply {
    const { house, languages } = this.#parts
    const intent = languages.read(words)
    const machineNumber = intent.kind === 'identify' ? intent.machineNumber : ''
    const language = intent.language ?? languages.fallback
    const screen = languages.say({ kind: 'codeSent', machineNumber }, language, 'ussd', house)
    return { kind: 'screen', screen, goesOn: false }
  }
}

/** On a screen the price is a menu where the carrier vouches for the number; else its code goes by text. */
function onMenu({ say, vouched }: TextBody): Say {
  if (say.kind !== 'price') return say
  const { machineNumber, price } = say
  return vouched ? { kind: 'priceMenu', machineNumber, price } : { kind: 'codeSent', machineNumber }
}

function inSale(
  { automatonId, identificationId, saleId }: IdentificationRow,
  said:
    | { type: 'consent'; code: string | null }
    | { type: 'code'; code: string }
    | { type: 'code' | 'consent'; code: string },
): Aim | undefined {
  if (saleId === null) return undefined
  const act: PhoneAct =
    said.type === 'code' && said.code !== null
      ? { type: 'code', identificationId, saleId, code: said.code }
      : { type: 'consent', identificationId, saleId, code: said.code }
  return { automatonId, act }
}
