import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  readBoardCommand,
  readBoardLine,
  vendFates,
  type WritableBoardCommand,
  type WritableBoardLine,
  writeBoardCommand,
  writeBoardLine,
} from './motor-board.ts'

const vend = fc.integer({ min: 1, max: 0xffff_ffff })
const selection = fc.integer({ min: 0, max: 65_534 })
const shown = fc
  .array(
    fc.integer({ min: 0x20, max: 0x7e }).map((code) => String.fromCharCode(code)),
    { maxLength: 32 },
  )
  .map((characters) => characters.join(''))

const boardLines = fc.oneof<fc.Arbitrary<WritableBoardLine>[]>(
  fc.record({
    type: fc.constant('board'),
    serial: fc.stringMatching(/^[\w-]{1,16}$/),
    boot: fc.integer({ min: 0, max: 9_999_999_999 }),
    last: fc.integer({ min: 0, max: 0xffff_ffff }),
  }),
  fc.record({ type: fc.constant('vend'), vend, fate: fc.constantFrom(...vendFates) }),
  fc.record({
    type: fc.constant('state'),
    door: fc.constantFrom('open', 'closed'),
    sensor: fc.constantFrom('works', 'blind'),
    soldOut: fc.array(selection, { maxLength: 12 }),
  }),
  fc.record({ type: fc.constant('key'), selection }),
  fc.constant({ type: 'unread' }),
)
const commands = fc.oneof<fc.Arbitrary<WritableBoardCommand>[]>(
  fc.constant({ type: 'hello' }),
  fc.constant({ type: 'askState' }),
  fc.record({ type: fc.constant('vend'), vend, selection }),
  fc.record({ type: fc.constant('askVend'), vend }),
  fc.record({ type: fc.constant('show'), text: shown }),
)

describe('the lines of a motor board', () => {
  it.each([
    ['VEND 17 5*0A', { type: 'vend', vend: 17, selection: 5 }],
    ['ASK 17*67', { type: 'askVend', vend: 17 }],
    ['HELLO*74', { type: 'hello' }],
    ['STATE*81', { type: 'askState' }],
    ['SHOW PAID 1.50*63', { type: 'show', text: 'PAID 1.50' }],
  ] as const)('command %s', (text, command) => {
    expect(readBoardCommand(text)).toEqual(command)
    expect(writeBoardCommand(command)).toBe(text)
  })

  it.each([
    ['board SIM-7 3 17*50', { type: 'board', serial: 'SIM-7', boot: 3, last: 17 }],
    ['vend 17 dropped*43', { type: 'vend', vend: 17, fate: 'dropped' }],
    ['state closed works 11,12*22', { type: 'state', door: 'closed', sensor: 'works', soldOut: [11, 12] }],
    ['state open blind -*69', { type: 'state', door: 'open', sensor: 'blind', soldOut: [] }],
    ['key 11*CB', { type: 'key', selection: 11 }],
    ['unread*7F', { type: 'unread' }],
  ] as const)('line %s', (text, line) => {
    expect(readBoardLine(text)).toEqual(line)
    expect(writeBoardLine(line)).toBe(text)
  })

  it('both directions come back as they were written', () => {
    fc.assert(
      fc.property(boardLines, commands, (line, command) => {
        expect(readBoardLine(writeBoardLine(line))).toEqual(line)
        expect(readBoardCommand(writeBoardCommand(command))).toEqual(command)
      }),
    )
  })

  it('any text reads, if only as unreadable', () => {
    fc.assert(
      fc.property(fc.string(), (text) => {
        expect(readBoardLine(text).type).toBe('unreadable')
        expect(readBoardCommand(text).type).toBe('unreadable')
      }),
    )
  })

  it('a command with one wrong character is no command, so that no other motor turns', () => {
    fc.assert(
      fc.property(commands, fc.nat(), fc.integer({ min: 1, max: 127 }), (command, at, flip) => {
        const text = writeBoardCommand(command)
        const where = at % text.length
        const wrong = String.fromCharCode(text.charCodeAt(where) ^ flip)
        const damaged = text.slice(0, where) + wrong + text.slice(where + 1)
        expect(readBoardCommand(damaged)).toEqual({ type: 'unreadable', text: damaged })
      }),
    )
  })

  it.each(['VEND 0 5', 'VEND 4294967296 5', 'VEND 1 65535', 'ASK 0', 'VEND 1', `SHOW ${'x'.repeat(33)}`])(
    '%s is out of range',
    (said) => {
      const sum = [...said].reduce((total, character) => total + character.charCodeAt(0), 0) & 0xff
      const text = `${said}*${sum.toString(16).toUpperCase().padStart(2, '0')}`
      expect(readBoardCommand(text).type).toBe('unreadable')
    },
  )
})
