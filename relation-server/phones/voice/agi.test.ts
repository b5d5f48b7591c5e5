import { expect, test } from 'vitest'
import { calledNumber, commandsOf, readAnswer, readEnvironment } from './agi.ts'

test('what opens a session', () => {
  const environment = readEnvironment([
    'agi_network: yes',
    'agi_request: agi://127.0.0.1/secret',
    'agi_uniqueid: 1900000000.7',
    'agi_callerid: 33612345678',
    'agi_extension: 899123456',
    'agi_dnid: unknown',
    'no line of ours',
  ])
  expect(environment.get('uniqueid')).toBe('1900000000.7')
  expect(calledNumber(environment)).toBe('899123456')
  expect(calledNumber(new Map([['dnid', '0899123456']]))).toBe('0899123456')
  expect(calledNumber(new Map())).toBe('')
})

test.each([
  ['200 result=0', { kind: 'done', digits: '0' }],
  ['200 result=4021', { kind: 'done', digits: '4021' }],
  ['200 result=4021 (timeout)', { kind: 'done', digits: '4021' }],
  ['200 result= (timeout)', { kind: 'done', digits: '' }],
  ['200 result=-1', { kind: 'hungUp' }],
  ['511 Command Not Permitted on a dead channel or intercept routine', { kind: 'hungUp' }],
  ['510 Invalid or unknown command', { kind: 'hungUp' }],
  ['', { kind: 'hungUp' }],
])('%j', (line, answer) => {
  expect(readAnswer(line)).toEqual(answer)
})

test('the commands of each action', () => {
  const text = ''
  const sounds = 'concilia/fr'
  const commands = [
    { do: 'play', message: 'goodbye', text } as const,
    { do: 'answer' } as const,
    { do: 'ask', message: 'askMachine', text, digits: 8, end: '#', withinMs: 10_000 } as const,
    { do: 'readCode', message: 'yourCode', text, code: '471123' } as const,
    { do: 'wait', forMs: 1000 } as const,
    { do: 'hangUp' } as const,
  ].flatMap((action) => commandsOf(action, sounds))
  expect(commands).toEqual([
    'STREAM FILE concilia/fr/goodbye ""',
    'ANSWER',
    'GET DATA concilia/fr/askMachine 10000 8',
    'STREAM FILE concilia/fr/yourCode ""',
    'SAY DIGITS 471123 ""',
    'EXEC Wait 1',
    'HANGUP',
  ])
})
