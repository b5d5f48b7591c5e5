// One transition of one sale: the chart's snapshot from its row, the event, the new row, and each effect
// turned into the rows that will make it happen. Pure but for the ids that the world mints.
import type { AnyEventObject } from 'xstate'
import { saleChartVersion, saleChartVersionsRead } from '../sale-chart.ts'
import { payerOf, type SaleContext, type SaleInput } from '../sale-context.ts'
import type { SaleEvent } from '../sale-events.ts'
import type { SaleRow } from '../store/port.ts'
import { beginChart, type ChartStep, stepChart } from './chart-step.ts'
import { Poisoned } from './poisoned.ts'
import { performEffect } from './sale-effects.ts'
import { readSnapshot, snapshotText } from './sale-snapshot.ts'
import type { Scene } from './scene.ts'
import { callAfterSale } from './typed-code.ts'
import type { World } from './world.ts'

/** A sale begins: its offer has come. */
export function beginSale(scene: Scene, world: World, input: SaleInput): void {
  const row: SaleRow = {
    saleId: input.saleId,
    automatonId: input.automatonId,
    chartVersion: saleChartVersion,
    snapshot: '',
    open: true,
    state: '',
    amountMinor: input.amountMinor,
    currency: input.currency,
    subscriberId: null,
    paymentId: null,
    dueAt: null,
    dueEvent: null,
    aside: null,
    createdAt: input.offeredAt,
    endedAt: null,
  }
  keep(scene, world, row, beginChart(world.settings.chart, input))
}

/** What happened to a sale, without the stamp that every event gets here. */
type Unstamped<T> = T extends unknown ? Omit<T, 'at' | 'mint' | 'mintInstruction'> : never
export type SaleHappening = Unstamped<SaleEvent>

/** Feeds an event to an open sale. An ended sale takes none: the caller has looked. */
export function stepSale(scene: Scene, world: World, row: SaleRow, happening: SaleHappening): void {
  feed(scene, world, row, { ...happening, ...stamp(world) })
}

/**
 * Feeds the delayed event that was due; the row's due time was taken and checked under its machine's lock.
 */
export function stepDue(scene: Scene, world: World, row: SaleRow, aboveCap: boolean): void {
  if (row.dueEvent === null) throw new Error(`sale ${row.saleId} is due for nothing`)
  const cleared = { ...row, dueAt: null, dueEvent: null }
  feed(scene, world, cleared, { type: row.dueEvent, ...stamp(world), aboveCap })
}

function stamp(world: World) {
  return { at: world.at, mint: world.mint(), mintInstruction: world.mint() }
}

function feed(scene: Scene, world: World, row: SaleRow, event: AnyEventObject): void {
  if (!row.open) throw new Error(`an event for sale ${row.saleId}, which has ended`)
  if (!saleChartVersionsRead.includes(row.chartVersion)) {
    throw new Poisoned(`sale ${row.saleId} was stored by chart version ${row.chartVersion}`)
  }
  // Delayed events are XState's own and not in the chart's union.
  keep(scene, world, row, stepChart(world.settings.chart, readSnapshot(row), event as SaleEvent))
}

export function contextOf(row: SaleRow): SaleContext {
  return readSnapshot(row).context
}

function keep(scene: Scene, world: World, before: SaleRow, [next, effects]: ChartStep): void {
  const { context, status, state } = next
  let { dueAt, dueEvent, aside } = before
  for (const effect of effects) {
    if (effect.type === 'xstate.raise') {
      dueAt = world.at + effect.params.delay
      dueEvent = effect.params.event.type
    } else if (effect.type === 'xstate.cancel') {
      if (dueEvent === effect.params.sendId) dueAt = dueEvent = null
    } else if (effect.type === 'setAside') {
      aside = effect.params.why
      scene.note({ saleId: before.saleId, words: `set aside for a person: ${aside}`, alarm: true })
    } else {
      performEffect(scene, world, context, effect)
    }
  }
  const row: SaleRow = {
    ...before,
    chartVersion: saleChartVersion,
    snapshot: snapshotText(next),
    open: status === 'active',
    state,
    subscriberId: payerOf(context)?.subscriberId ?? null,
    paymentId: context.paymentId,
    dueAt,
    dueEvent,
    aside,
    endedAt: status === 'active' ? null : world.at,
  }
  // A receipt changes nothing in most states: nothing to write then. A deadline that is over always does.
  const kept = scene.sale(row.saleId)
  if (!kept || !isSame(row, kept)) scene.putSale(row)
  endIdentifications(scene, context, row)
  if (!row.open) callAfterSale(scene, world, context, state)
  if (!row.open) scene.note({ saleId: row.saleId, words: `ended: ${state}` })
}

function isSame(row: SaleRow, before: SaleRow): boolean {
  return row.snapshot === before.snapshot && row.dueAt === before.dueAt && row.aside === before.aside
}

/** States in which the phones of a sale may still be asked, or wait for their goods. */
const ofPhones = /^(?:open|charging|instructed)\b/

/**
 * An identification lives as long as its phone is in the sale, and once one has consented no other is: when
 * the machine has spoken its last word the buyer may stand before it anew, however long the books take.
 */
function endIdentifications(scene: Scene, { phones, payerId }: SaleContext, { open, state }: SaleRow): void {
  for (const phone of phones) {
    const identification = scene.identification(phone.identificationId)
    if (!identification || identification.state === 'closed') continue
    const lost = payerId !== null && phone.identificationId !== payerId
    const isOver = !open || !ofPhones.test(state) || phone.step === 'out' || lost
    if (isOver) scene.putIdentification({ ...identification, state: 'closed' })
  }
}
