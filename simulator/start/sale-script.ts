// One whole sale without a person: the buyer's part, then waiting until machine, server and ledger agree.
// Tells nothing itself; whoever listens to the happenings sees it go by.
import { systemClock } from '@concilia/platform/system-clock.ts'
import { canSell } from '@concilia/protocol/machine-state.ts'
import { type Agreement, judge, type Verdict } from './agreement.ts'
import { doAt, patienceMs } from './at-machine.ts'
import { Baseline } from './baseline.ts'
import { payOnPage } from './buyer-at-page.ts'
import { Inbox, payByDialogue, payByText, press, text, type Visit } from './buyer-at-phone.ts'
import { buyCode, typeCode } from './buyer-in-a-call.ts'
import type { BenchMachine, Buyer } from './buyers.ts'
import type { Fault } from './faults.ts'
import type { House } from './house.ts'

export interface Play {
  readonly machine: BenchMachine
  readonly item: number
  readonly phoneFirst: boolean
  /** How the buyer is in touch; `call`: one that buys a code. */
  readonly way: 'text' | 'dialogue' | 'page' | 'call'
  readonly buyer: Buyer
  readonly fault: Fault
}

/** Longest wait for the three to agree, once the buyer has done their part (ms). */
const settleMs = 60_000

/** How it ended, or why it did not in time. */
export async function playSale(house: House, play: Play): Promise<Verdict> {
  const { machine, fault, item, buyer } = play
  const visit: Visit = { house, buyer, machine, item, twist: fault.twist }
  await prepared(house, machine, fault)
  const baseline = await Baseline.take(house, buyer, machine, item)
  const offer = house.happenings.next('the machine’s offer', 2 * patienceMs, (happening) =>
    happening.kind === 'step' && happening.step === 'ST4' ? happening.saleId : undefined,
  )
  await goThere(play, visit)
  const verdict = expected(await settled(house, baseline, await offer), fault.ends)
  if (fault.twist !== 'lateYes' || verdict.agreed === undefined) return verdict
  await sayYesLate(visit)
  return expected(await settled(house, baseline, await offer), fault.ends)
}

/**
 * Machine first: the phone comes once the server has the offer. Phone first: the item once the server says
 * so.
 */
async function goThere({ phoneFirst, way, machine }: Play, visit: Visit): Promise<void> {
  if (way === 'call') return await goByCall(phoneFirst, visit)
  const pay = { text: payByText, dialogue: payByDialogue, page: payOnPage }[way]
  if (phoneFirst) {
    const begun = sessionOf(visit)
    // Awaited only once the buyer is asked to choose; what fails before is told by what failed.
    begun.catch(() => {})
    return await pay(visit, async () => {
      await begun
      await pressUntilOffered(visit)
    })
  }
  await pressUntilOffered(visit)
  await pay(visit, async () => {
    throw new Error(`machine ${machine.number} has made its offer, and the buyer is asked to choose`)
  })
}

/** The code is bought, then typed, before the item is chosen or while its offer is open. */
async function goByCall(phoneFirst: boolean, visit: Visit): Promise<void> {
  if (!phoneFirst) {
    await pressUntilOffered(visit)
    return await typeCode(visit, await buyCode(visit))
  }
  const begun = sessionOf(visit)
  begun.catch(() => {})
  await typeCode(visit, await buyCode(visit))
  await begun
  await pressUntilOffered(visit)
}

/**
 * A machine whose link is not up yet sells for coins only: whoever is told so chooses again a moment later.
 */
async function pressUntilOffered(visit: Visit): Promise<void> {
  const { house, machine } = visit
  const until = systemClock.monotonic() + patienceMs
  // A kiosk's display only goes on saying what it says.
  const answerMs = machine.kiosk ? 1000 : patienceMs
  for (;;) {
    const what = 'the server has the offer, or the machine does not sell by phone'
    const answered = house.happenings.next(what, answerMs, (happening) => {
      if (happening.kind === 'step' && happening.step === 'ST5') return 'offered'
      return happening.kind === 'machine' && happening.event.event === 'denied' ? 'denied' : undefined
    })
    const answer = machine.kiosk ? answered.catch(() => 'denied' as const) : answered
    await press(visit)
    if ((await answer) === 'offered' || systemClock.monotonic() > until) return
    await new Promise<void>((resolve) => systemClock.after(500, resolve))
  }
}

/**
 * A machine that works in sessions lets the buyer choose once its session is open, which may be before the
 * text that says so is read: so it is watched for from the beginning.
 */
async function sessionOf({ house, machine }: Visit): Promise<void> {
  if (machine.alwaysIdle) return
  await house.happenings.next('the session', 2 * patienceMs, (happening) =>
    happening.kind === 'machine' && happening.event.event === 'sessionBegun' ? true : undefined,
  )
}

/** What goes wrong with the machine is waiting. A kiosk has no reader that could be enabled. */
async function prepared(house: House, machine: BenchMachine, fault: Fault): Promise<void> {
  if (machine.kiosk) {
    for (const act of fault.kiosk ?? []) await doAt(house, machine, act)
    return
  }
  await machineReady(house, machine)
  await house.simulator.call('behave', { machine: machine.number, behaviours: fault.behaviours ?? [] })
}

async function machineReady(house: House, { number }: BenchMachine): Promise<void> {
  const enabled = house.happenings.next(`machine ${number} sells by phone`, patienceMs, (happening) =>
    happening.kind === 'machine' && happening.machine === number && happening.event.event === 'readerEnabled'
      ? true
      : undefined,
  )
  const { enabled: already } = await house.simulator.call('look', { machine: number })
  if (already) enabled.catch(() => {})
  else await enabled
  await serverKnowsIt(house, number)
}

/** A phone that comes first is sent away from a machine that has not said yet that it can sell. */
async function serverKnowsIt({ serverStore, happenings }: House, number: string): Promise<void> {
  const until = systemClock.monotonic() + patienceMs
  while (systemClock.monotonic() < until) {
    const row = (await serverStore.machines()).find(({ machineNumber }) => machineNumber === number)
    if (canSell(row?.hardware)) return
    await happenings.next('anything', 250, () => true).catch(() => {})
  }
}

/** "The time was over": nothing may change any more. */
async function sayYesLate({ house, buyer }: Visit): Promise<void> {
  const inbox = await house.simulator.call('inbox', { number: buyer.number })
  const code = inbox.map((words) => /\bYES (\d{4,8})\b/.exec(words)?.[1]).findLast((found) => found) ?? ''
  const texts = new Inbox(house, buyer)
  await text(house, buyer, `YES ${code}`)
  await texts.next()
  texts.close()
}

/** Looks again whenever something happened, and once a second, until the three agree or the time is over. */
async function settled(house: House, baseline: Baseline, saleId: string): Promise<Verdict> {
  const until = systemClock.monotonic() + settleMs
  for (;;) {
    const isOver = systemClock.monotonic() > until
    const sale = await house.serverStore.sale(saleId)
    if (isOver || sale?.open === false) {
      const verdict = judge(await baseline.factsNow(saleId))
      if (isOver || verdict.agreed !== undefined) return verdict
    }
    await house.happenings.next('anything', 1000, () => true).catch(() => {})
  }
}

function expected(verdict: Verdict, ends: Agreement | undefined): Verdict {
  if (verdict.agreed === undefined || ends === undefined || verdict.agreed === ends) return verdict
  return { why: [`the three agree on ${verdict.agreed}, but this play ends ${ends}`] }
}
