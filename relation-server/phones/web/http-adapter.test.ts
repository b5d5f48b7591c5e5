// Pages in a browser that runs no script, over real HTTP: proving a number, buying, and what must not work.
// Long, because each story is told whole.
import { once } from 'node:events'
import { request } from 'node:http'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { noWrites } from '../../store/port.ts'
import { openPages } from './pages-fixture.ts'

let pages: Awaited<ReturnType<typeof openPages>>
beforeEach(async () => {
  pages = await openPages()
})
afterEach(() => pages.close())

/** A browser: one cookie jar. */
function browser() {
  const jar = new Map<string, string>()
  const send = async (path: string, body?: Record<string, string>, headers: Record<string, string> = {}) => {
    const response = await fetch(`${pages.origin}${path}`, {
      method: body ? 'POST' : 'GET',
      redirect: 'manual',
      headers: {
        cookie: [...jar].map(([name, value]) => `${name}=${value}`).join('; '),
        ...(body && { origin: pages.origin }),
        ...headers,
      },
      ...(body && { body: new URLSearchParams(body) }),
    })
    for (const line of response.headers.getSetCookie()) {
      const [, name = '', value = ''] = /^([^=]+)=([^;]*)/.exec(line) ?? []
      jar.set(name, value)
    }
    return response
  }
  const look = async (path = '/m/4021', headers?: Record<string, string>) =>
    (await send(path, undefined, headers)).text()
  const tap = async (step: string, body: Record<string, string> = {}) => {
    const response = await send(`/m/4021/${step}`, body)
    expect(response.status).toBe(303)
    await pages.scenario.settle()
    return look(response.headers.get('location') ?? '')
  }
  const prove = async (number = '06 12 34 56 78') => {
    await tap('number', { number })
    return tap('code', { code: pages.code() })
  }
  return { jar, send, look, tap, prove }
}

const codeOn = (page: string) => /name="code" value="(\d+)"/.exec(page)?.[1] ?? ''

describe('a sale', () => {
  test('machine first: number, code, price, one tap, receipt on the page and by text', async () => {
    const { machine, scenario, texts } = pages
    const saleId = await machine.offer()
    const visitor = browser()
    expect(await visitor.look()).toContain('Snacks &#38; Co')
    expect(await visitor.tap('number', { number: '06 12 34 56 78' })).toContain('+33•••••678')
    expect(texts.at(-1)).toMatchObject({ subscriber: { realm: 'e164', key: '+33612345678' } })
    expect(await visitor.tap('code', { code: pages.code() })).toContain('id="here"')
    const price = await visitor.tap('here')
    expect(price).toContain('1.50 EUR incl. tax')
    expect(scenario.centre.paid(saleId)).toBe(0)
    expect(await visitor.tap('pay', { code: codeOn(price) })).toContain('Thank you')
    await machine.report(saleId, 'delivered')
    expect(await visitor.look()).toContain('Paid 1.50 EUR')
    expect(texts.at(-1)?.text).toMatch(/^Paid 1\.50 EUR/)
    expect(scenario.centre.paid(saleId)).toBe(150)
  })

  test('page first: it waits, then shows the price; a failure gives the money back and says so', async () => {
    const { machine, scenario } = pages
    const visitor = browser()
    await visitor.prove()
    expect(await visitor.tap('here')).toContain('Choose your item on machine 4021')
    const saleId = await machine.offer()
    const price = await visitor.look()
    expect(price).toContain('1.50 EUR incl. tax')
    await visitor.tap('pay', { code: codeOn(price) })
    await machine.report(saleId, 'failed')
    expect(await visitor.look()).toContain('you have your 1.50 EUR back')
    expect(scenario.centre.paid(saleId)).toBe(0)
  })

  test('two taps are one payment', async () => {
    const { machine, scenario } = pages
    const saleId = await machine.offer()
    const visitor = browser()
    await visitor.prove()
    const code = codeOn(await visitor.tap('here'))
    await Promise.all([visitor.tap('pay', { code }), visitor.tap('pay', { code })])
    expect(scenario.centre.paid(saleId)).toBe(150)
    expect(scenario.centre.kinds(saleId).filter((kind) => kind === 'charge')).toHaveLength(1)
  })

  test('the price of an offer that is over pays nothing, and the page says what is true now', async () => {
    const { machine, scenario } = pages
    const first = await machine.offer()
    const visitor = browser()
    await visitor.prove()
    const stale = codeOn(await visitor.tap('here'))
    await machine.withdraw(first)
    const second = await machine.offer({ amountMinor: 200 })
    await visitor.tap('pay', { code: stale })
    expect(scenario.centre.paid(first) + scenario.centre.paid(second)).toBe(0)
    expect(await visitor.tap('here')).toContain('2.00 EUR incl. tax')
  })

  test('a tap at one machine says nothing at another, whatever its figures are', async () => {
    const { machine, scenario } = pages
    const other = await scenario.machine('4022')
    const here = await machine.offer()
    const there = await other.offer()
    const visitor = browser()
    await visitor.prove()
    await visitor.send('/m/4022/here', {})
    await scenario.settle()
    const code = codeOn(await visitor.look('/m/4022'))
    await machine.withdraw(here)
    // Neither its code nor, three times, a wrong one; nor figures that are the number of a machine.
    for (const figures of [code, '1', '22', '333']) await visitor.tap('pay', { code: figures })
    await visitor.tap('validation', { code: '4022' })
    expect(scenario.centre.paid(there)).toBe(0)
    expect(await visitor.look('/m/4022')).toContain('1.50 EUR incl. tax')
    await visitor.send('/m/4022/pay', { code })
    await scenario.settle()
    expect(scenario.centre.paid(there)).toBe(150)
  })

  test('cancelled on the page, nothing is paid', async () => {
    const { machine, scenario } = pages
    const saleId = await machine.offer()
    const visitor = browser()
    await visitor.prove()
    await visitor.tap('here')
    expect(await visitor.tap('cancel')).toContain('cancelled')
    expect(scenario.centre.paid(saleId)).toBe(0)
  })

  test('a tap that cannot be stored says so, and the next one pays', async () => {
    const { machine, scenario } = pages
    const saleId = await machine.offer()
    const visitor = browser()
    await visitor.prove()
    const code = codeOn(await visitor.tap('here'))
    pages.refuse(new Error('the database is away'))
    expect(await visitor.tap('pay', { code })).toContain('nothing is paid twice')
    pages.refuse(undefined)
    await visitor.tap('pay', { code })
    expect(scenario.centre.paid(saleId)).toBe(150)
  })

  test('the centre’s own code goes back on the page (ST12)', async () => {
    const { machine, scenario } = pages
    scenario.centre.validates = true
    scenario.centre.validationCode = '770077'
    const saleId = await machine.offer()
    const visitor = browser()
    await visitor.prove()
    const page = await visitor.tap('pay', { code: codeOn(await visitor.tap('here')) })
    expect(page).toContain('/m/4021/validation')
    await visitor.tap('validation', { code: scenario.centre.validationCode })
    await machine.report(saleId, 'delivered')
    expect(await visitor.look()).toContain('Paid 1.50 EUR')
    expect(scenario.centre.paid(saleId)).toBe(150)
  })
})

describe('whose number it is', () => {
  test('its code is in no record', async () => {
    const { store } = pages.scenario
    const commitBatch = store.commitBatch.bind(store)
    const recorded: string[] = []
    store.commitBatch = (need, decide) =>
      commitBatch(need, (book) => {
        const decided = decide(book)
        recorded.push(...decided.writes.inbox.map(({ body }) => body))
        return decided
      })
    await browser().tap('number', { number: '+33612345678' })
    expect(recorded).toHaveLength(1)
    expect(recorded[0]).toContain('pageCode')
    expect(recorded[0]).not.toContain(pages.code())
  })

  test('three wrong codes end it; the right one is worth nothing then', async () => {
    const visitor = browser()
    await visitor.tap('number', { number: '+33612345678' })
    const code = pages.code()
    const wrong = code === '000000' ? '111111' : '000000'
    expect(await visitor.tap('code', { code: wrong })).toContain('Tries left: 2')
    expect(await visitor.tap('code', { code: wrong })).toContain('Tries left: 1')
    expect(await visitor.tap('code', { code: wrong })).toContain('That code is over')
    expect(await visitor.tap('code', { code })).toContain('Your mobile number')
  })

  test('guesses sent at once are counted each', async () => {
    const visitor = browser()
    await visitor.tap('number', { number: '+33612345678' })
    const right = pages.code()
    const wrong = ['111111', '222222', '333333', '444444'].filter((each) => each !== right).slice(0, 3)
    await Promise.all(wrong.map((code) => visitor.send('/m/4021/code', { code })))
    expect(await visitor.tap('code', { code: right })).toContain('Your mobile number')
  })

  test('the proof is worth something in this browser alone, under a token of its own', async () => {
    const visitor = browser()
    await visitor.tap('number', { number: '+33612345678' })
    const planted = visitor.jar.get('visit') ?? ''
    await visitor.tap('code', { code: pages.code() })
    const other = browser()
    other.jar.set('visit', planted)
    expect(await other.look()).toContain('Your mobile number')
    expect(visitor.jar.get('visit')).not.toBe(planted)
    expect(await visitor.look()).toContain('I am at this machine')
  })

  test('unproven, nothing can be bought and nothing of the number’s owner is seen', async () => {
    const { machine, scenario } = pages
    const saleId = await machine.offer()
    const owner = browser()
    await owner.prove()
    const code = codeOn(await owner.tap('here'))
    const stranger = browser()
    await stranger.tap('number', { number: '06 12 34 56 78' })
    expect(await stranger.tap('pay', { code })).toContain('The code we have sent')
    expect(scenario.centre.paid(saleId)).toBe(0)
  })

  test('a proof is over after thirty days, a code after ten minutes', async () => {
    const { scenario } = pages
    const visitor = browser()
    await visitor.tap('number', { number: '+33612345678' })
    const late = pages.code()
    await scenario.leap(600_000)
    expect(await visitor.tap('code', { code: late })).toContain('That code is over')
    await visitor.prove()
    await scenario.leap(29 * 86_400_000)
    expect(await visitor.look()).toContain('I am at this machine')
    await scenario.leap(86_400_000)
    expect(await visitor.look()).toContain('Your mobile number')
  })

  test('another number: the browser is a stranger again', async () => {
    const visitor = browser()
    await visitor.prove()
    expect(await visitor.tap('other')).toContain('Your mobile number')
  })

  test.each(['', 'x', '0899 12 34 56', '01 23 45 67 89', '112', '+1 900 555 1234', '36000'])(
    'no code is sent to %j',
    async (number) => {
      expect(await browser().tap('number', { number })).toContain('We cannot text this number')
      expect(pages.texts).toEqual([])
    },
  )

  test('three codes an hour to one number, and a limit for all', async () => {
    const { scenario, texts } = pages
    for (let each = 0; each < 3; each++) await browser().tap('number', { number: '+33612345678' })
    expect(await browser().tap('number', { number: '+33612345678' })).toContain('Too many codes')
    await browser().tap('number', { number: '+33698765432' })
    await browser().tap('number', { number: '+33611111111' })
    expect(await browser().tap('number', { number: '+33622222222' })).toContain('Too many codes')
    expect(texts).toHaveLength(5)
    await scenario.leap(3_600_001)
    expect(await browser().tap('number', { number: '+33612345678' })).toContain('The code we have sent')
  })

  test('asked for all at once, no more are sent', async () => {
    const { scenario, texts } = pages
    const subscriber = { realm: 'e164', key: '+33612345678' }
    const about = { machineNumber: '4021', language: 'en' }
    await Promise.all(Array.from({ length: 20 }, () => pages.visits.ask(subscriber, about)))
    await scenario.settle()
    expect(texts.length).toBeLessThanOrEqual(3)
    await scenario.leap(3_600_001)
    expect(await browser().tap('number', { number: '+33612345678' })).toContain('The code we have sent')
  })

  test('whoever said STOP gets no codes by a stranger’s typing, and stays stopped', async () => {
    const { scenario, texts } = pages
    const subscriber = { realm: 'e164', key: '+33612345678' }
    const subscriberId = scenario.vault.idOf(subscriber)
    await scenario.store.commitBatch(
      { automatonIds: [], saleIds: [], inboxKeys: [], kids: [], unknownsOf: null },
      () => ({
        writes: {
          ...noWrites,
          subscribers: [
            {
              subscriberId,
              sealed: scenario.vault.seal(subscriber),
              language: 'fr',
              stopped: true,
              blocked: false,
              seenAt: 1,
            },
          ],
        },
        result: undefined,
      }),
    )
    await browser().tap('number', { number: '+33612345678' })
    expect(texts).toEqual([])
    expect(await scenario.store.subscriber(subscriberId)).toMatchObject({ stopped: true, language: 'fr' })
  })
})

describe('over the wire', () => {
  test('a machine that is not there, and a visitor without a machine', async () => {
    const visitor = browser()
    const missing = await visitor.send('/m/9999')
    expect(missing.status).toBe(404)
    expect(await missing.text()).toContain('There is no machine 9999')
    expect(await visitor.look('/m')).toContain('name="machine"')
    expect((await visitor.send('/m?machine=4021')).headers.get('location')).toBe('/m/4021')
  })

  test('a form of another site does nothing', async () => {
    const visitor = browser()
    await visitor.prove()
    for (const foreign of [{ origin: 'https://evil.example' }, { 'sec-fetch-site': 'cross-site' }]) {
      const response = await visitor.send('/m/4021/here', {}, foreign as Record<string, string>)
      expect(response.status).toBe(403)
    }
    expect(await visitor.look()).toContain('I am at this machine')
  })

  test('looking does nothing, however often', async () => {
    const visitor = browser()
    await visitor.prove()
    const before = await pages.scenario.outbox()
    await visitor.look()
    await visitor.look()
    expect(await pages.scenario.outbox()).toEqual(before)
  })

  test('the page may load nothing from elsewhere, and is kept by no cache', async () => {
    const { headers } = await browser().send('/m/4021')
    expect(headers.get('content-security-policy')).toMatch(/^default-src 'none'/)
    expect(headers.get('cache-control')).toBe('no-store')
    expect(headers.get('x-content-type-options')).toBe('nosniff')
  })

  test('the browser’s language, or the one chosen by a link, which is kept', async () => {
    const visitor = browser()
    expect(await visitor.look('/m/4021', { 'accept-language': 'fr-CH' })).toContain('Votre numéro de mobile')
    expect(await visitor.look('/m/4021?lang=fr')).toContain('Votre numéro de mobile')
    expect(await visitor.look()).toContain('Votre numéro de mobile')
    await visitor.tap('number', { number: '+33612345678' })
    expect(pages.texts.at(-1)?.text).toMatch(/confirme votre numéro/)
  })

  test('a body that is too long, or no form, is refused', async () => {
    expect((await browser().send('/m/4021/number', { number: 'x'.repeat(5000) })).status).toBe(413)
    const json = await fetch(`${pages.origin}/m/4021/number`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', origin: pages.origin },
      body: '{"number": {"toString": 1}}',
      redirect: 'manual',
    })
    expect(json.status).toBe(415)
    expect(pages.texts).toEqual([])
  })

  test('whoever follows a page is told when something is said', async () => {
    const visitor = browser()
    await visitor.prove()
    await visitor.tap('here')
    const cookie = [...visitor.jar].map(([name, value]) => `${name}=${value}`).join('; ')
    const following = request(`${pages.origin}/m/4021/events`, { headers: { cookie } }).end()
    const [response] = await once(following, 'response')
    expect(response.statusCode).toBe(200)
    response.setEncoding('utf8')
    const heard = response[Symbol.asyncIterator]()
    const next = async () => (await heard.next()).value
    expect(await next()).toContain('retry')
    await pages.scenario.pass(500)
    expect(await next()).toContain('data: said')
    await pages.machine.offer()
    await pages.scenario.pass(500)
    expect(await next()).toContain('data: said')
    expect((await browser().send('/m/4021/events')).status).toBe(403)
  })
})

describe('a PIN', () => {
  test('is chosen by a visitor whose number is proven, and shown nowhere again', async () => {
    const visitor = browser()
    await visitor.tap('pin', { pin: '4711' })
    expect(pages.chosen).toEqual([])
    expect(await visitor.prove()).toContain('href="/m/4021/pin"')
    expect(await visitor.look('/m/4021/pin')).toContain('type="password"')
    expect(await visitor.tap('pin', { pin: '12' })).toContain('A PIN has 4 to 8 figures')
    expect(await visitor.tap('pin', { pin: '4711', current: '0000' })).toContain('not the PIN you have')
    const done = await visitor.tap('pin', { pin: '4711', current: '' })
    expect(done).toContain('Your new PIN is set')
    expect(done).not.toContain('4711')
    const subscriber = { realm: 'e164', key: '+33612345678' }
    expect(pages.chosen).toEqual([
      [subscriber, '4711', '0000'],
      [subscriber, '4711', undefined],
    ])
  })
})
