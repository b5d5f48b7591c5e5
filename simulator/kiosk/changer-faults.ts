// What can go wrong with a coin changer, each once when it is asked for. What stays wrong until somebody
// mends it is a condition of the changer itself.

/** On the bus, at the next command or answer to which it applies. */
const onBus = {
  deaf: 'the changer does not hear the next command',
  deafToPayout: 'it does not hear the next command to pay',
  loseAnswer: 'it does what it is told, and its answer is lost',
  losePayoutAnswer: 'it pays, and the acknowledgement of the command to pay is lost',
  late: 'its next answer comes when nobody waits for it any more',
  badChecksum: 'its next data comes with a wrong checksum',
  nak: 'it answers NAK to the next command, and does not do it',
  missAcknowledgement: 'it does not hear that its next data was heard, and says it again',
} as const

/** With the next coin that would be accepted. */
const withCoin = {
  noCredit: 'a coin on a string: recognised, and pulled out again before it counts',
  doubleArrival: 'two coins so close together that neither is recognised; both are given back',
  routingError: 'a coin meant for a tube falls into the cash box',
  coinJam: 'a coin jams in the acceptor, which takes nothing until it is mended',
  coinRemoved: 'a coin is credited, and fished out afterwards',
} as const

/** While it pays, after so many coins. */
const inPayout = {
  payoutJam: 'the tube jams; it pays no more until it is mended',
  resetInPayout: 'the changer resets itself and forgets what it was paying',
  powerCutInPayout: 'its power goes, until it is restored',
} as const

export const changerFaultWords = { ...onBus, ...withCoin, ...inPayout } as const
export type ChangerFault = keyof typeof changerFaultWords
export const changerFaults = Object.keys(changerFaultWords) as ChangerFault[]

export type PayoutFault = keyof typeof inPayout
export type CoinFault = keyof typeof withCoin
export const payoutFaults = Object.keys(inPayout) as PayoutFault[]
export const coinFaults = Object.keys(withCoin) as CoinFault[]

/** What is still to go wrong. */
export class ChangerFaults {
  readonly #coming: { readonly fault: ChangerFault; after: number }[] = []

  /** @param after so many occasions go well before it: coins paid, for a fault in a payout */
  add(fault: ChangerFault, after = 0): void {
    this.#coming.push({ fault, after })
  }

  /** Nothing more is to go wrong. */
  clear(): void {
    this.#coming.length = 0
  }

  /** An occasion for this fault: whether it happens now. */
  takes(fault: ChangerFault): boolean {
    const found = this.#coming.find((coming) => coming.fault === fault)
    if (!found) return false
    if (found.after > 0) {
      found.after -= 1
      return false
    }
    this.#coming.splice(this.#coming.indexOf(found), 1)
    return true
  }

  /** The first of several that happens now. */
  takesOne<F extends ChangerFault>(faults: readonly F[]): F | undefined {
    return faults.find((fault) => this.takes(fault))
  }
}
