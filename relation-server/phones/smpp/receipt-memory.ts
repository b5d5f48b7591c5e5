// Which receipt belongs to which text of ours. Centres give a text's id in their answer and again in its
// receipt, not always in the same base, and now and then the receipt comes first. What is remembered is news
// for a log: it is bounded, and a restart forgets it.
import type { Clock } from '@concilia/protocol/clock.ts'
import { bare, type DeliveryReceipt, sameId } from '@concilia/protocol/smpp/receipt.ts'

interface Sent {
  readonly messageId: string
  readonly number: string
  readonly key: string
}

interface Early {
  readonly receipt: DeliveryReceipt
  readonly number: string
}

const mostSent = 50_000
const mostEarly = 10_000
/** A receipt may overtake the answer to its text by this much. */
const earlyMs = 3000

export class ReceiptMemory {
  readonly #clock: Clock
  readonly #tell: (key: string, receipt: DeliveryReceipt) => void
  /** By number, oldest first: few texts of one number are on their way at any time. */
  readonly #sent = new Map<string, Sent[]>()
  #count = 0
  /** By number, receipts whose text is not known yet. */
  readonly #early = new Map<string, Early[]>()
  #earlyCount = 0

  /** @param tell what has become of the text with this key; an empty key when nobody knows which it was */
  constructor(clock: Clock, tell: (key: string, receipt: DeliveryReceipt) => void) {
    this.#clock = clock
    this.#tell = tell
  }

  /** The centre has taken a text. @param number as it was sent to */
  sent(messageId: string, number: string, key: string): void {
    const bareNumber = digits(number)
    const sent = { messageId, number: bareNumber, key }
    const list = this.#sent.get(bareNumber) ?? []
    this.#sent.delete(bareNumber)
    this.#sent.set(bareNumber, [...list, sent])
    this.#count++
    this.#forgetOldest()
    const waiting = this.#early.get(bareNumber) ?? []
    const early = waiting.find(({ receipt }) => bare(receipt.messageId) === bare(messageId))
    if (early && this.#letGo(early)) this.#match(early, sent)
  }

  /** @param from the number the receipt speaks of */
  heard(receipt: DeliveryReceipt, from: string): void {
    const early = { receipt, number: digits(from) }
    const sent = this.#find(early, 'surely')
    if (sent) this.#match(early, sent)
    else if (this.#earlyCount >= mostEarly) this.#tell('', receipt)
    else this.#hold(early)
  }

  #hold(early: Early): void {
    const { receipt } = early
    this.#early.set(early.number, [...(this.#early.get(early.number) ?? []), early])
    this.#earlyCount++
    this.#clock.after(earlyMs, () => {
      // Only now is another base believed: the id in the same base may just not have been answered yet.
      if (!this.#letGo(early)) return
      const other = this.#find(early, 'surely') ?? this.#find(early, 'inAnotherBase')
      if (other) this.#match(early, other)
      else this.#tell('', receipt)
    })
  }

  /** @returns false when it was let go before */
  #letGo(early: Early): boolean {
    const waiting = this.#early.get(early.number) ?? []
    const left = waiting.filter((each) => each !== early)
    if (left.length === waiting.length) return false
    this.#earlyCount--
    if (left.length > 0) this.#early.set(early.number, left)
    else this.#early.delete(early.number)
    return true
  }

  #find({ receipt, number }: Early, how: 'surely' | 'inAnotherBase'): Sent | undefined {
    return this.#sent.get(number)?.find(({ messageId }) => sameId(messageId, receipt.messageId) === how)
  }

  #match({ receipt }: Early, sent: Sent): void {
    this.#tell(sent.key, receipt)
    if (receipt.what === 'onItsWay') return
    const left = (this.#sent.get(sent.number) ?? []).filter((each) => each !== sent)
    this.#count--
    if (left.length > 0) this.#sent.set(sent.number, left)
    else this.#sent.delete(sent.number)
  }

  #forgetOldest(): void {
    for (const [number, list] of this.#sent) {
      if (this.#count <= mostSent) return
      this.#sent.delete(number)
      this.#count -= list.length
    }
  }
}

/** With or without `+`: some centres answer with it, some without. */
function digits(number: string): string {
  return number.replace(/^(\+|00)/, '')
}
