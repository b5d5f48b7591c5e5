// What is typed to a kiosk: words to acts, mistakes to what there is, and every act does what it says.
import { ManualClock } from '@concilia/protocol/manual-clock.ts'
import { describe, expect, test } from 'vitest'
import { Kiosk, usualKiosk } from './kiosk.ts'
import { type KioskAct, perform } from './kiosk-acts.ts'
import { viewOf } from './kiosk-view.ts'
import { kioskActOf, kioskHelp } from './kiosk-words.ts'

test.each<[string, KioskAct]>([
  ['coin 0.50', { act: 'coin', valueMinor: 50 }],
  [' slug ', { act: 'slug' }],
  ['lever', { act: 'lever' }],
  ['press 5', { act: 'press', item: 5 }],
  ['fault payoutJam 2', { act: 'changerFault', fault: 'payoutJam', after: 2 }],
  ['fault deaf', { act: 'changerFault', fault: 'deaf', after: 0 }],
  ['board motorJam', { act: 'boardFault', fault: 'motorJam' }],
  ['mend', { act: 'mend' }],
  ['door open', { act: 'door', open: true }],
  ['sensor off', { act: 'dropSensor', on: false }],
  ['acceptor off', { act: 'acceptor', on: false }],
  ['power changer off', { act: 'power', part: 'changer', on: false }],
  ['line board on', { act: 'line', part: 'board', on: true }],
  ['restart', { act: 'restartBridge' }],
  ['stock 5 0', { act: 'stock', item: 5, count: 0 }],
  ['fill 0.10 20', { act: 'fill', valueMinor: 10, count: 20 }],
  ['take 0.10', { act: 'take', valueMinor: 10 }],
  ['blind 1', { act: 'blindTube', valueMinor: 100 }],
  ['miscount 0.50 -2', { act: 'miscount', valueMinor: 50, by: -2 }],
])('%s', (text, act) => expect(kioskActOf(text, 'EUR')).toEqual(act))

test.each([
  ['what', /coin VALUE[\s\S]*press ITEM[\s\S]*look/],
  ['coin', /^coin VALUE: /],
  ['coin 0.505', /^coin VALUE: /],
  ['fault odd', /^fault NAME \[AFTER\]: deaf, /],
  ['board odd', /^board NAME: deaf, /],
  ['door ajar', /^door open\|closed: /],
  ['power box off', /^power changer\|board off\|on: /],
  ['constructor', /coin VALUE/],
])('%s is answered with what there is', (text, words) => expect(kioskActOf(text, 'EUR')).toMatch(words))

test('the help fits a terminal', () => {
  expect(Math.max(...kioskHelp.split('\n').map((line) => line.length))).toBeLessThanOrEqual(80)
})

describe('each act does what it says', () => {
  const lines = () => {
    const line = {
      plugged: true,
      write() {},
      plug: () => (line.plugged = true),
      unplug: () => (line.plugged = false),
    }
    return line
  }
  const made = () => {
    const ends = { changer: lines(), board: lines() }
    const kiosk = new Kiosk(usualKiosk('EUR', [5]), new ManualClock(), ends, () => {})
    return { kiosk, ends, view: () => viewOf(kiosk) }
  }

  test('coins lie where they fell, and nothing is done that cannot be', () => {
    const { kiosk, view } = made()
    expect(perform(kiosk, { act: 'coin', valueMinor: 50 })).toBeUndefined()
    expect(perform(kiosk, { act: 'coin', valueMinor: 51 })).toBe('the changer knows no such coin')
    expect(perform(kiosk, { act: 'fill', valueMinor: 200, count: 3 })).toBe('this coin has no tube')
    expect(perform(kiosk, { act: 'fill', valueMinor: 100, count: 3 })).toBeUndefined()
    expect(perform(kiosk, { act: 'take', valueMinor: 5 })).toBeUndefined()
    expect(view().coins.tray).toMatchObject({ 50: 1 })
    expect(view().coins.tube).toMatchObject({ 5: 39, 100: 5 })
    expect(view().worthMinor).toEqual({ tube: 1345, cashBox: 0, tray: 50, stuck: 0 })
  })

  test('what is dark, blind, open or unplugged is mended together', () => {
    const { kiosk, ends, view } = made()
    const acts: KioskAct[] = [
      { act: 'power', part: 'changer', on: false },
      { act: 'power', part: 'board', on: false },
      { act: 'line', part: 'changer', on: false },
      { act: 'door', open: true },
      { act: 'acceptor', on: false },
      { act: 'dropSensor', on: false },
      { act: 'blindTube', valueMinor: 10 },
    ]
    for (const act of acts) expect(perform(kiosk, act)).toBeUndefined()
    expect(view()).toMatchObject({ doorOpen: true, powered: { changer: false, board: false } })
    expect(ends.changer.plugged).toBe(false)
    expect(perform(kiosk, { act: 'take', valueMinor: 10 })).toMatch(/^no coin comes/)
    perform(kiosk, { act: 'mend' })
    expect(view()).toMatchObject({ doorOpen: false, powered: { changer: true, board: true } })
    expect(ends.changer.plugged).toBe(true)
    expect(kiosk.changer.acceptorUnplugged).toBe(false)
    expect(kiosk.changer.blindTubes.size).toBe(0)
  })
})
