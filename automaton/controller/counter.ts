// The counter: between the buyer's keys and coins, the till, and the sale by phone. One sale is paid by one
// means: a selection is sold for coins when the credit covers it, and otherwise offered by phone for its
// whole price; when the phone pays, the coins go back. Pure moves.
import type { VendFate } from '@concilia/protocol/motor-board.ts'
import { exactChangeOnly, payableOf } from './change.ts'
import { changerWorks } from './changer-setup.ts'
import type { ControllerState, ControllerTurn } from './controller-state.ts'
import { moneyText, type TextName, textOf } from './counter-texts.ts'
import { beginVend, boardWorks } from './motor-board.ts'
import { payoutBegan, phoneAsked, type VendEnd, vendEnded } from './till.ts'

/** How long a word of ours stays on the display. */
const messageMs = 3000
const owedShownMs = 30_000
/** Longest for a payout; a changer that has not ended it then is not waited for. */
const payoutMs = 120_000

/** Coins are taken only while there is something to sell and nothing under way. */
export function takesCoins(turn: ControllerTurn): boolean {
  const { vend, payout } = turn.till
  return !turn.state.leaving && boardWorks(turn) && !vend && !payout
}

export function moneyCame(turn: ControllerTurn): void {
  turn.setCounter({ message: '' })
  turn.wait('idle', turn.settings.creditReturnMs)
}

export function keyPressed(turn: ControllerTurn, selection: number) {
  const { vend, payout, creditMinor } = turn.till
  const { request } = turn.counter
  if (vend || payout || turn.state.leaving || !boardWorks(turn)) return
  // Somebody is there.
  turn.drop('idle')
  const priceMinor = turn.settings.prices.get(selection)
  if (priceMinor === undefined) return say(turn, 'noItem')
  if (turn.board.state?.soldOut.includes(selection)) return say(turn, 'soldOut')
  if (creditMinor >= priceMinor) return sellForCoins(turn, selection, priceMinor)
  if (request?.selection === selection) return
  turn.keep(phoneAsked(turn.till), { type: 'phoneAsked', selection })
  turn.setCounter({ request: { selection, priceMinor }, attended: false })
  turn.drop('session')
  const price = { amountMinor: priceMinor, currency: turn.settings.currency }
  turn.hear({ type: 'vendRequested', price, item: selection })
}

/** Only when the rest can be given: nobody is asked to leave it. */
function sellForCoins(turn: ControllerTurn, selection: number, priceMinor: number) {
  const restMinor = turn.till.creditMinor - priceMinor
  if (restMinor > 0 && !canGive(turn, restMinor)) return say(turn, 'exact')
  cancelRequest(turn, 'cancelled')
  beginVend(turn, { selection, priceMinor, means: 'coins' })
}

function canGive(turn: ControllerTurn, amountMinor: number): boolean {
  const { known, tubes } = turn.changer
  if (!changerWorks(turn) || !known || !tubes) return false
  return payableOf(known.coins, tubes, turn.settings.mostCreditMinor).can(amountMinor)
}

/** Too late once something turns. */
export function leverPulled(turn: ControllerTurn): void {
  if (turn.till.vend) return
  cancelRequest(turn, 'cancelled')
  giveBack(turn)
}

export function giveBack(turn: ControllerTurn): void {
  const { vend, creditMinor } = turn.till
  if (vend || creditMinor === 0) return
  turn.keep(payoutBegan(turn.till, 'return'), { type: 'returnBegan', creditMinor })
}

/** Nothing that the till holds waits for ever, whoever left it there. */
export function keepTime(turn: ControllerTurn): void {
  const { vend, payout, creditMinor } = turn.till
  const { limits, creditReturnMs } = turn.settings
  const times = [
    ['vend', vend !== undefined, limits.vendMs],
    ['payout', payout !== undefined, payoutMs],
    ['idle', creditMinor > 0 && !vend && !payout, creditReturnMs],
  ] as const
  for (const [deadline, runs, ms] of times) {
    if (!runs) turn.drop(deadline)
    else if (turn.state.due[deadline] === undefined) turn.wait(deadline, ms)
  }
}

function cancelRequest(turn: ControllerTurn, why: 'cancelled' | 'readerLost'): void {
  if (!turn.counter.request) return
  turn.setCounter({ request: undefined })
  turn.hear({ type: 'vendCancelled', why })
}

export function approve(turn: ControllerTurn, priceMinor: number) {
  const { request } = turn.counter
  turn.setCounter({ request: undefined, concluding: true })
  if (!request || !boardWorks(turn) || turn.till.vend) return conclude(turn, 'failed', 'not-begun')
  beginVend(turn, { selection: request.selection, priceMinor, means: 'phone' })
}

export function deny(turn: ControllerTurn): void {
  const { request } = turn.counter
  if (!request) return
  turn.setCounter({ request: undefined })
  say(turn, 'price', moneyText(turn, request.priceMinor))
}

/** The machine asks by itself: nothing is to be opened. */
export function attend(turn: ControllerTurn, forMs: number) {
  if (turn.counter.request) return
  if (!boardWorks(turn) || turn.till.vend) return turn.hear({ type: 'sessionEnded' })
  turn.setCounter({ attended: true })
  turn.wait('session', forMs)
}

export function sessionDue(turn: ControllerTurn): void {
  if (!turn.counter.attended) return
  turn.setCounter({ attended: false })
  turn.hear({ type: 'sessionEnded' })
}

/** The one place where a vend ends, whoever pays. */
export function vendOver(
  turn: ControllerTurn,
  result: VendEnd,
  fate: VendFate | 'limit' | 'otherBoard',
): void {
  const { vend } = turn.till
  if (!vend) return
  turn.keep(vendEnded(turn.till, result, fate), { type: 'vendEnded', number: vend.number, result, fate })
  turn.setBoard({ vend: undefined })
  const what = `item ${vend.selection} at ${moneyText(turn, vend.priceMinor)}`
  if (vend.means === 'phone') conclude(turn, result, fate)
  else if (result === 'delivered') {
    const sold = { item: vend.selection, amountMinor: vend.priceMinor }
    turn.hear({ type: 'noticed', what: 'cashSale', detail: what, sold })
  } else {
    turn.notice(result === 'unknown' ? 'vendUnknown' : 'vendFailed', `${what}: ${fate}`)
    say(turn, 'notDelivered')
  }
}

function conclude(turn: ControllerTurn, result: VendEnd, detail: string): void {
  if (!turn.counter.concluding) return
  turn.setCounter({ concluding: false })
  turn.hear({ type: 'vendConcluded', result, detail })
}

/** What the process before left: the till goes on where it stood. */
export function started(turn: ControllerTurn, listening: boolean): void {
  const { vend, phoneEnd } = turn.till
  turn.setCounter({ concluding: listening })
  if (!listening || vend?.means === 'phone') return
  if (phoneEnd) conclude(turn, phoneEnd.result, phoneEnd.fate)
  // Its number would be in the till before anything turned.
  else conclude(turn, 'failed', 'not-begun')
}

function say(turn: ControllerTurn, name: TextName, what = '', forMs = messageMs): void {
  turn.setCounter({ message: `${textOf(turn, name)} ${what}`.trim() })
  turn.wait('message', forMs)
}

/** What did not come out for certain: the buyer is told whom to ask. */
export function sayOwed(turn: ControllerTurn, amountMinor: number): void {
  say(turn, 'owed', moneyText(turn, amountMinor), owedShownMs)
}

/** `ready` and `notReady` are said in this one place, whenever what they say has changed. */
export function sayReadiness(turn: ControllerTurn, before: ControllerState) {
  const was = readiness(new Before(before))
  const is = readiness(turn)
  if (was === is || !turn.state.running) return
  if (is === 'ready') return turn.hear({ type: 'ready', reader: 'alwaysIdle' })
  if (turn.counter.request) cancelRequest(turn, 'readerLost')
  turn.hear({ type: 'notReady', why: is })
}

type View = Pick<ControllerTurn, 'board'> & { readonly state: ControllerState }

class Before implements View {
  readonly state: ControllerState

  constructor(state: ControllerState) {
    this.state = state
  }

  get board() {
    return this.state.board
  }
}

function readiness({ board, state }: View): 'ready' | 'disabled' | 'lost' | 'configuring' {
  if (!state.running || !board.open || board.lost) return 'lost'
  if (!board.who || !board.state) return 'configuring'
  return board.state.door === 'closed' && board.state.sensor === 'works' ? 'ready' : 'disabled'
}

/** What the display takes turns with. */
export function pages(turn: ControllerTurn): string[] {
  const { till, counter } = turn
  const credit = till.creditMinor > 0 ? `${textOf(turn, 'credit')} ${moneyText(turn, till.creditMinor)}` : ''
  if (till.vend?.means === 'coins') return [textOf(turn, 'coming')]
  if (till.payout) return [textOf(turn, till.payout.why === 'change' ? 'change' : 'back')]
  if (counter.message !== '') return [counter.message]
  if (!boardWorks(turn)) return [textOf(turn, 'closed')]
  const hint = counter.request || credit !== '' ? '' : coinHint(turn)
  return [counter.saleText, credit, hint].filter((text) => text !== '')
}

function coinHint(turn: ControllerTurn): string {
  const { known, tubes } = turn.changer
  if (!changerWorks(turn) || !known || !tubes) return textOf(turn, 'noCoins')
  const purse = { coins: known.coins, tubes, creditMinor: 0, mostCreditMinor: turn.settings.mostCreditMinor }
  return exactChangeOnly(purse, [...turn.settings.prices.values()]) ? textOf(turn, 'exact') : ''
}
