// Whether a phone is still listened to: every request is counted, every wrong code and unknown machine too,
// in the commit of what it caused, so that all servers count alike. Beyond its budget a number gets one more
// answer and then none; nothing about a sale that is open or paid is ever kept back.
import { type CapRule, capsName } from '../caps.ts'
import type { TallyRow } from '../store/port.ts'
import type { PhoneInput } from './inputs.ts'
import type { Scene } from './scene.ts'
import type { World } from './world.ts'

/** `lastWord`: it is told that it asks too much. `silent`: not even that. */
export type Hearing = 'heard' | 'lastWord' | 'silent'

const hourMs = 3_600_000
const dayMs = 24 * hourMs

/** Perhaps a guess. */
const slips: ReadonlySet<string> = new Set(['noSuchMachine', 'presenceWanted'])

type Mark = Omit<TallyRow, 'count'>

interface Marks {
  readonly asks: readonly { readonly mark: Mark; readonly most: number }[]
  readonly slips: Mark
  readonly slipsOfAll: Mark
  readonly strangers: Mark
}

function marksOf(subscriberId: string, caps: CapRule, at: number): Marks {
  const hour = { name: `hour:${Math.floor(at / hourMs)}`, until: (Math.floor(at / hourMs) + 1) * hourMs }
  const day = { name: `day:${Math.floor(at / dayMs)}`, until: (Math.floor(at / dayMs) + 1) * dayMs }
  const date = new Date(at)
  const [year, month] = [date.getUTCFullYear(), date.getUTCMonth()]
  const months = { name: `month:${year}-${month + 1}`, until: Date.UTC(year, month + 1) }
  const mark = (what: string, whose: string, { name, until }: typeof hour): Mark => ({
    scope: `${what}:${whose}:${name}`,
    until,
  })
  const asks = [
    { stretch: hour, most: caps.requestsPerHour },
    { stretch: day, most: caps.requestsPerDay },
    { stretch: months, most: caps.requestsPerMonth },
  ]
  const rule = capsName(caps)
  return {
    asks: asks.flatMap(({ stretch, most }) =>
      most === undefined ? [] : [{ mark: mark('asks', subscriberId, stretch), most }],
    ),
    slips: mark('slips', subscriberId, hour),
    slipsOfAll: mark('slips', rule, hour),
    strangers: mark('strangers', rule, hour),
  }
}

/** That a number has bought something, for as long as its books are kept. */
export const boughtScope = (subscriberId: string) => `bought:${subscriberId}`

/** What must be loaded before a phone's word is judged. */
export function tallyScopesOf({ subscriber, budget, at }: PhoneInput): string[] {
  if (!budget) return []
  const { asks, slips, slipsOfAll, strangers } = marksOf(subscriber.subscriberId, budget.caps, at)
  return [...asks.map(({ mark }) => mark), slips, slipsOfAll, strangers].map(({ scope }) => scope)
}

/** Counts what was asked for, and judges it. */
export function hear(scene: Scene, input: PhoneInput): Hearing {
  const { act, budget, subscriber, at } = input
  const isRequest = act.type === 'identify' || (act.type === 'answerOnly' && !isOwed(act.say.kind))
  if (!budget || !isRequest) return 'heard'
  const { caps, isStranger } = budget
  const marks = marksOf(subscriber.subscriberId, caps, at)
  const isPageCode = act.type === 'answerOnly' && act.say.kind === 'pageCode'
  if (isStranger || isPageCode) {
    if (count(scene, marks.strangers) > caps.strangersPerHour) return 'silent'
  }
  // Whoever types a number on a page need not be its owner, whose own budget stays as it is.
  if (isPageCode) return 'heard'
  const tooMany = marks.asks.map(({ mark, most }) => count(scene, mark) - most)
  const isSlip = act.type === 'answerOnly' && slips.has(act.say.kind)
  if (isSlip || scene.tally(marks.slips.scope) >= caps.failuresPerHour) {
    tooMany.push(count(scene, marks.slips) - caps.failuresPerHour)
    if (count(scene, marks.slipsOfAll) > caps.failuresInAllPerHour && isSlip) return 'silent'
  }
  const over = Math.max(...tooMany)
  if (over <= 0) return 'heard'
  // A screen is there anyway, and costs nobody anything.
  return over === 1 || act.channel !== 'text' ? 'lastWord' : 'silent'
}

/** A code that is not the one which was sent. */
export function countWrongCode(scene: Scene, { budget, subscriber, at }: PhoneInput, world: World): void {
  if (!budget) return
  const { slips, slipsOfAll } = marksOf(subscriber.subscriberId, budget.caps, at)
  count(scene, slips)
  if (count(scene, slipsOfAll) === budget.caps.failuresInAllPerHour + 1) {
    scene.note({ words: `too many wrong codes this hour (${capsName(budget.caps)})`, alarm: !world.quiet })
  }
}

/** @returns what it has come to */
function count(scene: Scene, mark: Mark): number {
  scene.changes.tallies.push({ ...mark, count: 1 })
  return scene.tally(mark.scope)
}

/** The answer to STOP and START is theirs by law of every carrier. */
const isOwed = (kind: string) => kind === 'stopped' || kind === 'started'
