// Checking that a signed word (slip, outcome, withdrawal) is the right party's on the right sale. The
// signature itself was checked at the door; here it is compared with what the books say.
import type { Checked } from '@concilia/protocol/promises.ts'
import { refused } from './answers.ts'
import type { Decision, Evidence } from './commands.ts'
import type { PaymentRecord } from './records.ts'

/** Nothing was decided: the client sends the signer's chain and repeats the same bytes. */
const unknownSigner: Decision = {
  ...refused(
    'CONCILIA.UNKNOWN_SIGNER',
    "The signer's certificate is not known. Post its chain to /concilia/v1/certificates, then repeat this.",
  ),
  undecided: true,
}

export function badSignature(why: string): Decision {
  return refused('CONCILIA.BAD_SIGNATURE', why)
}

/** A token whose signature was found good. */
export type Signed<T> = Extract<Checked<T>, { ok: true }>

/** The refusal that an unusable token deserves. */
export function signatureRefusal(checked: Extract<Checked<unknown>, { ok: false }>): Decision {
  return checked.refusal === 'unknownSigner'
    ? unknownSigner
    : badSignature(
        'The token is not in form or not signed by the key it names. Send it exactly as it was signed.',
      )
}

/** As {@link signatureRefusal}, and the word must be of the automaton that made the offer, on that offer. */
export function evidenceRefusal({ checked }: Evidence, payment: PaymentRecord): Decision | undefined {
  if (!checked.ok) return signatureRefusal(checked)
  const { by, payload } = checked
  const isMaker = payment.automatonId === undefined || by.id === payment.automatonId
  if (!isMaker || by.seller !== payment.seller) {
    return badSignature('This is not the word of the automaton whose offer was charged.')
  }
  const about =
    payload.offerHash === ''
      ? payload.saleId === payment.referenceCode
      : payload.offerHash === payment.offerHash
  return about ? undefined : badSignature('This word is about another sale than the payment.')
}
