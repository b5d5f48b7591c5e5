// What the walk over the centre's payments found, acted on under the lock: the sale is looked at once more,
// because it may have moved on since.

import { payerOf } from '../sale-context.ts'
import type { SaleRow } from '../store/port.ts'
import type { ReconciledInput } from './inputs.ts'
import { addPayment } from './outgoing.ts'
import { contextOf, stepSale } from './sale-step.ts'
import type { Scene } from './scene.ts'
import type { World } from './world.ts'

export function reconciled(
  scene: Scene,
  world: World,
  { saleId, finding, why, automatonId }: ReconciledInput,
): void {
  const sale = scene.sale(saleId)
  if (!sale || automatonId === null) {
    scene.changes.quarantine.push({
      id: world.mint(),
      automatonId: null,
      saleId,
      source: 'reconciliation',
      error: why,
      body: '',
      at: world.at,
    })
    scene.note({ saleId, words: why, alarm: true })
    return
  }
  scene.note({ saleId, words: why, alarm: finding.type === 'aside' })
  switch (finding.type) {
    case 'aside':
      if (sale.aside === null) scene.putSale({ ...sale, aside: why })
      return
    case 'undo':
      if (sale.open) return
      addPayment(scene, world, {
        id: world.mint(),
        automatonId,
        saleId,
        operation: { kind: 'void', saleId, key: finding.key },
        subscriberId: null,
      })
      return
    case 'adopt':
      if (sale.open) adopt(scene, world, sale, finding.paymentId)
      return
    case 'repost': {
      const { acknowledgement, attempt, evidence, paymentId } = contextOf(sale)
      if (acknowledgement === null || sale.subscriberId === null) return
      remakeVoucher(scene, world, sale)
      addPayment(scene, world, {
        id: world.mint(),
        automatonId,
        saleId,
        operation: { kind: 'repost', acknowledgement, key: `${saleId}:${attempt}`, saleId },
        subscriberId: sale.subscriberId,
      })
      // What the operator had earned is forgotten with the payment; in doubt until that is there again.
      if (sale.open || evidence === null || paymentId === null) return
      addPayment(scene, world, {
        id: world.mint(),
        automatonId,
        saleId,
        operation: { kind: 'outcome', paymentId, outcome: evidence },
        subscriberId: null,
      })
    }
  }
}

/** The account that the payment came from is lost as well: the payment is in doubt until it is back. */
function remakeVoucher(scene: Scene, world: World, sale: SaleRow): void {
  const context = contextOf(sale)
  const call = payerOf(context)?.call
  const { voice } = world.settings
  if (!call || !voice) return
  const { callId, voucherId, service, sellerShareBps } = call
  const { automatonId, amountMinor, currency, seller } = context
  const terms = { voucherId, callId, service, sellerShareBps, automatonId, amountMinor, currency, seller }
  addPayment(scene, world, {
    id: world.mint(),
    automatonId,
    saleId: null,
    callId,
    operation: { kind: 'voucher', ...terms, livesMs: voice.voucherLifeMs },
    subscriberId: null,
  })
}

/** What it was set aside for is answered by the payment, unless the chart knows better. */
function adopt(scene: Scene, world: World, sale: SaleRow, paymentId: string): void {
  stepSale(scene, world, sale, { type: 'paymentFound', paymentId })
  const after = scene.sale(sale.saleId)
  if (after?.paymentId === paymentId) scene.putSale({ ...after, aside: null })
}
