// The search that other tests rely on finds what it should, and nothing else.
import { expect, test } from 'vitest'
import { leaked } from './leaked.ts'

const number = '+33612345678'

test.each([
  '+33612345678',
  '33612345678',
  '0612345678',
  '06 12 34 56 78',
  '+33 (0)6-12.34.56.78',
  '%2B33612345678',
  'tel:+33-612-345-678',
  ...['', 'a', 'ab'].map((before) => Buffer.from(`${before}${number}?`).toString('base64')),
  ...['', 'a', 'ab'].map((before) => Buffer.from(`${before}612345678"`).toString('base64url')),
  Buffer.from(number).toString('hex'),
])('%s tells it', (form) => {
  expect(leaked(`{"line":"${form}"}`, [number])).toHaveLength(1)
})

test.each(['+33•••••678', '33612345679', '612 and 345 and 678', Buffer.from('+33612345').toString('base64')])(
  '%s does not',
  (form) => {
    expect(leaked(form, [number])).toEqual([])
  },
)

test('a label of a figure tells it', () => {
  const figure = (way: string) => `concilia_texts_total{way="${way}",result="sent"} 1`
  expect(leaked(`${figure('carrier')}\n${figure('33612345678')}`, [number])).toHaveLength(1)
})

test('a secret is found among figures', () => {
  expect(leaked('code 73190264.\nmore', [], ['73190264'])).toEqual(['code 73190264.'])
})
