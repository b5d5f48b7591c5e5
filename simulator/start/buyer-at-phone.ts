// The buyer's part of a sale: what somebody at the machine does on each text or screen, and where the play
// has them (or bad luck) do something else. Reads only what a buyer can read.
import { systemClock } from '@concilia/platform/system-clock.ts'
import type { Shown } from '../phone-gateway.ts'
import * as at from './at-machine.ts'
import { type BenchMachine, type Buyer, benchMachines, ussdCode } from './buyers.ts'
import type { Twist } from './faults.ts'
import type { House } from './house.ts'

export interface Visit {
  readonly house: House
  readonly buyer: Buyer
  readonly machine: BenchMachine
  readonly item: number
  readonly twist: Twist | undefined
}

export async function press({ house, buyer, machine, item }: Visit): Promise<void> {
  act(house, buyer, `chooses phone payment and item ${item} on machine ${machine.number}`)
  const pressed = await at.press(house, machine, item)
  if (pressed !== 'asked') throw new Error(`machine ${machine.number} does not ask for a vend: ${pressed}`)
}

/** Texts the machine number, and answers what comes until the price has been answered or refused. */
export async function payByText(visit: Visit, meanwhile: () => Promise<void>): Promise<void> {
  const { house, buyer, machine, twist } = visit
  const texts = new Inbox(house, buyer)
  try {
    await text(house, buyer, `PAY ${twist === 'wrongNumber' ? mistyped(machine.number) : machine.number}`)
    for (;;) {
      const words = await texts.next()
      const perhaps = /: PAY (\d+)\.$/.exec(words)?.[1]
      const code = /\bYES (\d{4,8})\b/.exec(words)?.[1]
      if (/^Choose your item/.test(words)) await meanwhile()
      else if (perhaps) await text(house, buyer, `PAY ${perhaps}`)
      else if (code) {
        await answerPrice(visit, (yes) => text(house, buyer, yes ? `YES ${code}` : 'NO'))
        if (isAskedForCode(buyer)) await text(house, buyer, await centreCode(texts, false))
        return
      } else if (/refused|cannot sell|does not work/.test(words)) return
    }
  } finally {
    texts.close()
  }
}

/** The same by a dialogue. */
export async function payByDialogue(visit: Visit, meanwhile: () => Promise<void>): Promise<void> {
  const { house, buyer, machine } = visit
  const code = `${ussdCode.replace(/#$/, '')}*${machine.number}#`
  act(house, buyer, `dials ${code}`)
  let screen = shown(house, buyer, await house.simulator.call('dial', { number: buyer.number, code }))
  const type = async (words: string) => {
    act(house, buyer, `types ${words}`)
    screen = shown(house, buyer, await house.simulator.call('type', { number: buyer.number, words }))
  }
  const texts = new Inbox(house, buyer)
  try {
    while (screen.goesOn) {
      const [, figure] = /^(\d) Pay/m.exec(screen.text) ?? []
      if (figure !== undefined) {
        await answerPrice(visit, (yes) => type(yes ? figure : '0'))
        if (!isAskedForCode(buyer)) return
        // The dialogue has ended by then, as a rule, and the code goes back by text.
        if (!screen.goesOn) return await text(house, buyer, await centreCode(texts, false))
      } else if (/^1 See the price/m.test(screen.text)) {
        await meanwhile()
        await type('1')
      } else {
        return await type(await centreCode(texts, true))
      }
    }
  } finally {
    texts.close()
  }
}

/**
 * The code that the centre sent, once it is there and the service has asked for it (`isAsked`, or by text).
 */
export async function centreCode(texts: Inbox, isAsked: boolean): Promise<string> {
  let code: string | undefined
  for (let asked = isAsked; code === undefined || !asked; ) {
    const words = await texts.next()
    code ??= /\bYour code is (\d{4,8})\b/.exec(words)?.[1]
    asked ||= /Reply with that code/.test(words)
  }
  return code
}

/** The centre sends a code of its own before this buyer pays (ST12). */
export function isAskedForCode({ account }: Buyer): boolean {
  return account.kind === 'prepaid' && account.codeAbove !== undefined
}

/** The price has been read. `answer` says yes or no to it. */
export async function answerPrice(visit: Visit, answer: (yes: boolean) => Promise<void>): Promise<void> {
  const { house, buyer, machine, item, twist } = visit
  switch (twist) {
    case 'no':
      return await answer(false)
    case 'silence':
    case 'lateYes':
      return act(house, buyer, 'does not answer')
    case 'coins':
      act(house, buyer, 'pays in coins after all')
      await at.payInCoins(house, machine, item)
      return
    case 'lever':
      act(house, buyer, 'pushes the return lever')
      await at.pushLever(house, machine)
      return
    case 'unplugLine':
      act(house, buyer, 'trips over the serial line')
      await at.setLine(house, machine, false)
      await step(house, 'ST51', at.patienceMs)
      await at.setLine(house, machine, true)
      return
    default:
      return await withMishap(visit, () => answer(true))
  }
}

/** Kills or stops a program at the step that hurts most, while the yes goes its way. */
async function withMishap({ house, machine, buyer, twist }: Visit, yes: () => Promise<void>): Promise<void> {
  const program = (name: string) => house.programs.get(name)
  const centre = program('payment-centre')
  switch (twist) {
    case 'killAutomaton':
      return await atStep(house, 'ST52', yes, () => program(machine.automatonId)?.kill())
    case 'killServer':
      return await atStep(house, 'ST11', yes, () => program('relation-server')?.kill())
    case 'killCentre':
      return await atStep(house, 'ST11', yes, () => centre?.kill())
    case 'pauseCentre':
      centre?.pause()
      await atStep(house, 'ST51', yes, () => centre?.resume())
      return
    case 'closeAccount':
      // Out of time, the centre re-credits nothing before the account is closed.
      return await atStep(house, 'ST14', yes, async () => {
        centre?.pause()
        act(house, buyer, 'closes the account, and opens another one')
        await house.centre.replaceAccount(buyer).finally(() => centre?.resume())
      })
    default:
      return await yes()
  }
}

async function atStep(
  house: House,
  name: string,
  yes: () => Promise<void>,
  strike: () => void | Promise<void>,
): Promise<void> {
  const told = step(house, name, at.patienceMs).then(strike)
  await Promise.all([yes(), told])
}

function step(house: House, name: string, limitMs: number): Promise<true> {
  return house.happenings.next(`step ${name}`, limitMs, (happening) =>
    happening.kind === 'step' && happening.step === name ? true : undefined,
  )
}

export async function text(house: House, buyer: Buyer, words: string): Promise<void> {
  act(house, buyer, `texts "${words}"`)
  await house.simulator.call('text', { number: buyer.number, words })
}

/** Texts as they arrive from now on, none missed between two looks. */
export class Inbox {
  readonly #house: House
  readonly #buyer: Buyer
  readonly #texts: string[] = []
  readonly #stop: () => void

  constructor(house: House, buyer: Buyer) {
    this.#house = house
    this.#buyer = buyer
    this.#stop = house.happenings.listen((happening) => {
      if (happening.kind === 'text' && happening.buyer === buyer) this.#texts.push(happening.words)
    })
  }

  async next(): Promise<string> {
    const there = this.#texts.shift()
    if (there !== undefined) return there
    await this.#house.happenings.next(
      `a text to the ${this.#buyer.name} buyer`,
      at.patienceMs,
      (happening) => (happening.kind === 'text' && happening.buyer === this.#buyer ? true : undefined),
    )
    return this.#texts.shift() ?? ''
  }

  close(): void {
    this.#stop()
  }
}

function act(house: House, buyer: Buyer, words: string): void {
  house.happenings.tell({ kind: 'act', at: systemClock.now(), party: `${buyer.name} buyer`, words })
}

function shown(house: House, buyer: Buyer, screen: Shown): Shown {
  const words = `reads on the screen: ${screen.text.replaceAll('\n', ' / ')}`
  act(house, buyer, words)
  return screen
}

/** Two figures exchanged, as people do; a number that no machine has. */
function mistyped(number: string): string {
  const swapped = number.replace(/(\d)(\d)$/, '$2$1')
  return benchMachines.some((machine) => machine.number === swapped) ? `${number}0` : swapped
}
