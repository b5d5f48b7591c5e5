// Steps as gateways number them - by a name for good, by one octet that comes again, by nothing - and what of
// them is new, whichever server heard the ones before.
import { describe, expect, test } from 'vitest'
import { dialogueStep } from './dialogue-step.ts'
import type { Incoming } from './phones/port.ts'
import type { DialogueRow } from './store/port.ts'

/** A phone whose every step is answered by a screen, kept as the books keep it. */
function phone(form: Partial<Incoming>) {
  const rows: DialogueRow[] = []
  let clock = 0
  const hear = (messageId: string, words: string, rest: Partial<Incoming> = {}, sessionId = '7') => {
    const incoming: Incoming = {
      gateway: 'gateway',
      messageId,
      channel: 'ussd',
      subscriber: { realm: 'e164', key: '+33612345678' },
      vouched: true,
      serviceCode: '*123#',
      words,
      at: ++clock,
      ...form,
      ...rest,
    }
    return dialogueStep(
      incoming,
      sessionId,
      's1',
      rows.toSorted((a, b) => b.at - a.at),
    )
  }
  const step = (...said: Parameters<typeof hear>) => {
    const known = hear(...said)
    if (known.shown) return { ...known.step, shown: known.shown }
    const { words, ...kept } = known.step
    const screen = { screen: `after ${words}`, goesOn: true, pricedCode: null, figure: 0, suggested: null }
    const at = said[2]?.at ?? clock
    const others = rows.filter(({ dialogueId }) => dialogueId !== kept.dialogueId)
    rows.splice(0, rows.length, ...others, { ...kept, ...screen, at })
    return known.step
  }
  return { step, hear }
}

describe('everything typed so far, joined by stars', () => {
  test('is taken apart by what was there before, stars and all', () => {
    const { step } = phone({ wholeHistory: true })
    const heard = ['', '4021', '4021*1*2', '4021*1*2*end'].map((text, place) => step(`m${place}`, text).words)
    expect(heard).toEqual(['', '4021', '1*2', 'end'])
  })

  test('a repeated step has the same screen, an older one the same words', () => {
    const { step } = phone({ wholeHistory: true })
    for (const [place, text] of ['', '4021', '4021*1*2'].entries()) step(`m${place}`, text)
    expect(step('m2', '4021*1*2')).toMatchObject({ shown: { screen: 'after 1*2' } })
    expect(step('m1', '4021').words).toBe('4021')
    expect(step('m3', '4021*1*2*3*4').words).toBe('3*4')
  })

  test('dialled deep it begins with the machine number; two groups at once are no answer of ours', () => {
    expect(phone({ wholeHistory: true }).step('m1', '4021').words).toBe('4021')
    expect(phone({ wholeHistory: true }).step('m1', '4021*1').words).toBe('4021*1')
  })
})

describe('a name that comes again', () => {
  test('is another dialogue when it begins anew, and the same when it is repeated', () => {
    const { step } = phone({})
    const begins = { begins: true }
    const ids = [
      step('a1', '4021', begins),
      step('a2', '1', { begins: false }),
      step('a1', '4021', begins),
      step('b1', '4021', begins),
      step('b2', '1', { begins: false }),
    ].map(({ dialogueId }) => dialogueId)
    expect(ids).toEqual(['gateway a1', 'gateway a1', 'gateway a1', 'gateway b1', 'gateway b1'])
  })

  test('of another octet, another gateway or long ago is not this one', () => {
    const { step } = phone({ begins: false })
    step('a1', '4021', { begins: true })
    expect(step('a2', '1', {}, '8').dialogueId).toBe('gateway a2')
    expect(step('a3', '1', { gateway: 'other' }).dialogueId).toBe('other a3')
    expect(step('a4', '1', { at: 300_000 }).dialogueId).toBe('gateway a1')
    expect(step('a5', '1', { at: 600_000 }).dialogueId).toBe('gateway a5')
  })
})

test('what its name has shown goes on counting when it begins anew, for as long as a step may come again', () => {
  const { step, hear } = phone({})
  step('a1', '4021', { begins: true })
  step('b1', '4021', { begins: true })
  step('c1', '4021', { begins: true }, '8')
  const shown = (at: number) => hear('b2', '1', { begins: false, at }).screens.map((row) => row.step)
  expect([shown(4), shown(600_001), shown(600_002)]).toEqual([['b1', 'a1'], ['b1'], []])
})

test('a name for good is one dialogue, and what its last screen showed is before the step', () => {
  const { step, hear } = phone({})
  expect(hear('m1', '4021')).toMatchObject({ before: undefined, shown: undefined })
  step('m1', '4021')
  expect(hear('m2', '1')).toMatchObject({
    step: { dialogueId: 'gateway 7', words: '1' },
    before: { screen: 'after 4021', step: 'm1' },
    shown: undefined,
  })
})
