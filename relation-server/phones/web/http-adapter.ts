// The machines' pages over HTTP: `/m/{machine}`. Reads forms, has them stored, and sends the browser back to
// the page, which shows what was said; so a page can be loaded again at any time and does nothing by it. A
// tap becomes the words that a text would have: the conversation is the same for all ways.
import type { ServerResponse } from 'node:http'
import type { Log } from '@concilia/platform/log.ts'
import { pinSchema } from '@concilia/protocol/carrier-billing.ts'
import type { Clock } from '@concilia/protocol/clock.ts'
import type { Random } from '@concilia/protocol/random.ts'
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import type { MachineDirectory } from '../../machine-directory.ts'
import type { PinAnswer, Pins } from '../../payments/pins.ts'
import type { Language } from '../../sale-events.ts'
import type { Store } from '../../store/port.ts'
import type { Languages } from '../languages.ts'
import type { Receive } from '../port.ts'
import type { House } from '../say.ts'
import { subscriberTyped } from '../sender-number.ts'
import { languageFor } from './accepted-language.ts'
import { askMachinePage, contentPolicy, pageOf } from './page.ts'
import { readPageAssets } from './page-assets-adapter.ts'
import { PageWatch } from './page-watch.ts'
import { payWords, sessionOf, type Tap, tap } from './tap.ts'
import { type Fault, faults, type View, viewOf } from './view.ts'
import type { Visits } from './visits.ts'

export interface PagesOptions {
  /** As browsers know it: scheme, host and port. */
  readonly publicOrigin: string
  readonly visits: Visits
  readonly store: Pick<Store, 'pages' | 'identificationsOf'>
  readonly directory: MachineDirectory
  readonly languages: Languages
  readonly house: House
  /** Of numbers typed without their country, such as FR. */
  readonly country: string
  readonly receive: Receive
  /** Left out where buyers have no PINs. */
  readonly pins?: Pins
  readonly clock: Clock
  readonly random: Random
  readonly log: Log
}

const pinFaults: Readonly<Record<PinAnswer, Fault>> = {
  set: 'pinSet',
  wrong: 'pinWrong',
  noAccount: 'pinNoAccount',
  notNow: 'pinNotNow',
  failed: 'failed',
}
const cookieName = 'visit'
const longestBody = 2048
const mostWatching = 2000
const watchedMs = 300_000

interface AtMachine {
  Params: { machine: string }
  Querystring: { lang?: string; fault?: string }
  Body: Readonly<Record<string, string>> | undefined
}
type Request = FastifyRequest<AtMachine>

/** A fastify plugin. The server that registers it logs no requests itself. */
export async function pagesPlugin(app: FastifyInstance, options: PagesOptions): Promise<void> {
  app.removeAllContentTypeParsers()
  app.addContentTypeParser(
    'application/x-www-form-urlencoded',
    { parseAs: 'string', bodyLimit: longestBody },
    (_, body, done) => done(null, Object.fromEntries(new URLSearchParams(String(body)))),
  )
  const pages = new Pages(options)
  const policy = contentPolicy(pages.assets)
  // Before the server waits for its connections: whoever follows a page would never go.
  app.addHook('preClose', async () => pages.close())
  app.addHook('onRequest', async (request, reply) => {
    reply.headers({
      'content-security-policy': policy,
      'referrer-policy': 'same-origin',
      'x-content-type-options': 'nosniff',
      'cache-control': 'no-store',
    })
    if (request.method === 'POST' && !pages.isOurs(request)) return reply.code(403).send('')
    return undefined
  })
  app.get<{ Querystring: { machine?: string; lang?: string } }>('/m', async (request, reply) => {
    const machine = (request.query.machine ?? '').trim()
    if (/^[0-9]{1,12}$/.test(machine)) return reply.redirect(`/m/${machine}`, 303)
    return html(reply, pages.askMachine(request))
  })
  app.get<AtMachine>('/m/:machine', (request, reply) => pages.show(request, reply))
  app.get<AtMachine>('/m/:machine/pin', (request, reply) => pages.show(request, reply, true))
  app.get<AtMachine>('/m/:machine/events', (request, reply) => pages.follow(request, reply))
  const steps = {
    number: (request: Request, reply: FastifyReply) => pages.takeNumber(request, reply),
    code: (request: Request, reply: FastifyReply) => pages.takeCode(request, reply),
    here: (request: Request, reply: FastifyReply) =>
      pages.say(request, reply, { words: `machine ${request.params.machine}` }),
    pay: (request: Request, reply: FastifyReply) => pages.pay(request, reply),
    validation: (request: Request, reply: FastifyReply) =>
      pages.say(request, reply, { words: figures(request.body?.code) }),
    pin: (request: Request, reply: FastifyReply) => pages.choosePin(request, reply),
    cancel: (request: Request, reply: FastifyReply) => pages.cancel(request, reply),
    other: (request: Request, reply: FastifyReply) => pages.forget(request, reply),
  }
  for (const [name, step] of Object.entries(steps)) {
    app.post<AtMachine>(`/m/:machine/${name}`, async (request, reply) => {
      try {
        return await step(request, reply)
      } catch (err) {
        options.log.error({ err }, 'a step on a machine’s page could not be stored')
        return pages.back(request, reply, 'failed')
      }
    })
  }
}

class Pages {
  readonly assets = readPageAssets()
  readonly #options: PagesOptions
  readonly #watch: PageWatch
  readonly #following = new Set<ServerResponse>()

  constructor(options: PagesOptions) {
    this.#options = options
    this.#watch = new PageWatch(options.store, options.clock)
  }

  close(): void {
    this.#watch.close()
    for (const stream of this.#following) stream.destroy()
  }

  /** A form of another site may not act for our visitor. */
  isOurs({ headers }: FastifyRequest): boolean {
    const { origin } = headers
    const site = headers['sec-fetch-site']
    if (site !== undefined && site !== 'same-origin' && site !== 'none') return false
    return origin === undefined || origin === this.#options.publicOrigin
  }

  askMachine(request: FastifyRequest<{ Querystring: { lang?: string } }>): string {
    const { languages, house } = this.#options
    return askMachinePage({ assets: this.assets, language: this.#languageOf(request), languages, house })
  }

  /** @param choosesPin what goes on at the machine is not shown */
  async show(request: Request, reply: FastifyReply, choosesPin = false): Promise<FastifyReply> {
    const { directory, visits, store, languages, house, clock } = this.#options
    const { machine } = request.params
    const [row, known] = await Promise.all([directory.byNumber(machine), visits.of(tokenOf(request))])
    const [page] = known && row ? await store.pages([sessionOf(known.row, machine)]) : []
    const fault = faults.find((each) => each === request.query.fault)
    const seen = viewOf(row !== undefined, known?.visitor, page, clock.now())
    const hasPins = this.#options.pins !== undefined
    const isProven = seen.kind === 'arrive' || seen.kind === 'said'
    const view: View = choosesPin && hasPins && isProven ? { kind: 'choosePin', number: seen.number } : seen
    const tradeName = row?.tradeName ?? ''
    const language = this.#languageOf(request)
    const shown = { machineNumber: machine, tradeName, view, fault, language, languages, house, hasPins }
    const text = pageOf({ assets: this.assets, ...shown })
    if (request.query.lang !== undefined)
      reply.header('set-cookie', `lang=${language}; Path=/m; SameSite=Lax`)
    return html(reply.code(row ? 200 : 404), text)
  }

  async takeNumber(request: Request, reply: FastifyReply): Promise<FastifyReply> {
    const { visits, directory } = this.#options
    const { machine } = request.params
    if (!(await directory.byNumber(machine))) return this.back(request, reply)
    const subscriber = subscriberTyped(request.body?.number ?? '', this.#options.country)
    if (!subscriber) return this.back(request, reply, 'notMobile')
    const token = await visits.ask(subscriber, {
      machineNumber: machine,
      language: this.#languageOf(request),
    })
    if (token === undefined) return this.back(request, reply, 'tooManyCodes')
    return this.back(request, this.#withCookie(reply, token))
  }

  async takeCode(request: Request, reply: FastifyReply): Promise<FastifyReply> {
    const { visits } = this.#options
    const token = tokenOf(request)
    if (token === undefined) return this.back(request, reply, 'codeOver')
    const next = await visits.prove(token, figures(request.body?.code))
    if (next !== undefined) return this.back(request, this.#withCookie(reply, next))
    const still = await visits.of(token)
    return this.back(request, reply, still && still.visitor.triesLeft > 0 ? 'wrongCode' : 'codeOver')
  }

  async pay(request: Request, reply: FastifyReply): Promise<FastifyReply> {
    return await this.say(request, reply, payWords(figures(request.body?.code)))
  }

  /** Over TLS, to the centre, and nowhere else: of a PIN nothing is kept here. */
  async choosePin(request: Request, reply: FastifyReply): Promise<FastifyReply> {
    const { visits, pins } = this.#options
    const known = await visits.of(tokenOf(request))
    if (!pins || !known?.visitor.proven) return this.back(request, reply)
    const { pin = '', current = '' } = request.body ?? {}
    const inForm = [pin, current || pin].every((each) => pinSchema.safeParse(each).success)
    if (!inForm) return this.back(request, reply, 'pinForm', '/pin')
    const answer = await pins.choose(visits.subscriberOf(known.row), pin, current || undefined)
    return this.back(request, reply, pinFaults[answer], answer === 'set' ? '' : '/pin')
  }

  async cancel(request: Request, reply: FastifyReply): Promise<FastifyReply> {
    return await this.say(request, reply, { words: '0' })
  }

  /** Says it as a phone would. */
  async say(request: Request, reply: FastifyReply, said: Pick<Tap, 'words' | 'once'>): Promise<FastifyReply> {
    const { machine } = request.params
    const language = this.#languageOf(request)
    await tap(this.#options, { token: tokenOf(request), machine, language, ...said })
    return this.back(request, reply)
  }

  /** Another person's phone, or another number: this browser is a stranger again. */
  async forget(request: Request, reply: FastifyReply): Promise<FastifyReply> {
    return this.back(request, this.#withCookie(reply, '', 0))
  }

  async follow(request: Request, reply: FastifyReply): Promise<FastifyReply> {
    const { visits, clock } = this.#options
    const known = await visits.of(tokenOf(request))
    if (!known?.visitor.proven) return reply.code(403).send('')
    if (this.#watch.size >= mostWatching) return reply.code(503).header('retry-after', '10').send('')
    reply.hijack()
    const { raw } = reply
    this.#following.add(raw)
    raw.writeHead(200, { 'content-type': 'text/event-stream', 'cache-control': 'no-store' })
    raw.write('retry: 2000\n\n')
    const unwatch = this.#watch.watch(sessionOf(known.row, request.params.machine), () =>
      raw.write('data: said\n\n'),
    )
    const enough = clock.after(watchedMs, () => raw.end())
    raw.once('close', () => {
      this.#following.delete(raw)
      unwatch()
      enough.cancel()
    })
    return reply
  }

  back(request: Request, reply: FastifyReply, fault?: Fault, below = ''): FastifyReply {
    const query = new URLSearchParams({
      ...(fault && { fault }),
      ...(request.query.lang === undefined ? {} : { lang: request.query.lang }),
    })
    const asked = query.size > 0 ? `?${query}` : ''
    return reply.redirect(`/m/${encodeURIComponent(request.params.machine)}${below}${asked}`, 303)
  }

  #languageOf({ query, headers }: FastifyRequest<{ Querystring: { lang?: string } }>): Language {
    const { languages } = this.#options
    return languageFor(query.lang ?? cookieOf(headers.cookie, 'lang'), headers['accept-language'], languages)
  }

  #withCookie(reply: FastifyReply, token: string, lifeSeconds = 35 * 86_400): FastifyReply {
    const secure = this.#options.publicOrigin.startsWith('https:') ? '; Secure' : ''
    return reply.header(
      'set-cookie',
      `${cookieName}=${token}; Path=/m; HttpOnly; SameSite=Lax; Max-Age=${lifeSeconds}${secure}`,
    )
  }
}

function tokenOf({ headers }: FastifyRequest): string | undefined {
  const token = cookieOf(headers.cookie, cookieName)
  return token !== undefined && /^[\w-]{43}$/.test(token) ? token : undefined
}

function cookieOf(header: string | undefined, name: string): string | undefined {
  const cookies = (header ?? '').split(';').map((each) => each.trim().split('='))
  return cookies.find(([key]) => key === name)?.[1]
}

const figures = (text: string | undefined) => (text ?? '').replace(/\D/g, '').slice(0, 12)

function html(reply: FastifyReply, text: string): FastifyReply {
  return reply.type('text/html; charset=utf-8').send(text)
}
