// The door of the phones' side: who is let in, what is too much, and that nothing is answered before it is
// stored.
import { ManualClock } from '@concilia/protocol/manual-clock.ts'
import { afterEach, describe, expect, test } from 'vitest'
import { form, request, type ServedPhones, secret, servePhones } from './phones-fixture.ts'
import type { Reply } from './port.ts'

let phones: ServedPhones | undefined
afterEach(() => phones?.stop())

const path = (word: string) => `/phones/${word}/kannel/text?from=%2B33612345678&to=36000&id=7&text=4021`
const get = (target: string) => request(`GET ${target}`, ['Host: relation-server'])
const statusOf = (answer: string) => Number(answer.split(' ')[1])

describe('who is let in', () => {
  test.each([
    ['a wrong secret', path('correct-horse-batterx')],
    ['a shorter secret', path('correct')],
    ['no secret', path('')],
    ['an unknown gateway', `/phones/${secret}/kanel/text?from=%2B33612345678&id=7&text=4021`],
    ['an unknown form', `/phones/${secret}/kannel/voice?from=%2B33612345678&id=7&text=4021`],
    ['a name every object has', `/phones/${secret}/kannel/constructor?from=%2B33612345678`],
    ['a longer path', `/phones/${secret}/kannel/text/more?from=%2B33612345678&id=7`],
  ])('%s: not found, not heard, no secret and no number in the log', async (_, target) => {
    phones = await servePhones()
    const answer = await phones.raw(get(target))
    expect(answer).toMatch(/^HTTP\/1\.1 404 [\s\S]*\r\n\r\n$/)
    expect(phones.heard).toEqual([])
    expect(phones.log.join()).not.toMatch(/correct|33612345678/)
  })

  test('a method that no gateway uses is not found, and leaves no secret behind', async () => {
    phones = await servePhones()
    expect(statusOf(await phones.raw(request(`PUT ${path(secret)}`, ['Host: relation-server'])))).toBe(404)
    expect(phones.heard).toEqual([])
    expect(phones.log.join()).not.toContain(secret)
  })

  test('an address that is not listed looks the same from outside and is told apart in the log', async () => {
    phones = await servePhones({ addresses: ['10.0.0.0/8', '2001:db8::1'] })
    expect(statusOf(await phones.raw(get(path(secret))))).toBe(404)
    expect(phones.log.join()).toContain('not listed')
  })

  test('no list admits all', async () => {
    phones = await servePhones({ addresses: [] })
    expect(statusOf(await phones.raw(get(path(secret))))).toBe(200)
  })
})

describe('what is too much', () => {
  test('a body beyond 8 kB', async () => {
    phones = await servePhones()
    const answer = await phones.raw(form(`POST /phones/${secret}/at/text`, `id=1&text=${'x'.repeat(8200)}`))
    expect(statusOf(answer)).toBe(413)
    expect(phones.heard).toEqual([])
  })

  test('a body of no form we read', async () => {
    phones = await servePhones()
    const lines = ['Host: relation-server', 'Content-Type: application/xml', 'Content-Length: 4']
    expect(statusOf(await phones.raw(request(`POST /phones/${secret}/at/text`, lines, '<a/>')))).toBe(415)
  })

  test('a field that stands twice counts once, the first', async () => {
    phones = await servePhones()
    await phones.raw(
      get(`/phones/${secret}/kannel/text?from=%2B33612345678&from=%2B33712345678&id=7&text=4021`),
    )
    expect(phones.heard).toMatchObject([{ subscriber: { key: '+33612345678' } }])
  })
})

describe('stored before answered', () => {
  test('nothing is answered until it is stored', async () => {
    const stored = Promise.withResolvers<Reply>()
    const arrived = Promise.withResolvers<void>()
    phones = await servePhones({
      receive: () => {
        arrived.resolve()
        return stored.promise
      },
    })
    let answered = false
    const answer = phones.raw(get(path(secret))).then((text) => {
      answered = true
      return text
    })
    await arrived.promise
    expect(answered).toBe(false)
    stored.resolve({ kind: 'stored' })
    expect(statusOf(await answer)).toBe(200)
  })

  test('what could not be stored answers 503, and its repeat is the same message', async () => {
    let attempts = 0
    phones = await servePhones({
      receive: async () => {
        attempts++
        if (attempts === 1) throw new Error('the database is away; the phone was +33612345678')
        return { kind: 'stored' }
      },
    })
    expect(statusOf(await phones.raw(get(path(secret))))).toBe(503)
    expect(statusOf(await phones.raw(get(path(secret))))).toBe(200)
    expect(phones.heard.map(({ messageId }) => messageId)).toEqual(['7', '7'])
    expect(phones.log.join()).toContain('could not be stored')
    expect(phones.log.join()).not.toContain('33612345678')
  })

  test('what takes too long answers 503', async () => {
    const clock = new ManualClock()
    phones = await servePhones({
      clock,
      receive: () => {
        queueMicrotask(() => clock.advance(5000))
        return new Promise(() => {})
      },
    })
    expect(statusOf(await phones.raw(get(path(secret))))).toBe(503)
  })
})
