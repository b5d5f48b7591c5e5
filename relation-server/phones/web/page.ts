// The machine's page as HTML: one file with its style and its few lines of script, nothing from anywhere
// else. Everything works by links and forms; the script only spares the visitor from looking again.
import { sha256 } from '@concilia/protocol/random.ts'
import type { Language } from '../../sale-events.ts'
import type { Languages } from '../languages.ts'
import type { House } from '../say.ts'
import type { PageFields, PageWord } from './page-words.ts'
import { type Fault, goesOn, isOver, type View } from './view.ts'

export interface PageParts {
  readonly machineNumber: string
  /** Who sells there; empty where there is no machine. */
  readonly tradeName: string
  readonly view: View
  readonly fault: Fault | undefined
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

const style = `
:root{color-scheme:light dark;--ink:#14202b;--paper:#fff;--soft:#eef2f5;--line:#6b7a88;--go:#0a5c36;--on:#fff;--bad:#a11212}
@media (prefers-color-scheme:dark){:root{--ink:#eef2f5;--paper:#10171e;--soft:#1d2832;--line:#8b9aa8;--go:#5fd39a;--on:#06150d;--bad:#ff9d9d}}
*{box-sizing:border-box}
body{margin:0;font:1.125rem/1.5 system-ui,sans-serif;color:var(--ink);background:var(--paper)}
header,main,footer{max-width:30rem;margin:0 auto;padding:1rem}
h1{font-size:1.5rem;margin:.5rem 0 0}
header p{margin:0;color:var(--line)}
main{background:var(--soft);border-radius:1rem;min-height:12rem}
.said{font-size:1.25rem;margin:.25rem 0 1rem;overflow-wrap:anywhere}
.price{font-size:2rem;font-weight:700}
.bad{color:var(--bad);font-weight:600}
label{display:block;margin-bottom:.25rem}
input,button{font:inherit;width:100%;padding:.75rem 1rem;border-radius:.6rem;border:2px solid var(--line);margin-bottom:.75rem}
input{background:var(--paper);color:var(--ink)}
button{background:var(--go);color:var(--on);border-color:var(--go);font-weight:700;min-height:3.25rem;cursor:pointer}
button.quiet{background:none;color:var(--ink);border-color:var(--line);font-weight:400}
:focus-visible{outline:3px solid var(--go);outline-offset:2px}
footer{font-size:1rem;color:var(--line)}
footer a{color:inherit;margin-right:1rem;display:inline-block;padding:.5rem 0}
form.plain button{background:none;border:none;color:var(--line);text-decoration:underline;font-weight:400;min-height:0;padding:.5rem 0;text-align:left}
`

/** Follows what is said; begins by itself where the number is proven and nothing goes on. */
const script = `
(()=>{const m=document.querySelector('main'),here=document.getElementById('here');
if(here&&!m.dataset.fault){here.requestSubmit();return}
if(!m.dataset.live)return;
let gone=false;const look=async()=>{if(gone)return;try{const r=await fetch(location.pathname+location.search,{credentials:'same-origin'});
const d=new DOMParser().parseFromString(await r.text(),'text/html'),n=d.querySelector('main');
if(n&&n.innerHTML!==m.innerHTML){if(document.activeElement&&document.activeElement.tagName==='INPUT'&&document.activeElement.value)return;location.reload()}}catch{}};
if(window.EventSource){const e=new EventSource(location.pathname+'/events');e.onmessage=look}
setInterval(look,5000);addEventListener('pagehide',()=>{gone=true})})()
`

const hashOf = (text: string) => `'sha256-${Buffer.from(sha256(text), 'base64url').toString('base64')}'`

/** What the page may load and send: its own style and script, its own forms, nothing else. */
export const contentPolicy = [
  "default-src 'none'",
  `style-src ${hashOf(style)}`,
  `script-src ${hashOf(script)}`,
  "connect-src 'self'",
  "form-action 'self'",
  "base-uri 'none'",
  "frame-ancestors 'none'",
].join('; ')

export function pageOf(parts: PageParts): string {
  const { machineNumber, tradeName, view, language, languages } = parts
  const say = wordsFor(parts)
  const path = `/m/${encodeURIComponent(machineNumber)}`
  const others = languages.names.filter((name) => name !== language)
  const live = goesOn(view)
  const refresh = live ? html`<noscript><meta http-equiv="refresh" content="4"></noscript>` : html``
  return html`<!doctype html>
<html lang="${language}"><head><meta charset="utf-8">
<meta name="viewport" content="width=device-width,initial-scale=1"><meta name="robots" content="noindex">
<title>${say('title')}</title>${refresh}<style>${new Html(style)}</style></head>
<body><header><h1>${say('title')}</h1><p>${tradeName}</p></header>
<main aria-live="polite"${live ? html` data-live="1"` : html``}${parts.fault ? html` data-fault="1"` : html``}>
${faultLine(parts, say)}${bodyOf(parts, path, say)}</main>
<footer>${visitorLine(view, path, say)}<p>${say('contact')}</p>
<p>${others.map((name) => html`<a href="${path}?lang=${name}" lang="${name}" hreflang="${name}">${languages.nameOf(name)}</a>`)}</p>
</footer><script>${new Html(script)}</script></body></html>`.text
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
  return html`<p class="bad" role="alert">${say(fault, { tries })}</p>`
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
<input id="number" name="number" type="tel" autocomplete="tel" required maxlength="24" placeholder="+33 6 12 34 56 78">
<p>${say('numberHint')}</p><button>${say('sendCode')}</button></form>`
    case 'askCode':
      return codeForm(`${path}/code`, say('yourCode'), say)
    case 'arrive':
      return html`<form id="here" method="post" action="${path}/here">
<p class="said">${say('numberHint')}</p><button>${say('here')}</button></form>`
    case 'said':
      return saidOf(parts, view, path, say)
  }
}

function saidOf(parts: PageParts, { say: said }: View & { kind: 'said' }, path: string, say: Speak): Html {
  const { languages, language, house } = parts
  const cancel = html`<form method="post" action="${path}/cancel"><button class="quiet">${say('cancel')}</button></form>`
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
    return html`${about}${codeForm(`${path}/validation`, say('validation'), say)}${cancel}`
  }
  if (isOver(said)) {
    return html`${words}<form method="post" action="${path}/here"><button>${say('again')}</button></form>`
  }
  const look = html`<form method="get" action="${path}"><button class="quiet">${say('lookAgain')}</button></form>`
  return html`${words}<p>${say('waiting')}</p><noscript>${look}</noscript>${
    said.kind === 'chooseNow' ? cancel : html``
  }`
}

function codeForm(action: string, label: string, say: Speak): Html {
  return html`<form method="post" action="${action}"><label for="code">${label}</label>
<input id="code" name="code" inputmode="numeric" autocomplete="one-time-code" required maxlength="12">
<button>${say('goOn')}</button></form>`
}

function visitorLine(view: View, path: string, say: Speak): Html {
  if (!('number' in view)) return html``
  return html`<p>${say('yourNumberIs')}</p><form class="plain" method="post" action="${path}/other">
<button>${say('anotherNumber')}</button></form>`
}
