// From the effects of one step of the sale to the one journal commit that holds them all: rows, promises and
// signed words. Pure, because the signatures are (Ed25519 gives the same bytes each time).
import { outcomeKind, promise, withdrawalKind } from '@concilia/protocol/promises.ts'
import type { Change, SaleTerms, StoredSnapshot, Word } from './journal/port.ts'
import { makeOffer, type Seller } from './offer.ts'
import type { SaleEffect } from './sale-effects.ts'

export interface StepMade {
  readonly at: number
  readonly event: { readonly type: string }
  readonly snapshot: StoredSnapshot
  readonly effects: readonly SaleEffect[]
}

/** @param termsOf what the journal holds of a sale */
export function durableChange(
  { at, event, snapshot, effects }: StepMade,
  seller: Seller,
  termsOf: (saleId: string) => SaleTerms | undefined,
): Change {
  const offers: SaleTerms[] = []
  const promises: Change['promises'][number][] = []
  const words: Word[] = []
  const answers: Change['answers'][number][] = []
  for (const { type, params } of effects) {
    switch (type) {
      case 'makeOffer': {
        const { terms, word } = makeOffer(seller, { ...params, at })
        offers.push(terms)
        words.push(word)
        break
      }
      case 'recordCode':
        words.push({ kind: 'code', ...params })
        break
      case 'promiseDelivery':
        promises.push({ saleId: params.saleId, promise: 'deliver' })
        break
      case 'promiseWithdrawal': {
        const { saleId, reason } = params
        const offerHash = termsOf(saleId)?.offerHash
        if (offerHash === undefined)
          throw new Error(`the journal holds no offer of sale ${saleId} to withdraw`)
        promises.push({ saleId, promise: 'withdraw' })
        const withdrawal = promise(withdrawalKind, seller.signer, { saleId, offerHash, reason, at })
        words.push({ kind: 'withdrawal', saleId, withdrawal })
        break
      }
      case 'recordOutcome': {
        const offerHash = termsOf(params.saleId)?.offerHash ?? ''
        const outcome = promise(outcomeKind, seller.signer, { ...params, offerHash, at })
        words.push({ kind: 'outcome', saleId: params.saleId, outcome })
        break
      }
      case 'answerInstruction':
        answers.push(params)
        break
    }
  }
  return { at, event, snapshot, offers, promises, words, answers }
}
