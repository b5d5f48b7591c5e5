// What buyers type and read, by text and in dialogues, on the engine in memory. Long, because each story is
// short and they are read side by side.
import { presenceCode, presenceEveryMs } from '@concilia/protocol/presence-code.ts'
import { describe, expect, test } from 'vitest'
import { type CapRule, capRuleSchema } from './caps.ts'
import { Conversation } from './conversation.ts'
import { Scenario, type ScenarioOptions } from './engine/scenario.ts'
import { MachineDirectory } from './machine-directory.ts'
import { mayComeAgainMs } from './pay-figure.ts'
import { readLanguages } from './phones/languages-adapter.ts'
import type { OutgoingText, Reply, SendResult } from './phones/port.ts'
import { Screens } from './screens.ts'
import { put } from './store/contract.ts'
import type { DialogueRow } from './store/port.ts'

const house = { serviceName: 'Concilia', helpNumber: '3600' }
const number = '+33612345678'
const answerLimitMs = 4000
const languages = readLanguages('en')

interface TownOptions extends ScenarioOptions {
  readonly checkDigit?: boolean
  readonly refused?: readonly string[]
  readonly caps?: readonly CapRule[]
}

/** How one step of a dialogue comes. */
interface Dialled {
  readonly messageId?: string
  readonly sessionId?: string
  readonly vouched?: boolean
  readonly begins?: boolean
}

async function town({ checkDigit = false, refused = [], caps = [], ...options }: TownOptions = {}) {
  const scenario = await Scenario.open(options)
  const machine = await scenario.machine()
  const texts: OutgoingText[] = []
  const sending: SendResult[] = []
  const { clock, store, vault, engine } = scenario
  /** What is read of a phone's requests is read once the one resolves, and decided on once the other does. */
  const reading = { begins: Promise.resolve(), ends: Promise.resolve() }
  /** What another server writes just before this one. */
  const elsewhere: Pick<DialogueRow, 'figure' | 'pricedCode'>[] = []
  let screensRefused = false
  const refuseScreens = (refused: boolean) => {
    screensRefused = refused
  }
  /** A process of this server: another one knows nothing but what is in the books. */
  const begun = () =>
    new Conversation({
      store: {
        dialoguesOf: (id) => store.dialoguesOf(id),
        keepDialogue: async (row, before) => {
          if (screensRefused) throw new Error('no screens today')
          const other = elsewhere.shift()
          if (other) await store.keepDialogue({ ...row, ...other }, before)
          return await store.keepDialogue(row, before)
        },
        subscriber: (id) => store.subscriber(id),
        recentSubscriber: (id) => store.recentSubscriber(id),
        sale: (id) => store.sale(id),
        identificationsOf: async (id) => {
          await reading.begins
          const rows = await store.identificationsOf(id)
          await reading.ends
          return rows
        },
      },
      directory: new MachineDirectory(store, clock),
      vault,
      engine: () => engine,
      screens: new Screens(clock),
      sender: {
        send: async (text) => {
          const result = sending.shift() ?? { kind: 'sent' }
          if (result.kind === 'sent') texts.push(text)
          return result
        },
        close: async () => {},
      },
      house,
      languages,
      answerLimitMs,
      checkDigit,
      refused,
      served: [],
      caps,
      presence: scenario.settings.presence,
      clock,
      log: { info: (_: unknown, words: string) => scenario.logged.push(words), warn: () => {} } as never,
    })
  let conversation = begun()
  scenario.speaker = conversation
  const restart = () => {
    conversation = begun()
    scenario.speaker = conversation
  }
  let messages = 0
  const incoming = { gateway: 'gateway', subscriber: { realm: 'e164', key: number }, serviceCode: '36000' }
  const text = async (words: string, messageId = `text ${++messages}`) => {
    const reply = await conversation.receive({
      ...incoming,
      messageId,
      channel: 'text',
      vouched: false,
      words,
      at: clock.now(),
    })
    expect(reply).toEqual({ kind: 'stored' })
    await scenario.settle()
    return texts.at(-1)?.text ?? ''
  }
  /** One step of a dialogue. */
  const dial = async (
    words: string,
    { messageId = `step ${++messages}`, sessionId = 'session', vouched = true, begins }: Dialled = {},
  ): Promise<Extract<Reply, { kind: 'screen' }>> => {
    const reply = await conversation.receive({
      ...incoming,
      messageId,
      channel: 'ussd',
      sessionId,
      ...(begins !== undefined && { begins }),
      vouched,
      words,
      at: clock.now(),
    })
    if (reply.kind !== 'screen') throw new Error('a step of a dialogue was answered by no screen')
    await scenario.settle()
    return reply
  }
  const codeSent = () =>
    /YES (\d{4})/.exec(texts.findLast(({ text }) => text.includes('YES'))?.text ?? '')?.[1]
  const hands = { restart, refuseScreens, elsewhere, reading, sending }
  return { scenario, machine, texts, text, dial, codeSent, ...hands }
}

describe('by text', () => {
  test('PAY and the number, the price, YES and the code, the receipt', async () => {
    const { scenario, machine, texts, text, codeSent } = await town()
    const saleId = await machine.offer()
    expect(await text('PAY 4021')).toMatch(/Machine 4021: .*1\.50.*YES \d{4}/)
    expect(await text(`yes ${codeSent()}`)).toMatch(/^Thank you/)
    await machine.report(saleId, 'delivered')
    expect(texts.at(-1)?.text).toMatch(/^Paid .*1\.50 .*to Snacks & Co, machine 4021/)
    expect(texts).toHaveLength(3)
    expect(new Set(texts.map(({ key }) => key)).size).toBe(3)
    expect(scenario.logged.join()).not.toMatch(/336123/)
  })

  test('the number alone, in the language of the last words that told it', async () => {
    const { machine, text, codeSent, texts } = await town()
    await machine.offer()
    expect(await text('payer 4021')).toMatch(/OUI \d{4}/)
    expect(await text('4021')).toMatch(/OUI \d{4}/)
    expect(codeSent()).toBeUndefined()
    const code = /OUI (\d{4})/.exec(texts.at(-1)?.text ?? '')?.[1]
    expect(await text(`oui ${code}`)).toMatch(/^Merci/)
  })

  test('a yes needs its code, the right one, and something to say yes to', async () => {
    const { scenario, machine, text } = await town()
    expect(await text('YES 7384')).toMatch(/nothing to confirm/)
    expect(await text('YES')).toMatch(/nothing to confirm/)
    const saleId = await machine.offer()
    await text('PAY 4021')
    expect(await text('YES')).toMatch(/reply YES and the figures/)
    expect(await text('YES 00000')).toMatch(/wrong code, 2 more tries/)
    expect(await scenario.state(saleId)).toBe('open.consenting')
    expect(scenario.centre.kinds()).toEqual(['eligibility'])
  })

  test('NO, HELP and words nobody knows', async () => {
    const { scenario, machine, text } = await town()
    expect(await text('NO')).toMatch(/nothing to confirm/)
    expect(await text('HELP')).toMatch(/^Concilia: choose on the machine/)
    expect(await text('hello there')).toMatch(/^Not understood/)
    const saleId = await machine.offer()
    await text('PAY 4021')
    expect(await text('no thanks')).toMatch(/cancelled/)
    expect(await scenario.state(saleId)).toBe('refused')
  })

  test('machine 4012? perhaps 4021', async () => {
    const { text } = await town()
    expect(await text('PAY 4012')).toMatch(/^No machine 4012\. Perhaps 4021\?/)
    expect(await text('PAY 9999')).toBe('No machine 9999. Send PAY and the number on the machine.')
  })

  test('STOP ends all but what is about money, until the phone begins again', async () => {
    const { machine, text, texts, codeSent } = await town()
    const saleId = await machine.offer()
    await text('PAY 4021')
    await text(`YES ${codeSent()}`)
    expect(await text('STOP')).toMatch(/no more texts/)
    await machine.report(saleId, 'failed')
    expect(texts.at(-1)?.text).toMatch(/did not deliver: you have your .*1\.50.* back/)
    const before = texts.length
    expect(await text('START')).toMatch(/welcome/)
    await machine.offer()
    await text('PAY 4021')
    expect(texts).toHaveLength(before + 2)
  })

  test('who speaks is written down again when there is news of them, or after an hour', async () => {
    const { scenario, text } = await town()
    const { clock, store, vault } = scenario
    const row = () => store.subscriber(vault.idOf({ realm: 'e164', key: number }))
    const first = clock.now()
    await text('HELP')
    await scenario.pass(60_000)
    await text('HELP')
    expect(await row()).toMatchObject({ seenAt: first, language: 'en', stopped: false })
    await text('AIDE')
    expect(await row()).toMatchObject({ seenAt: first + 60_000, language: 'fr' })
    await text('STOP')
    expect(await row()).toMatchObject({ stopped: true })
    await text('START')
    expect(await row()).toMatchObject({ stopped: false })
    await scenario.pass(3_600_000)
    await text('HELP')
    expect(await row()).toMatchObject({ seenAt: first + 3_660_000 })
  })

  test('STOP ends what is open, on all machines, and nothing is texted about it', async () => {
    const { scenario, machine, text, texts } = await town()
    const other = await scenario.machine('5021')
    const saleId = await machine.offer()
    await text('PAY 4021')
    await text('PAY 5021')
    expect(await text('STOP')).toMatch(/no more texts/)
    const before = texts.length
    expect(await scenario.state(saleId)).toBe('refused')
    await other.offer()
    await scenario.pass(scenario.settings.limits.identificationWaitMs)
    expect(scenario.said.map(({ say }) => say.kind).slice(-2)).toEqual(['cancelled', 'cancelled'])
    const unsent = (await scenario.outbox()).filter(({ kind }) => kind === 'text')
    expect([texts.length, unsent]).toEqual([before, []])
    await scenario.close()
  })

  test('after STOP only HELP is answered, until a machine is named again', async () => {
    const { text, texts } = await town()
    await text('STOP')
    for (const words of ['NO', 'hello', 'YES 7384']) await text(words)
    expect(texts).toHaveLength(1)
    expect(await text('HELP')).toMatch(/^Concilia: choose on the machine/)
    expect(await text('nonsense')).toMatch(/^Concilia: choose on the machine/)
    expect(await text('PAY 4021')).toMatch(/^Choose your item/)
    expect(await text('nonsense')).toMatch(/^Not understood/)
  })

  test('a repeat of STOP ends what a crash left open', async () => {
    const { scenario, machine, text } = await town()
    const saleId = await machine.offer()
    await text('PAY 4021')
    const submit = scenario.engine.submit.bind(scenario.engine)
    scenario.engine.submit = async (input) => {
      if (input.kind === 'phone' && input.act.type === 'refuse') throw new Error('a crash')
      return await submit(input)
    }
    await expect(text('STOP', 'the stop')).rejects.toThrow('a crash')
    expect(await scenario.state(saleId)).toBe('open.consenting')
    scenario.engine.submit = submit
    await text('STOP', 'the stop')
    expect(await scenario.state(saleId)).toBe('refused')
  })

  test('a number that is refused is not heard, not stored and not answered', async () => {
    const { scenario, text, dial, texts } = await town({ refused: ['+3361234'] })
    expect(await text('PAY 4021')).toBe('')
    expect(await dial('4021')).toMatchObject({ screen: /cannot be used from this number/, goesOn: false })
    expect(texts).toEqual([])
    expect(await scenario.store.newestAt()).toBeUndefined()
    expect(scenario.said).toEqual([])
  })

  test('a blocked number is not heard, but what is about its money is still told', async () => {
    const { scenario, machine, text, dial, texts, codeSent } = await town()
    const saleId = await machine.offer()
    await text('PAY 4021')
    await text(`YES ${codeSent()}`)
    const subscriberId = scenario.vault.idOf({ realm: 'e164', key: number })
    await put(scenario.store, { blocked: [{ subscriberId, blocked: true }] })
    const before = texts.length
    await text('HELP')
    expect(await dial('4021')).toMatchObject({ screen: /cannot be used from this number/, goesOn: false })
    expect(texts).toHaveLength(before)
    await machine.report(saleId, 'failed')
    expect(texts.at(-1)?.text).toMatch(/you have your .*1\.50.* back/)
  })

  test('beyond its budget a number is told so once, then nothing, and no machine hears it', async () => {
    const caps = [capRuleSchema.parse({ prefix: '+33', failuresPerHour: 2 })]
    const { scenario, machine, text, dial, texts } = await town({ caps })
    const saleId = await machine.offer()
    expect(await text('PAY 9998')).toMatch(/^No machine 9998/)
    expect(await text('PAY 9997')).toMatch(/^No machine 9997/)
    expect(await text('PAY 9996')).toMatch(/too many requests/)
    await text('PAY 9995')
    await text('PAY 4021')
    expect(texts).toHaveLength(3)
    expect(await dial('4021')).toMatchObject({ screen: /too many requests/ })
    expect(await scenario.state(saleId)).toBe('open.awaitingPhone')
    await scenario.leap(3_600_000)
    expect(await text('PAY 4021')).toMatch(/^Choose your item on machine 4021/)
  })

  test('where the display shows a code the number alone will not do, nor a code that was seen before', async () => {
    const { scenario, text, dial } = await town({ presence: ['4021'] })
    const { presence } = scenario.lastAdmission ?? {}
    expect(scenario.lastAdmission?.invitation).toBe('Text {code} to 36000')
    const shown = () => presenceCode(presence?.secret ?? '', '4021', scenario.clock.now())
    const seen = shown()
    expect(await text('PAY 4021')).toMatch(/^Send the number that the machine shows right now/)
    expect(await text(`PAY ${seen}`)).toMatch(/^Choose your item on machine 4021/)
    await scenario.leap(10 * presenceEveryMs)
    expect(await text(`PAY ${seen}`)).toMatch(/^Send the number/)
    expect(await dial(`*123*${shown()}#`)).toMatchObject({ screen: /^Choose your item on machine 4021/ })
    expect(await text('PAY 4031')).toMatch(/^No machine 4031/)
  })

  test('figures that may be a PIN are in no row in clear', async () => {
    const { scenario, machine, text, codeSent } = await town()
    scenario.centre.validates = true
    scenario.centre.validationCode = '770077'
    const saleId = await machine.offer()
    await text('PAY 4021')
    await text(`YES ${codeSent()}`)
    const kept: unknown[] = []
    const commit = scenario.store.commitBatch.bind(scenario.store)
    scenario.store.commitBatch = (need, decide) =>
      commit(need, (book) => {
        const decided = decide(book)
        kept.push(decided.writes)
        return decided
      })
    await text('770077')
    expect(scenario.centre.paid(saleId)).toBe(150)
    expect(JSON.stringify(kept)).not.toMatch(/770077/)
  })

  test('with check digits a slip is told, and never finds a machine', async () => {
    const { scenario, text, dial } = await town({ checkDigit: true })
    // 4021 does not end in its check digit: it is no number here, though a machine is enrolled under it.
    expect(await text('PAY 4021')).toMatch(/^Machine 4021: a figure is wrong/)
    await scenario.machine('5724')
    expect(await text('PAY 5724')).toMatch(/^Choose your item on machine 5724/)
    expect(await text('PAY 5742')).toMatch(/^No machine 5742\. Perhaps 5724\?/)
    expect(await dial('9999')).toMatchObject({ screen: /a figure is wrong[\s\S]*\n0 Cancel/, goesOn: true })
    // What cannot be found is not suggested either.
    expect(await text('PAY 4012')).toMatch(/^Machine 4012: a figure is wrong/)
  })

  test('no more than three open requests, the same machine not counted twice', async () => {
    const { scenario, text } = await town()
    for (const other of ['5021', '6021', '7021']) await scenario.machine(other)
    for (const open of ['4021', '5021', '6021'])
      expect(await text(`PAY ${open}`)).toMatch(/^Choose your item/)
    expect(await text('PAY 7021')).toMatch(/too many requests/)
    expect(await text('PAY 5021')).toMatch(/^Choose your item on machine 5021/)
    expect(await text('NO')).toMatch(/cancelled/)
    expect(await text('PAY 7021')).toMatch(/^Choose your item on machine 7021/)
  })

  test('a repeat of the gateway is the same text and does nothing more', async () => {
    const { scenario, machine, text, texts } = await town()
    await machine.offer()
    await text('PAY 4021', 'message 1')
    await text('PAY 4021', 'message 1')
    expect([texts.length, scenario.said.length]).toEqual([1, 1])
  })

  test('a gateway that fails for the time being is asked again with the same key; for good, not', async () => {
    const { scenario, texts, sending, text } = await town()
    sending.push({ kind: 'failed', retry: 'temporary', why: 'busy' })
    await text('HELP', 'message 1')
    expect(texts).toEqual([])
    await scenario.pass(15_000)
    expect(texts).toHaveLength(1)
    sending.push({ kind: 'failed', retry: 'final', why: 'no such number' })
    await text('HELP', 'message 2')
    expect([texts.length, await scenario.outbox()]).toEqual([1, []])
    await scenario.close()
  })
})

describe('the code that the centre wants (ST12)', () => {
  async function validating() {
    const home = await town({ charge: 'hold' })
    home.scenario.centre.validates = true
    home.scenario.centre.validationCode = '4021'
    const saleId = await home.machine.offer()
    await home.text('PAY 4021')
    const code = home.codeSent()
    await home.text(`YES ${code}`)
    expect(await home.scenario.state(saleId)).toBe('charging.validating')
    return { ...home, saleId, code }
  }

  test('may look like a machine number: while it is wanted, figures alone are it', async () => {
    const { scenario, saleId, text } = await validating()
    await text('4021')
    expect(await scenario.state(saleId)).toBe('instructed')
    expect(await text('4021')).toMatch(/Thank you/)
    expect(await scenario.state(saleId)).toBe('instructed')
  })

  test('may come with a YES before it', async () => {
    const { scenario, saleId, text } = await validating()
    await text('YES 4021')
    expect(await scenario.state(saleId)).toBe('instructed')
  })

  test('is not what comes twice from the consent', async () => {
    const { scenario, saleId, text, texts, code } = await validating()
    const before = texts.length
    await text(`YES ${code}`)
    expect(scenario.centre.kinds()).not.toContain('validate')
    expect([texts.length, await scenario.state(saleId)]).toEqual([before, 'charging.validating'])
  })

  test.each(['774411', 'YES 774411'])(
    'sent back before the centre has answered (%s) waits for it',
    async (said) => {
      const { scenario, machine, text, texts, codeSent } = await town()
      const answer = Promise.withResolvers<void>()
      scenario.centre.validates = true
      scenario.centre.validationCode = '774411'
      scenario.centre.next('charge', answer.promise)
      const saleId = await machine.offer()
      await text('PAY 4021')
      await text(`YES ${codeSent()}`)
      const before = texts.length
      await text(said)
      expect([texts.length, await scenario.state(saleId)]).toEqual([before, 'charging.authorising'])
      // What names a machine is still read as one: the answer may never want a code.
      expect(await text('4021')).toMatch(/being paid|Thank you/)
      answer.resolve()
      await scenario.settle()
      expect(await scenario.state(saleId)).toBe('instructed')
      expect(scenario.centre.kinds().slice(-2)).toEqual(['validate', 'confirm'])
    },
  )

  test('is the code too where it was read before the answer of the centre and decided on after it', async () => {
    const { scenario, machine, text, codeSent, reading } = await town()
    const answer = Promise.withResolvers<void>()
    scenario.centre.validates = true
    scenario.centre.validationCode = '774411'
    scenario.centre.next('charge', answer.promise)
    const saleId = await machine.offer()
    await text('PAY 4021')
    await text(`YES ${codeSent()}`)
    const deciding = Promise.withResolvers<void>()
    reading.ends = deciding.promise
    const texting = text('774411')
    answer.resolve()
    await scenario.settle()
    expect(await scenario.state(saleId)).toBe('charging.validating')
    deciding.resolve()
    await texting
    expect(await scenario.state(saleId)).toBe('instructed')
  })

  test('is not what a phone types that another has overtaken meanwhile', async () => {
    const { scenario, machine, text, reading } = await town({ charge: 'hold' })
    scenario.centre.validates = true
    const saleId = await machine.offer()
    await text('PAY 4021')
    const other = scenario.phone('+33687654321')
    await other.identify()
    const deciding = Promise.withResolvers<void>()
    reading.ends = deciding.promise
    const texting = text('4021')
    await other.yes()
    expect(await scenario.state(saleId)).toBe('charging.validating')
    deciding.resolve()
    expect(await texting).toMatch(/^Choose your item on machine 4021/)
    expect(await scenario.state(saleId)).toBe('charging.validating')
  })

  test('is typed into a dialogue as well', async () => {
    const { scenario, machine, dial, texts } = await town({ charge: 'hold' })
    scenario.centre.validates = true
    scenario.centre.validationCode = '4021'
    const saleId = await machine.offer()
    await dial('4021')
    expect(await dial('1')).toMatchObject({ screen: /^Thank you/, goesOn: false })
    expect(texts.at(-1)?.text).toMatch(/Reply with that code/)
    const typing = dial('4021', { sessionId: 'another' })
    await scenario.pass(answerLimitMs)
    await typing
    expect(await scenario.state(saleId)).toBe('instructed')
    await scenario.close()
  })
})

describe('by dialogue', () => {
  test('dialled, the number, 1 to pay, and the receipt by text', async () => {
    const { scenario, machine, dial, texts } = await town()
    const saleId = await machine.offer()
    expect(await dial('')).toEqual({
      kind: 'screen',
      screen: 'Concilia: type the number on the machine\n0 Cancel',
      goesOn: true,
    })
    expect(await dial('4021')).toMatchObject({ screen: /1\.50.*\n1 Pay\n0 Cancel/, goesOn: true })
    expect(await dial('1')).toMatchObject({ screen: /^Thank you/, goesOn: false })
    await machine.report(saleId, 'delivered')
    expect(texts.map(({ text }) => text)).toEqual([expect.stringMatching(/^Paid/)])
    expect(scenario.centre.heard[1]?.operation).toMatchObject({ consent: { by: 'network', channel: 'ussd' } })
  })

  test('dialled deep, 0 to cancel', async () => {
    const { scenario, machine, dial } = await town()
    const saleId = await machine.offer()
    expect(await dial('*123*4021#')).toMatchObject({ screen: /1 Pay/, goesOn: true })
    expect(await dial('0')).toMatchObject({ screen: /cancelled/, goesOn: false })
    expect(await scenario.state(saleId)).toBe('refused')
  })

  test('the phone first: 1 looks again once something is chosen, and consents to nothing unseen', async () => {
    const { scenario, machine, dial } = await town()
    expect(await dial('4021')).toMatchObject({ screen: /1 See the price/, goesOn: true })
    expect(await dial('1')).toMatchObject({ screen: /1 See the price/, goesOn: true })
    const saleId = await machine.offer()
    expect(await dial('1')).toMatchObject({ screen: /1\.50.*\n2 Pay/, goesOn: true })
    expect(await scenario.state(saleId)).toBe('open.consenting')
    expect(await dial('2')).toMatchObject({ screen: /^Thank you/ })
  })

  test('the phone first: the 1 that was typed to see the price is no yes to it', async () => {
    const { scenario, machine, dial } = await town()
    expect(await dial('4021')).toMatchObject({ screen: /1 See the price/, goesOn: true })
    const saleId = await machine.offer()
    expect(await dial('1')).toMatchObject({ screen: /2 Pay/, goesOn: true })
    expect(await scenario.state(saleId)).toBe('open.consenting')
    expect(await dial('2')).toMatchObject({ screen: /^Thank you/ })
    expect(scenario.centre.heard[1]?.operation).toMatchObject({ consent: { by: 'network' } })
  })

  test('1 See the price, while the price is just being shown, consents to nothing', async () => {
    const { scenario, machine, dial, reading } = await town()
    await dial('4021')
    const [eligible, read] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()]
    scenario.centre.next('eligibility', eligible.promise)
    const saleId = await machine.offer()
    reading.begins = read.promise
    const dialling = dial('1')
    eligible.resolve()
    await scenario.settle()
    read.resolve()
    expect(await dialling).toMatchObject({ screen: /2 Pay/, goesOn: true })
    expect(await scenario.state(saleId)).toBe('open.consenting')
  })

  test('the receipt goes by text, also while a screen is waited for', async () => {
    const { scenario, machine, dial, texts, reading } = await town()
    const saleId = await machine.offer()
    await dial('4021')
    await dial('1')
    const read = Promise.withResolvers<void>()
    reading.begins = read.promise
    const dialling = dial('4021')
    await machine.report(saleId, 'delivered')
    await scenario.settle()
    read.resolve()
    await scenario.pass(2000)
    expect(await dialling).toMatchObject({ screen: /^Choose your item/ })
    expect(texts.map(({ text }) => text)).toEqual([expect.stringMatching(/^Paid/)])
  })

  test('who looks while the account is being checked sees the price once it is, and then 2 pays', async () => {
    const { scenario, machine, dial, texts } = await town()
    expect(await dial('4021')).toMatchObject({ screen: /1 See the price/, goesOn: true })
    const { promise: checking, resolve: answered } = Promise.withResolvers<void>()
    scenario.centre.next('eligibility', checking)
    const saleId = await machine.offer()
    const looking = dial('1')
    await scenario.settle()
    answered()
    expect(await looking).toMatchObject({ screen: /1\.50.*\n2 Pay\n0 Cancel/, goesOn: true })
    expect(texts).toEqual([])
    expect(await dial('2')).toMatchObject({ screen: /^Thank you/, goesOn: false })
    expect(await scenario.state(saleId)).toBe('instructed')
  })

  test('the suggested machine is line 1 of its screen, and only of that', async () => {
    const { scenario, machine, dial } = await town()
    const saleId = await machine.offer()
    expect(await dial('4012')).toMatchObject({ screen: /1 Machine 4021/, goesOn: true })
    expect(await dial('1')).toMatchObject({ screen: /2 Pay/, goesOn: true })
    expect(await dial('2')).toMatchObject({ screen: /^Thank you/, goesOn: false })
    expect(await scenario.state(saleId)).toBe('instructed')
  })

  test('a number the carrier does not vouch for gets the price and its code by text', async () => {
    const { scenario, machine, dial, text, texts, codeSent } = await town()
    const saleId = await machine.offer()
    expect(await dial('4021', { vouched: false })).toMatchObject({ screen: /by text/, goesOn: false })
    expect(texts).toHaveLength(1)
    expect(await dial('1', { vouched: false })).toMatchObject({ screen: /reply YES and the figures/ })
    await text(`YES ${codeSent()}`)
    expect(await scenario.state(saleId)).toBe('instructed')
    expect(scenario.centre.heard[1]?.operation).toMatchObject({ consent: { by: 'code' } })
  })

  test('a pick in another session consents to nothing', async () => {
    const { scenario, machine, dial } = await town()
    const saleId = await machine.offer()
    await dial('4021')
    expect(await dial('1', { sessionId: 'another' })).toMatchObject({ screen: /reply YES and the figures/ })
    expect(await scenario.state(saleId)).toBe('open.consenting')
  })

  test('a step that is repeated gets the same screen and does nothing more', async () => {
    const { scenario, machine, dial } = await town()
    await machine.offer()
    await dial('4021')
    const first = await dial('1', { messageId: 'the pick' })
    expect(await dial('1', { messageId: 'the pick' })).toEqual(first)
    expect(scenario.centre.kinds().filter((kind) => kind === 'charge')).toHaveLength(1)
    const stored = (await scenario.store.recentSales(1))[0]?.state
    expect(stored).toBe('instructed')
  })

  test('goes on after a restart: what its last screen showed is in the books', async () => {
    const { scenario, machine, dial, restart } = await town()
    const saleId = await machine.offer()
    expect(await dial('4012')).toMatchObject({ screen: /1 Machine 4021/, goesOn: true })
    restart()
    expect(await dial('1')).toMatchObject({ screen: /1\.50.*\n2 Pay/, goesOn: true })
    restart()
    expect(await dial('2', { messageId: 'the yes' })).toMatchObject({ screen: /^Thank you/, goesOn: false })
    restart()
    expect(await dial('2', { messageId: 'the yes' })).toMatchObject({ screen: /^Thank you/, goesOn: false })
    expect(await scenario.state(saleId)).toBe('instructed')
    expect(scenario.centre.kinds().filter((kind) => kind === 'charge')).toHaveLength(1)
  })

  test('that dies after the yes ends right, and the receipt goes by text', async () => {
    const { scenario, machine, dial, restart, texts } = await town()
    const answer = Promise.withResolvers<void>()
    const saleId = await machine.offer()
    await dial('4021')
    scenario.centre.next('charge', answer.promise)
    await dial('1')
    restart()
    answer.resolve()
    await scenario.settle()
    expect(await scenario.state(saleId)).toBe('instructed')
    await machine.report(saleId, 'delivered')
    expect(texts.map(({ text }) => text)).toEqual([expect.stringMatching(/^Paid/)])
  })

  test('a step stored before a crash that took its screen gets how things stand, and does nothing more', async () => {
    const { scenario, machine, dial, restart, refuseScreens } = await town()
    const saleId = await machine.offer()
    await dial('4021')
    refuseScreens(true)
    await expect(dial('1', { messageId: 'the yes' })).rejects.toThrow('no screens today')
    expect(await scenario.state(saleId)).toBe('instructed')
    refuseScreens(false)
    restart()
    expect(await dial('1', { messageId: 'the yes' })).toMatchObject({ screen: /^Thank you/, goesOn: false })
    expect(scenario.centre.kinds().filter((kind) => kind === 'charge')).toHaveLength(1)
  })

  test('a price that was stored but never shown is no price: 1 only looks at it', async () => {
    const { scenario, machine, dial, restart, refuseScreens } = await town()
    await dial('4021')
    const saleId = await machine.offer()
    refuseScreens(true)
    await expect(dial('1')).rejects.toThrow('no screens today')
    refuseScreens(false)
    restart()
    expect(await dial('1')).toMatchObject({ screen: /2 Pay/ })
    expect(await scenario.state(saleId)).toBe('open.consenting')
  })

  test('a screen that is not there in time says so, and the price goes by text', async () => {
    const { scenario, machine, dial, texts, text, codeSent } = await town()
    const answer = Promise.withResolvers<void>()
    scenario.centre.next('eligibility', answer.promise)
    const saleId = await machine.offer()
    const dialling = dial('4021')
    await scenario.pass(answerLimitMs)
    expect(await dialling).toMatchObject({ screen: /takes a moment.* by text/, goesOn: false })
    expect(texts).toEqual([])
    answer.resolve()
    await scenario.settle()
    expect(texts.map(({ text: words }) => words)).toEqual([expect.stringMatching(/YES \d{4}/)])
    await text(`YES ${codeSent()}`)
    expect(await scenario.state(saleId)).toBe('instructed')
    await scenario.close()
  })

  test('a step that could not be stored is refused, with whoever repeated it meanwhile', async () => {
    const { scenario, dial } = await town()
    await scenario.engine.stop()
    const both = await Promise.allSettled([
      dial('4021', { messageId: 'one step' }),
      dial('4021', { messageId: 'one step' }),
    ])
    expect(both.map(({ status }) => status)).toEqual(['rejected', 'rejected'])
    expect(scenario.clock.pending).toBeLessThanOrEqual(1)
  })
})

describe('a step that an operator’s centre brings again, and nothing tells from a new one', () => {
  test('is no yes to the price that it was shown, at another server and after a restart', async () => {
    const { scenario, machine, dial, restart } = await town()
    expect(await dial('4021')).toMatchObject({ screen: /1 See the price/ })
    const saleId = await machine.offer()
    expect(await dial('1')).toMatchObject({ screen: /2 Pay/ })
    for (const ms of [0, 5_000, 60_000]) {
      restart()
      await scenario.pass(ms)
      expect(await dial('1')).toMatchObject({ screen: /1\.50.*\n2 Pay/, goesOn: true })
    }
    expect(await scenario.state(saleId)).toBe('open.consenting')
    expect(await dial('2')).toMatchObject({ screen: /^Thank you/ })
    expect(await scenario.state(saleId)).toBe('instructed')
    await scenario.close()
  })

  test('makes no yes of the answer to the screen before it', async () => {
    const { scenario, machine, dial } = await town()
    expect(await dial('4021')).toMatchObject({ screen: /1 See the price/ })
    const saleId = await machine.offer()
    // This price is lost on its way: the phone still shows the menu.
    expect(await dial('4021')).toMatchObject({ screen: /2 Pay/ })
    expect(await dial('1')).toMatchObject({ screen: /2 Pay/ })
    expect(await scenario.state(saleId)).toBe('open.consenting')
    expect(await dial('2')).toMatchObject({ screen: /^Thank you/ })
  })

  test('pays no other price than the one that its figure was read with', async () => {
    const { scenario, machine, dial } = await town()
    const first = await machine.offer()
    expect(await dial('4021')).toMatchObject({ screen: /1\.50.*\n1 Pay/ })
    await machine.withdraw(first)
    const second = await machine.offer({ amountMinor: 350 })
    expect(await dial('4021')).toMatchObject({ screen: /3\.50.*\n2 Pay/ })
    expect(await dial('1')).toMatchObject({ screen: /3\.50.*\n2 Pay/ })
    expect(await scenario.state(second)).toBe('open.consenting')
    expect(await dial('2')).toMatchObject({ screen: /^Thank you/ })
    expect(scenario.centre.paid(second)).toBe(350)
  })

  test('pays nothing in the next dialogue, where the carrier numbers none', async () => {
    const { scenario, machine, dial } = await town()
    const unnumbered = { sessionId: '', begins: false }
    const buys = async (figure: string) => {
      const saleId = await machine.offer()
      const price = await dial('4021', { sessionId: '', begins: true })
      expect(price.screen).toContain(`\n${figure} Pay`)
      return saleId
    }
    const first = await buys('1')
    expect(await dial('1', unnumbered)).toMatchObject({ screen: /^Thank you/ })
    await machine.report(first, 'delivered')
    const second = await buys('2')
    expect(await dial('1', unnumbered)).toMatchObject({ screen: /2 Pay/ })
    expect(await scenario.state(second)).toBe('open.consenting')
    expect(await dial('2', unnumbered)).toMatchObject({ screen: /^Thank you/ })
    await machine.report(second, 'delivered')
    await scenario.pass(mayComeAgainMs)
    await buys('1')
    await scenario.close()
  })

  test('begins with 1 again once nothing can come again', async () => {
    const { scenario, machine, dial } = await town()
    await machine.offer()
    expect(await dial('4021')).toMatchObject({ screen: /1 Pay/ })
    await scenario.pass(mayComeAgainMs)
    const saleId = await machine.offer()
    expect(await dial('4021')).toMatchObject({ screen: /1 Pay/ })
    expect(await dial('1')).toMatchObject({ screen: /^Thank you/ })
    expect(await scenario.state(saleId)).toBe('instructed')
    await scenario.close()
  })

  test('is shown a figure of its own where two servers write at once', async () => {
    const { scenario, machine, dial, elsewhere } = await town()
    const saleId = await machine.offer()
    elsewhere.push({ figure: 1, pricedCode: 'another' })
    expect(await dial('4021')).toMatchObject({ screen: /2 Pay/ })
    expect(await dial('1')).toMatchObject({ screen: /2 Pay/ })
    expect(await scenario.state(saleId)).toBe('open.consenting')
    expect(await dial('2')).toMatchObject({ screen: /^Thank you/ })
  })

  test('is refused where others write each time, and its screen goes by text', async () => {
    const { scenario, machine, dial, elsewhere, texts } = await town()
    await machine.offer()
    for (let figure = 1; figure <= 5; figure++) elsewhere.push({ figure, pricedCode: 'another' })
    await expect(dial('4021')).rejects.toThrow('went on elsewhere')
    await scenario.pass(15_000)
    expect(texts.map(({ text }) => text)).toEqual([expect.stringMatching(/YES \d{4}/)])
    await scenario.close()
  })
})

test('a bare yes, or a figure of no line, shows the price and its figure again', async () => {
  const { scenario, machine, dial } = await town()
  const saleId = await machine.offer()
  await dial('4021')
  expect(await dial('yes')).toMatchObject({ screen: /1\.50.*\n1 Pay/, goesOn: true })
  expect(await dial('7')).toMatchObject({ screen: /1\.50.*\n8 Pay/, goesOn: true })
  expect(await scenario.state(saleId)).toBe('open.consenting')
  expect(await dial('8')).toMatchObject({ screen: /^Thank you/ })
})

test('where no figure is left the price goes by text, with its code', async () => {
  const { scenario, machine, dial, text, codeSent } = await town()
  const saleId = await machine.offer()
  await dial('4021')
  expect(await dial('9')).toMatchObject({ screen: /by text/, goesOn: false })
  await text(`YES ${codeSent()}`)
  expect(await scenario.state(saleId)).toBe('instructed')
})
