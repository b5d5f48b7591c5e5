// The machine's page as HTML: one file with its style and its few lines of script, nothing from anywhere
// else. Everything works by links and forms; the script only spares the visitor from looking again.
import { sha256 } from '@concilia/protocol/random.ts'
import type { Language } from '../../sale-events.ts'
import type { Languages } from '../languages.ts'
import type { House } from '../say.ts'
import type { PageFields, PageWord } from './page-words.ts'
import { type Fault, goesOn, isOver, type View } from './view.ts'

/** Both are part of the page, so that it is whole with one request. */
export interface PageAssets {
  readonly style: string
  readonly script: string
}

export interface PageParts {
  readonly assets: PageAssets
  readonly machineNumber: string
  /** Who sells there; empty where there is no machine. */
  readonly tradeName: string
  readonly view: View
  readonly fault: Fault | undefined
  /** Whether buyers choose a PIN here. */
  readonly hasPins?: boolean
  readonly language: Language
  readonly languages: Languages
  readonly house: House
}

/** HTML that may go out as it is. */
class Html {
  readonly text: string
  constructor(text: string) {
    this.text = text
  }
}

/** Everything filled in is escaped, unless it is HTML of ours. */
function html(strings: TemplateStringsArray, ...values: readonly (string | Html | readonly Html[])[]): Html {
  const filled = values.map((value) => {
    if (value instanceof Html) return value.text
    return typeof value === 'string' ? escaped(value) : value.map(({ text }) => text).join('')
  })
  return new Html(strings.reduce((text, part, index) => text + filled[index - 1] + part))
}

function escaped(text: string): string {
  return text.replace(/[&<>"']/g, (letter) => `&#${letter.charCodeAt(0)};`)
}

const hashOf = (text: string) => `'sha256-${Buffer.from(sha256(text), 'base64url').toString('base64')}'`

/** What the page may load and send: its own style and script, its own forms, nothing else. */
export function contentPolicy({ style, script }: PageAssets): string {
  return [
    "default-src 'none'",
    `style-src ${hashOf(style)}`,
    `script-src ${hashOf(script)}`,
    "connect-src 'self'",
    "form-action 'self'",
    "base-uri 'none'",
    "frame-ancestors 'none'",
  ].join('; ')
}

export function pageOf(parts: PageParts): string {
  const { machineNumber, tradeName, view, language, languages, assets } = parts
  const say = wordsFor(parts)
  const path = `/m/${encodeURIComponent(machineNumber)}`
  const others = languages.names.filter((name) => name !== language)
  const linkTo = (name: Language) =>
    html`<a href="${path}?lang=${name}" lang="${name}" hreflang="${name}">${languages.nameOf(name)}</a>`
  const live = goesOn(view)
  const refresh = live ? html`<noscript><meta http-equiv="refresh" content="4"></noscript>` : html``
  return html`<!doctype html>
<html lang="${language}"><head><meta charset="utf-8">
<meta name="viewport" content="width=device-width,initial-scale=1"><meta name="robots" content="noindex">
<title>${say('title')}</title>${refresh}<style>${new Html(assets.style)}</style></head>
<body><header><h1>${say('title')}</h1><p>${tradeName}</p></header>
<main aria-live="polite"${marked('live', live)}${marked('fault', parts.fault !== undefined)}>
${faultLine(parts, say)}${bodyOf(parts, path, say)}</main>
<footer>${visitorLine(parts, path, say)}<p>${say('contact')}</p>
<p>${others.map((name) => linkTo(name))}</p>
</footer><script>${new Html(assets.script)}</script></body></html>`.text
}

/** For the script: `data-name` is there or not. */
function marked(name: string, isSo: boolean): Html {
  return isSo ? html` data-${name}="1"` : html``
}

/** For somebody who came without a machine's number. */
export function askMachinePage(
  parts: Omit<PageParts, 'view' | 'tradeName' | 'machineNumber' | 'fault'>,
): string {
  const whole = { ...parts, machineNumber: '', tradeName: '', view: { kind: 'noSuchMachine' } as const }
  return pageOf({ ...whole, fault: undefined })
}

type Speak = (word: PageWord, fields?: PageFields) => string

function wordsFor({ machineNumber, view, languages, language, house }: PageParts): Speak {
  const number = 'number' in view ? view.number : ''
  const general = { machine: machineNumber, number, service: house.serviceName, helpNumber: house.helpNumber }
  return (word, fields) => languages.page(word, language, { ...general, ...fields })
}

function faultLine({ fault, view }: PageParts, say: Speak): Html {
  if (!fault) return html``
  const tries = view.kind === 'askCode' ? String(view.triesLeft) : '0'
  const looks = fault === 'pinSet' ? 'said' : 'bad'
  return html`<p class="${looks}" role="alert">${say(fault, { tries })}</p>`
}

function bodyOf(parts: PageParts, path: string, say: Speak): Html {
  const { view } = parts
  switch (view.kind) {
    case 'noSuchMachine': {
      const wrong = parts.machineNumber === '' ? html`` : html`<p class="bad">${say('noSuchMachine')}</p>`
      return html`${wrong}<form method="get" action="/m"><label for="machine">${say('askMachine')}</label>
<input id="machine" name="machine" inputmode="numeric" autocomplete="off" required maxlength="12">
<button>${say('goOn')}</button></form>`
    }
    case 'askNumber':
      return html`<form method="post" action="${path}/number"><label for="number">${say('yourNumber')}</label>
<input id="number" name="number" type="tel" autocomplete="tel" required maxlength="24"
 placeholder="+33 6 12 34 56 78">
<p>${say('numberHint')}</p><button>${say('sendCode')}</button></form>`
    case 'askCode':
      return codeForm(`${path}/code`, say('yourCode'), say)
    case 'choosePin':
      return html`<form method="post" action="${path}/pin"><label for="current">${say('currentPin')}</label>
${pinInput('current', 'current-password', false)}<label for="pin">${say('newPin')}</label>
${pinInput('pin', 'new-password', true)}<button>${say('goOn')}</button></form>`
    case 'arrive':
      return html`<form id="here" method="post" action="${path}/here">
<p class="said">${say('numberHint')}</p><button>${say('here')}</button></form>`
    case 'said':
      return saidOf(parts, view, path, say)
  }
}

function saidOf(parts: PageParts, { say: said }: View & { kind: 'said' }, path: string, say: Speak): Html {
  const { languages, language, house } = parts
  const quiet = (word: PageWord) => html`<button class="quiet">${say(word)}</button>`
  const cancel = html`<form method="post" action="${path}/cancel">${quiet('cancel')}</form>`
  if (said.kind === 'price') {
    const price = languages.price(said.price, language)
    return html`<p class="said price">${say('price', { price })}</p>
<form method="post" action="${path}/pay"><input type="hidden" name="code" value="${said.code}">
<button>${say('pay', { price })}</button></form>${cancel}`
  }
  const words = html`<p class="said">${languages.say(said, language, 'web', house)}</p>`
  if (said.kind === 'validationAsked' || (said.kind === 'wrongCode' && said.triesLeft > 0)) {
    const about =
      said.kind === 'wrongCode'
        ? words
        : html`<p class="said price">${say('price', { price: languages.price(said.price, language) })}</p>`
    const label = said.kind === 'validationAsked' && said.by === 'pin' ? 'pin' : 'validation'
    return html`${about}${codeForm(`${path}/validation`, say(label), say)}${cancel}`
  }
  if (isOver(said)) {
    return html`${words}<form method="post" action="${path}/here"><button>${say('again')}</button></form>`
  }
  const look = html`<form method="get" action="${path}">${quiet('lookAgain')}</form>`
  return html`${words}<p>${say('waiting')}</p><noscript>${look}</noscript>${
    said.kind === 'chooseNow' ? cancel : html``
  }`
}

function codeForm(action: string, label: string, say: Speak): Html {
  return html`<form method="post" action="${action}"><label for="code">${label}</label>
<input id="code" name="code" inputmode="numeric" autocomplete="one-time-code" required maxlength="12">
<button>${say('goOn')}</button></form>`
}

function pinInput(name: string, autocomplete: string, isRequired: boolean): Html {
  return html`<input id="${name}" name="${name}" type="password" inputmode="numeric" maxlength="8"
 autocomplete="${autocomplete}"${isRequired ? html` required` : html``}>`
}

function visitorLine({ view, hasPins }: PageParts, path: string, say: Speak): Html {
  if (!('number' in view)) return html``
  const isProven = view.kind === 'arrive' || view.kind === 'said'
  const pin = hasPins && isProven ? html`<p><a href="${path}/pin">${say('choosePin')}</a></p>` : html``
  return html`${pin}<p>${say('yourNumberIs')}</p><form class="plain" method="post" action="${path}/other">
<button>${say('anotherNumber')}</button></form>`
}
