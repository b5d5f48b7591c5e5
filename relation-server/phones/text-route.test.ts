// Which way a text goes: by the first rule that fits and is up.
import { expect, test } from 'vitest'
import type { TextSender } from './port.ts'
import { routedSender, type Way, waysTo } from './text-route.ts'

const french = { realm: 'e164', key: '+33612345678' }
const swede = { realm: 'e164', key: '+46701740605' }
const alias = { realm: 'orange-fr', key: 'PhN8xk2' }
const ways = [{ name: 'kannel' }, { name: 'orange', aliasRealm: 'orange-fr' }, { name: 'backup' }]
const rules = [
  { prefix: '+33', through: 'backup' },
  { realm: 'orange-fr', through: 'orange' },
  { through: 'kannel' },
]

test.each([
  ['a French number by rule', french, rules, ['backup', 'kannel']],
  ['a Swedish one by the rule for all', swede, rules, ['kannel']],
  ['an alias by its own', alias, rules, ['orange']],
  ['a number without rules by whatever knows numbers', french, [], ['kannel', 'backup']],
  ['an alias without rules by the link of its carrier', alias, [], ['orange']],
  ["another carrier's alias by nothing", { realm: 'sfr-fr', key: 'x' }, [], []],
])('%s', (_, subscriber, given, names) => expect(waysTo(subscriber, given, ways)).toEqual(names))

test('a number where there are only links of aliases', () => {
  expect(waysTo(french, [], [{ name: 'orange', aliasRealm: 'orange-fr' }])).toEqual(['orange'])
})

test('the first that is up sends; when none is, the first says why', async () => {
  const sent: string[] = []
  const up = new Set(['kannel'])
  const sender = (name: string): TextSender => ({
    send: async () => {
      sent.push(name)
      return { kind: 'sent' }
    },
    close: async () => void sent.push(`${name} closed`),
  })
  const all: Way[] = ways.map((way) => ({ ...way, sender: sender(way.name), isUp: () => up.has(way.name) }))
  const routed = routedSender(rules, all)
  await routed.send({ subscriber: french, text: 'hello', key: '1' })
  up.clear()
  await routed.send({ subscriber: french, text: 'hello', key: '2' })
  expect(sent).toEqual(['kannel', 'backup'])
  const nowhere = await routed.send({ subscriber: { realm: 'sfr-fr', key: 'x' }, text: 'hello', key: '3' })
  expect(nowhere).toMatchObject({ kind: 'failed', retry: 'temporary' })
  await routed.close()
  expect(sent.slice(2)).toEqual(['kannel closed', 'orange closed', 'backup closed'])
})
