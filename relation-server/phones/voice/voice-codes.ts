// The code of a call, and the id of its voucher: both are keyed hashes, made anew whenever they are wanted
// and kept nowhere. Whoever has the database has neither; whoever repeats a call's step is read the same
// code.
import { createHmac, createSecretKey, hkdfSync, type KeyObject, timingSafeEqual } from 'node:crypto'
import { voiceCodeDigits } from '@concilia/protocol/messages.ts'

export class VoiceCodes {
  readonly #vouchers: KeyObject
  readonly #codes: KeyObject

  /** @param secret the same for the life of the database, and not in it */
  constructor(secret: Uint8Array) {
    const derived = (use: string) => createSecretKey(Buffer.from(hkdfSync('sha256', secret, '', use, 32)))
    this.#vouchers = derived('voucher of a call')
    this.#codes = derived('code of a voucher')
  }

  /** One call buys one voucher, whoever asks for it and however often, also from a restored database. */
  voucherIdOf(callId: string): string {
    return createHmac('sha256', this.#vouchers).update(callId).digest('base64url')
  }

  /** @param turn another one where that code is good for another call on the same machine */
  codeOf(voucherId: string, turn: number): string {
    const bytes = createHmac('sha256', this.#codes).update(`${voucherId} ${turn}`).digest()
    // 48 bits against a million: no code is likelier than another by more than one in 10^8.
    const figures = bytes.readUIntBE(0, 6) % 10 ** voiceCodeDigits
    return String(figures).padStart(voiceCodeDigits, '0')
  }

  sameCode(one: string, other: string): boolean {
    const [left, right] = [Buffer.from(one), Buffer.from(other)]
    return left.length === right.length && timingSafeEqual(left, right)
  }
}
