// A buyer with a phone, standing before machines: presses, texts or dials, reads, answers, and now and then
// does something else than expected. Knows what a buyer knows, and nothing of the programs.
import type { Browser } from './browser.ts'
import { type Carrier, type Screen, serviceCode } from './carrier.ts'
import { type CoinPlan, CoinVisit } from './coin-visit.ts'
import type { Observe } from './observations.ts'
import { PageVisit } from './page-visit.ts'
import type { SeededRandom } from './seeded-random.ts'
import { items } from './site-machine.ts'
import type { Story } from './story.ts'
import type { Twist } from './swarm.ts'
import type { Switchboard } from './switchboard.ts'
import type { Timeline } from './timeline.ts'
import type { VendingSite } from './vending-site.ts'
import { numberCalledFor } from './voice-numbers.ts'

export type Way = 'text' | 'dialogue' | 'call' | 'page' | 'coins'

/** One purchase, as somebody means to make it. */
export interface Visit {
  readonly site: VendingSite
  readonly item: number
  readonly phoneFirst: boolean
  readonly way: Way
  readonly twists: ReadonlySet<Twist>
  /** At a kiosk: what is done with coins. */
  readonly coins: CoinPlan | undefined
}

interface Parts {
  readonly timeline: Timeline
  readonly random: SeededRandom
  readonly carrier: Carrier
  readonly switchboard: Switchboard
  readonly browserOf: (name: string) => Browser
  readonly observe: Observe
  readonly story: Story
  /** Others at hand, for a second phone and a second machine. */
  readonly another: () => Buyer
  readonly anotherSite: () => VendingSite
}

/** After this the buyer has gone (ms). */
const patienceMs = 120_000
const thinkingMs = 3_000

export class Buyer {
  readonly number: string
  readonly #parts: Parts
  #visit: Visit | undefined
  #leaves = 0
  #sessions = 0
  readonly #browser: Browser
  #page: PageVisit | undefined
  /** The code the centre has sent, until the server asks for it. */
  #centreCode: string | undefined

  constructor(number: string, parts: Parts) {
    this.number = number
    this.#parts = parts
    this.#browser = parts.browserOf(number)
  }

  get busy(): boolean {
    return this.#visit !== undefined
  }

  begin(visit: Visit): void {
    this.#visit = visit
    const { timeline } = this.#parts
    const leaves = ++this.#leaves
    timeline.after(patienceMs, () => {
      if (this.#leaves === leaves) this.#visit = undefined
    })
    this.#useCoins(visit)
    if (visit.way === 'coins') return
    if (!visit.phoneFirst) this.#press()
    this.#soon(() => this.#contact())
    if (visit.phoneFirst && visit.site.settings.alwaysIdle) this.#soon(() => this.#press(), 4)
    if (visit.twists.has('pushesLever')) this.#soon(() => this.#machine('pushes the lever').pushLever(), 4)
    if (visit.twists.has('paysInCoins'))
      this.#soon(() => this.#machine('pays in coins').payInCoins(visit.item), 4)
    if (visit.twists.has('secondPhone')) this.#soon(() => this.#parts.another().say(`PAY ${this.#at()}`), 2)
    if (visit.twists.has('textsTwoMachines')) {
      this.#soon(() => this.say(`PAY ${this.#parts.anotherSite().settings.number}`), 2)
    }
    if (visit.twists.has('spendsTwice')) this.#spendAgain()
  }

  /** A session has begun on the machine: now an item can be chosen. */
  sessionBegun(site: VendingSite): void {
    if (this.#visit?.site === site) this.#soon(() => this.#press())
  }

  /** The item is in the tray, or it is clear that there will be none. */
  machineSays(site: VendingSite, event: string): void {
    if (this.#visit?.site !== site || event !== 'dropped') return
    this.#parts.story.tell(this.number, `takes the item from machine ${site.settings.number}`)
    this.#visit = undefined
  }

  /** A text arrives on the phone. */
  read(words: string, key: string): void {
    const { observe, story } = this.#parts
    observe({ type: 'read', buyer: this.number, words, key })
    story.tell(this.number, `reads "${words}"`)
    if (/not charged|your .* back|cannot sell/.test(words)) this.#visit = undefined
    const code = /\bYES (\d{4,8})\b/.exec(words)?.[1]
    const perhaps = /: PAY (\d+)\.$/.exec(words)?.[1]
    const pageCode = /: (\d{6}) proves your number/.exec(words)?.[1]
    if (pageCode !== undefined) this.#page?.codeCame(pageCode)
    const centreCode = /^Your code is (\d{4,8})/.exec(words)?.[1]
    if (centreCode) this.#centreCode = centreCode
    if (code) this.#answerPrice(code)
    else if (perhaps && this.#visit) this.#soon(() => this.say(`PAY ${perhaps}`))
    else if (/^Choose your item/.test(words)) this.#choose()
    else if (this.#centreCode && (centreCode || /Reply with that code/.test(words))) this.#giveCode()
  }

  say(words: string): void {
    const { observe, story, carrier } = this.#parts
    observe({ type: 'said', buyer: this.number, words })
    story.tell(this.number, `texts "${words}"`)
    carrier.text(this.number, words)
  }

  #press(): void {
    const visit = this.#visit
    if (!visit) return
    const pressed = this.#machine(`chooses item ${visit.item}`).press(visit.item)
    if (visit.twists.has('doublePresses')) visit.site.machine.press(visit.item)
    if (pressed !== 'asked') this.#parts.story.tell(this.number, `cannot: ${pressed}`)
  }

  #useCoins(visit: Visit): void {
    const { random, story } = this.#parts
    const { item, coins, site } = visit
    if (!site.kiosk || !coins) return
    new CoinVisit({
      ...{ kiosk: site.kiosk, item, random },
      isThere: () => this.#visit === visit,
      soon: (action, slower) => this.#soon(action, slower),
      tell: (words) => story.tell(this.number, `${words} at machine ${site.settings.number}`),
    }).begin(coins)
  }

  #contact(): void {
    const visit = this.#visit
    if (!visit || visit.twists.has('walksAway')) return
    const number = visit.twists.has('mistypes') ? swapped(this.#at()) : this.#at()
    if (visit.way === 'page') this.#openPage(visit)
    else if (visit.way === 'call') this.#call(visit)
    else if (visit.way === 'dialogue') this.#dial(`${serviceCode.slice(0, -1)}*${number}#`)
    else
      this.say(
        this.#parts.random.pick([
          `PAY ${number}`,
          number,
          `pay ${number} please`.slice(0, 4 + number.length),
        ]),
      )
  }

  /** On the page of the machine; as somebody else, when that is the twist. */
  #openPage(visit: Visit): void {
    const { another, browserOf, story } = this.#parts
    const { site, twists } = visit
    const victim = twists.has('othersNumber') ? another().number : undefined
    const browser = victim === undefined ? this.#browser : browserOf(`${this.number} as ${victim}`)
    browser.open(site.settings.number)
    const page = new PageVisit({
      browser,
      number: victim ?? this.number,
      twists,
      isThere: () => this.#visit === visit,
      soon: (action, slower) => this.#soon(action, slower),
      tell: (words) => story.tell(victim === undefined ? this.number : `${this.number} as ${victim}`, words),
      choose: () => this.#press(),
      changeMind: () => this.#changeMind(visit),
      centreCode: () => {
        const code = this.#centreCode
        this.#centreCode = undefined
        return code
      },
    })
    page.begin()
    if (victim === undefined) this.#page = page
    else this.#soon(() => page.codeCame('000000'), 3)
  }

  #changeMind({ site, item }: Visit): void {
    const machine = this.#machine('pushes the lever')
    machine.pushLever()
    this.#parts.timeline.after(2_000, () => site.machine.press(item === 3 ? 1 : 3))
  }

  /** Calls the number for the item's price, and types what it is read. */
  #call(visit: Visit): void {
    const { switchboard, random, story } = this.#parts
    const { site, item, twists } = visit
    const amountMinor = items[item] ?? 0
    const right = site.settings.number
    const typed = twists.has('mistypes') ? [swapped(right), right] : [right]
    const number = numberCalledFor(amountMinor)
    story.tell(this.number, `calls ${number.called}`)
    switchboard.place({
      ...{ ...number, amountMinor },
      type: () => typed.shift() ?? right,
      hears: (code) => this.#typeCode(visit, code),
      ...(twists.has('hangsUp') && { hangsUpAfter: Math.floor(8 * random.fraction()) }),
    })
  }

  #typeCode({ site, item, twists }: Visit, code: string): void {
    const { timeline, anotherSite } = this.#parts
    const type = (at: VendingSite, slower: number) => this.#soon(() => at.type(code), slower)
    if (twists.has('walksAway')) return
    if (twists.has('typesElsewhere')) type(anotherSite(), 1)
    if (twists.has('wrongCode')) this.#soon(() => site.type(otherCode(code, 1)))
    if (twists.has('guessesCodes'))
      for (const place of [1, 2, 3, 4]) timeline.after(place * 200, () => site.type(otherCode(code, place)))
    type(site, twists.has('typesLate') ? 50 : 1)
    if (twists.has('typesTwice')) type(site, 1)
    if (!twists.has('typesAgain')) return
    // Whether the item came or not.
    timeline.after(45_000, () => {
      site.machine.press(item)
      type(site, 1)
    })
  }

  #dial(code: string): void {
    const session = this.#sessions++
    this.#type(session, code)
  }

  #type(session: number, words: string): void {
    const { observe, story, carrier } = this.#parts
    observe({ type: 'said', buyer: this.number, words, dialogue: session })
    story.tell(this.number, `dials or types ${words}`)
    carrier.step(this.number, session, words, (screen) => this.#look(session, screen))
  }

  #look(session: number, screen: Screen | undefined): void {
    const { observe, story, random } = this.#parts
    if (!screen) {
      story.tell(this.number, 'loses the dialogue')
      return
    }
    observe({ type: 'read', buyer: this.number, words: screen.text, key: '', dialogue: session })
    story.tell(this.number, `sees "${screen.text.replaceAll('\n', ' / ')}"`)
    const visit = this.#visit
    if (!screen.goesOn || !visit) return
    if (/^1 See the price/m.test(screen.text)) this.#choose()
    if (visit.twists.has('isSilent')) return
    const yes = !visit.twists.has('saysNo')
    const [, figure] = /^(\d) Pay/m.exec(screen.text) ?? []
    if (figure !== undefined) this.#soon(() => this.#type(session, yes ? figure : '0'))
    else if (/^1 /m.test(screen.text)) this.#soon(() => this.#type(session, random.pick(['1', '1', '0'])), 3)
  }

  #answerPrice(code: string): void {
    const twists = this.#visit?.twists
    if (!twists || twists.has('isSilent')) return
    if (twists.has('saysNo')) {
      this.#soon(() => this.say('NO'))
      return
    }
    const patience = twists.has('answersLate') ? 15 : 1
    if (twists.has('wrongCode')) this.#soon(() => this.say('YES 0000'))
    this.#soon(() => this.say(`YES ${code}`), patience)
    if (twists.has('answersTwice')) this.#soon(() => this.say(`YES ${code}`), patience)
  }

  #giveCode(): void {
    const code = this.#centreCode
    this.#centreCode = undefined
    const twists = this.#visit?.twists
    if (!code || !twists || twists.has('isSilent')) return
    // Who took so long over the price has thought better of it by now.
    this.#soon(() => this.say(twists.has('answersLate') ? 'NO' : code))
  }

  #choose(): void {
    if (this.#visit) this.#soon(() => this.#press())
  }

  /** The same account from a second machine at the same time. */
  #spendAgain(): void {
    const site = this.#parts.anotherSite()
    if (site.machine.press(1) !== 'asked') return
    this.#soon(() => this.say(`PAY ${site.settings.number}`))
  }

  #at(): string {
    return this.#visit?.site.settings.number ?? ''
  }

  #machine(does: string) {
    const site = this.#visit?.site ?? this.#parts.anotherSite()
    this.#parts.story.tell(this.number, `${does} at machine ${site.settings.number}`)
    return site.machine
  }

  #soon(action: () => void, slower = 1): void {
    this.#parts.timeline.after(this.#parts.random.around(thinkingMs * slower), action)
  }
}

function otherCode(code: string, by: number): string {
  return String((Number(code) + by) % 1_000_000).padStart(6, '0')
}

function swapped(number: string): string {
  return number.slice(0, -2) + number.slice(-1) + number.slice(-2, -1)
}
