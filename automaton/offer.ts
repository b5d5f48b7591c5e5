// What the automaton signs about a sale, and what it accepts about it: the offer with its price slip, and the
// check of an acknowledgement against the automaton's own open offer (rule 1). Pure: times, ids and keys come
// in.
import type { KnownParties } from '@concilia/protocol/certificates.ts'
import type { Signer } from '@concilia/protocol/jws.ts'
import { type Offer, offerSchema } from '@concilia/protocol/messages.ts'
import { acknowledgementKind, check, promise, slipKind } from '@concilia/protocol/promises.ts'
import { sha256 } from '@concilia/protocol/random.ts'
import type { SaleTerms, Word } from './journal/port.ts'
import type { Verdict } from './sale-events.ts'

/** Who sells: as enrolled and as painted on the machine. */
export interface Seller {
  readonly automatonId: string
  readonly machineNumber: string
  /** The operator, as in our certificate. */
  readonly seller: string
  readonly signer: Signer
  readonly offerWaitMs: number
}

type NewOffer = Pick<Offer, 'saleId' | 'nonce' | 'item' | 'at'> &
  Pick<SaleTerms, 'price'> & { readonly code?: string }

/** The offer as it is published and hashed, and its terms as the journal keeps them. */
export function makeOffer(seller: Seller, made: NewOffer): { terms: SaleTerms; word: Word } {
  const { saleId, item, nonce, at, price, code } = made
  const offer = JSON.stringify(
    offerSchema.parse({
      saleId,
      automatonId: seller.automatonId,
      machineNumber: seller.machineNumber,
      item,
      ...price,
      waitMs: seller.offerWaitMs,
      nonce,
      at,
    }),
  )
  const offerHash = sha256(offer)
  const slip = promise(slipKind, seller.signer, {
    offerHash,
    ...price,
    seller: seller.seller,
    waitMs: seller.offerWaitMs,
  })
  return {
    terms: { saleId, offerHash, price },
    word: { kind: 'offer', saleId, offer, slip, ...(code === undefined ? {} : { code }) },
  }
}

/** Whose word counts, and what time it is for them. */
export interface Judgement {
  readonly parties: KnownParties
  /** The server's time at our last admission (epoch ms): certificate dates are judged on it. */
  readonly admittedAt: number
  /** The server's time now, by our own steady clock since then. */
  readonly now: number
  /** A hold must be honoured at least this much longer (ms): until the item is out. */
  readonly honouredForMs: number
}

/** @param terms of our open offer */
export function checkAcknowledgement(
  token: string,
  terms: SaleTerms,
  seller: string,
  judgement: Judgement,
): Verdict {
  const checked = check(acknowledgementKind, token, judgement.parties, judgement.admittedAt)
  if (!checked.ok) return 'badAcknowledgement'
  const { payload } = checked
  const same =
    payload.offerHash === terms.offerHash &&
    payload.amountMinor === terms.price.amountMinor &&
    payload.currency === terms.price.currency &&
    payload.seller === seller
  const honoured =
    payload.charge === 'debit' || (payload.honouredUntil ?? 0) >= judgement.now + judgement.honouredForMs
  return same && honoured ? 'good' : 'wrongTerms'
}
