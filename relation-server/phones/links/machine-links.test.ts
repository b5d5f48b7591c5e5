import { describe, expect, test } from 'vitest'
import { machineLinks, type WayIn } from './machine-links.ts'

const urls = (...ways: WayIn[]) => machineLinks('4021', { ways }, 'PAYER').map(({ url }) => url)

test('one way may have both: the text goes after ?&, which both kinds of phones take', () => {
  expect(urls({ name: 'a', sender: '36000', ussdCode: '*123#' })).toEqual([
    'sms:36000?&body=PAYER%204021',
    'tel:*123*4021%23',
  ])
  expect(urls({ name: 'a', sender: '+33755512345', ussdCode: '*384*123#' })).toEqual([
    'sms:+33755512345?&body=PAYER%204021',
    'tel:*384*123*4021%23',
  ])
})

describe('several ways', () => {
  test('to one short code are one link', () => {
    const ways = [
      { name: 'a', sender: '36000' },
      { name: 'b', sender: '36000', ussdCode: '*123#' },
    ]
    expect(machineLinks('4021', { ways }, 'PAY')).toEqual([
      { kind: 'text', url: 'sms:36000?&body=PAY%204021', ways: ['a', 'b'] },
      { kind: 'dial', url: 'tel:*123*4021%23', ways: ['b'] },
    ])
  })

  test('that send by letters have nothing to text to', () => {
    expect(urls({ name: 'a', sender: 'CONCILIA' }, { name: 'b', sender: 'MG0123' })).toEqual([])
  })
})

test('a page comes first, where there are pages', () => {
  const offered = { ways: [{ name: 'a', sender: '36000' }], pageOrigin: 'https://pay.example.org' }
  expect(machineLinks('4021', offered, 'PAY')[0]).toEqual({
    kind: 'page',
    url: 'https://pay.example.org/m/4021',
    ways: ['web'],
  })
})
