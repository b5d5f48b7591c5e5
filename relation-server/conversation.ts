// From what a phone says to an input of the engine, and from what a sale says to a text or a screen. Finds
// who speaks; which machine, sale and identification is meant is found in aim.ts. Decides nothing: what is
// found is checked again under the lock.

import type { Log } from '@concilia/platform/log.ts'
import type { Clock } from '@concilia/protocol/clock.ts'
import { type Aim, type Aiming, aimOf, lookAt } from './aim.ts'
import { type CapRule, capsFor } from './caps.ts'
import { dialogueStep, type KnownStep, type Step, screensOf } from './dialogue-step.ts'
import type { Engine, Taken } from './engine/engine.ts'
import type { PhoneInput } from './engine/inputs.ts'
import type { TextBody } from './engine/outbox-bodies.ts'
import type { Speaker } from './engine/performer.ts'
import { lastFigure, nextFigure } from './pay-figure.ts'
import type { Languages } from './phones/languages.ts'
import type { Incoming, Reply, TextSender } from './phones/port.ts'
import { awaitsAnswer, type House, isAboutMoney, type Say } from './phones/say.ts'
import { isRefused } from './phones/sender-number.ts'
import { figureOffered } from './phones/sentences.ts'
import type { Intent } from './phones/words.ts'
import type { Channel } from './sale-events.ts'
import type { Screens, TakenStep } from './screens.ts'
import { sharedWork } from './shared-work.ts'
import type { DialogueRow, IdentificationRow, Store, SubscriberRow } from './store/port.ts'
import type { SubscriberVault } from './subscriber-vault.ts'

/** How buyers are spoken to. */
export interface Manners extends Pick<Aiming, 'checkDigit'> {
  readonly house: House
  readonly languages: Languages
  /** A dialogue that has no screen by then is answered by text (ms). */
  readonly answerLimitMs: number
  /** Numbers, or how they begin, that are neither heard nor texted. */
  readonly refused: readonly string[]
  /** How the numbers begin that are; none listed are all. */
  readonly served: readonly string[]
  readonly caps: readonly CapRule[]
}

export interface ConversationParts extends Manners, Aiming {
  readonly store: Pick<
    Store,
    'subscriber' | 'recentSubscriber' | 'identificationsOf' | 'dialoguesOf' | 'keepDialogue' | 'sale'
  >
  readonly vault: SubscriberVault
  readonly engine: () => Engine
  readonly screens: Screens
  readonly sender: TextSender
  readonly clock: Clock
  readonly log: Log
}

/** When somebody was last seen is kept to the hour: it only says whose row may be deleted after weeks. */
const seenAgainMs = 3_600_000
/** Of writing a screen while other servers write others of the same dialogue. */
const mostTries = 5
/** Even to somebody who said STOP. */
const alwaysSent = (say: Say) => say.kind === 'stopped' || say.kind === 'help'

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
    if (isRefused(incoming.subscriber, this.#parts)) return this.#refusal(incoming)
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
      const menu = await this.#show(taken, text)
      if (menu.kind !== 'codeSent') return 'done'
    }
    const row = await store.recentSubscriber(text.subscriberId)
    if (!row || row.sealed === null || !mayBeTold(row, text.say)) return 'done'
    const subscriber = vault.unseal(row.sealed)
    if (isRefused(subscriber, this.#parts)) return 'done'
    const words = languages.say(text.say, text.language, 'text', house)
    const validForMs = 'withinMs' in text.say ? { validForMs: text.say.withinMs } : {}
    const sent = await sender.send({ subscriber, text: words, key, ...validForMs })
    if (sent.kind === 'sent') return 'done'
    log.warn({ kind: text.say.kind }, `a text could not be sent (${sent.retry}): ${sent.why}`)
    return sent.retry === 'final' ? 'done' : 'later'
  }

  /** Nothing of it is stored: whoever can make numbers up must not fill the books, nor have us text them. */
  #refusal({ channel, gateway }: Incoming): Reply {
    const { languages, house, log } = this.#parts
    log.warn({ gateway }, 'a phone whose number is refused was not heard')
    if (channel === 'text') return { kind: 'stored' }
    const screen = languages.say({ kind: 'numberRefused' }, languages.fallback, 'ussd', house)
    return { kind: 'screen', screen, goesOn: false }
  }

  /** One step of a dialogue. What its words answer is the screen before it, as the books have it. */
  async #step(incoming: Incoming, sessionId: string, stored?: () => void): Promise<Reply> {
    const { screens, store, vault, answerLimitMs } = this.#parts
    const subscriberId = vault.idOf(incoming.subscriber)
    const [rows, known] = await Promise.all([store.dialoguesOf(subscriberId), store.subscriber(subscriberId)])
    const dialogues = rows.map((row) => ({ ...row, typed: row.typed && vault.openText(row.typed) }))
    const dialogue = dialogueStep(incoming, sessionId, subscriberId, dialogues)
    const { step, shown } = dialogue
    if (shown) return shown
    const heard = { ...incoming, sessionId: step.dialogueId, words: step.words }
    const reply = screens.wait(step, answerLimitMs, this.#lateScreen(heard, known))
    try {
      const taken = await this.#submit(heard, dialogue)
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

  /**
   * Written, then shown: its repeat gets it again, and what is typed next is an answer to it.
   * @returns what the screen says
   */
  async #show(taken: TakenStep, text: TextBody): Promise<Say> {
    try {
      for (let tries = 0; tries < mostTries; tries++) {
        const kept = await this.#keep(taken.step, text)
        if (!kept) continue
        const { menu, screen, goesOn } = kept
        taken.answer({ kind: 'screen', screen, goesOn })
        return menu
      }
      throw new Error('a dialogue went on elsewhere each time that its screen was written')
    } catch (error) {
      taken.fail(error)
      throw error
    }
  }

  /** @returns the screen as it was written; undefined when another server wrote one meanwhile */
  async #keep({ words, ...heard }: Step, { say, language, vouched }: TextBody) {
    const { store, vault, languages, house, clock } = this.#parts
    const at = clock.now()
    const rows = await store.dialoguesOf(heard.subscriberId)
    const screens = screensOf(heard.handle, rows, at)
    const intent = languages.read(words)
    const typed = intent.kind === 'pick' ? intent.digit : 0
    const priced = say.kind === 'price' && vouched ? say.code : null
    const figure = nextFigure({ screens, typed, offered: figureOffered(say), code: priced })
    const menu = onMenu(say, vouched, figure)
    const pricedCode = menu.kind === 'priceMenu' ? priced : null
    const suggested = menu.kind === 'noSuchMachine' ? (menu.suggestion ?? null) : null
    const screen = languages.say(menu, language, 'ussd', house)
    const goesOn = awaitsAnswer(menu)
    const step = { ...heard, typed: heard.typed && vault.sealText(heard.typed) }
    const before = rows.find(({ dialogueId }) => dialogueId === step.dialogueId)
    const row: DialogueRow = { ...step, screen, goesOn, pricedCode, figure, suggested, at }
    return (await store.keepDialogue(row, before?.figure)) ? { menu, screen, goesOn } : undefined
  }

  /**
   * @param dialogue that it is a step of
   * @param lookOnly whatever is said in a sale only looks at it
   */
  async #submit(incoming: Incoming, dialogue: KnownStep | undefined, lookOnly = false): Promise<Taken> {
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
    const caps = capsFor(incoming.subscriber, this.#parts.caps)
    const { openRequests: mostOpen } = caps
    const { before, screens = [] } = dialogue ?? {}
    const heard = { intent, incoming, open: identifications, language: spoken, mostOpen, before, screens }
    const meant = known?.blocked ? blockedOut(incoming) : sealedCode(await aimOf(heard, this.#parts), vault)
    const aim = lookOnly && 'identificationId' in meant.act ? lookAt(meant, heard) : meant
    const subscriber: SubscriberRow = {
      subscriberId,
      // Of a blocked one whose number was erased nothing new is kept.
      sealed: known?.sealed ?? (known?.blocked ? null : vault.seal(incoming.subscriber)),
      language: spoken,
      stopped: isStopped(intent, aim, channel, known?.stopped ?? false),
      blocked: known?.blocked ?? false,
      seenAt: at,
    }
    const bodyHash = vault.hashOf(JSON.stringify([subscriberId, channel, words]))
    const budget = { caps, isStranger: known === undefined }
    const said = { kind: 'phone', source: gateway, key: messageId, bodyHash, subscriber, budget, at } as const
    const isKept = known && saysTheSame(known, subscriber)
    const taken = await engine().submit({ ...said, ...(isKept && { isKept: true }), ...aim })
    if (intent.kind === 'stop') await this.#endRequests(said, identifications)
    return taken
  }

  /** Nobody who said STOP waits for anything any more. A sale that is being paid goes on. */
  async #endRequests(said: Omit<PhoneInput, 'automatonId' | 'act'>, open: readonly IdentificationRow[]) {
    const refusals = open.map(({ automatonId, identificationId, saleId }) => {
      const key = `${said.key} ${identificationId}`
      return { ...said, key, automatonId, act: { type: 'refuse', identificationId, saleId } as const }
    })
    await Promise.all(refusals.map((refusal) => this.#parts.engine().submit(refusal)))
  }

  /** Nothing was said in time: it will be, by text. */
  #lateScreen({ words }: Incoming, known: SubscriberRow | undefined): Reply {
    const { house, languages } = this.#parts
    const language = languages.read(words).language ?? known?.language ?? languages.fallback
    const screen = languages.say({ kind: 'answerLater' }, language, 'ussd', house)
    return { kind: 'screen', screen, goesOn: false }
  }
}

function mayBeTold({ stopped, blocked }: SubscriberRow, say: Say): boolean {
  return isAboutMoney(say) || (!blocked && (!stopped || alwaysSent(say)))
}

/**
 * From STOP on nothing is texted but what is about money, until the phone asks for something again: by START,
 * by naming a machine, or by dialling.
 */
function isStopped(intent: Intent, { act }: Aim, channel: Channel, before: boolean): boolean {
  if (intent.kind === 'stop') return true
  const asks = intent.kind === 'start' || act.type === 'identify' || channel === 'ussd'
  return asks ? false : before
}

function saysTheSame(known: SubscriberRow, { language, stopped, seenAt }: SubscriberRow): boolean {
  const isKnown = known.sealed !== null || known.blocked
  const isSame = known.language === language && known.stopped === stopped && isKnown
  return isSame && seenAt - known.seenAt < seenAgainMs
}

/** On a screen it is told so; a text is not answered (`speak`). */
function blockedOut(incoming: Incoming): Aim {
  const { channel, sessionId = null } = incoming
  const say = { kind: 'numberRefused' } as const
  return { automatonId: null, act: { type: 'answerOnly', say, channel, sessionId } }
}

/** It may be a PIN, and what is heard is kept for weeks. */
function sealedCode(aim: Aim, vault: SubscriberVault): Aim {
  const { act } = aim
  return act.type === 'code' ? { ...aim, act: { ...act, code: vault.sealText(act.code) } } : aim
}

/** On a screen the price is a menu where the carrier vouches for the number; else its code goes by text. */
function onMenu(say: Say, vouched: boolean, figure: number): Say {
  if (say.kind !== 'price') return say
  const { machineNumber, price } = say
  const hasLine = vouched && figure <= lastFigure
  return hasLine ? { kind: 'priceMenu', machineNumber, price, figure } : { kind: 'codeSent', machineNumber }
}
