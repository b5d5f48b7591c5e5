// Everything that is ever said to a buyer, as one union. What a sentence of it must hold is in sentences.ts,
// its words in languages/, one file a language.
import type { Money } from '@concilia/protocol/money.ts'
import type { DeclineReason } from '../payments/port.ts'

/** What every sale's sentence names. */
interface OfMachine {
  readonly machineNumber: string
}
interface OfPrice extends OfMachine {
  readonly price: Money
}
interface OfPayment extends OfPrice {
  /** What the buyer quotes to a person, at most 8 characters. */
  readonly reference: string
}

export type Say =
  /** Price before consent. In a text with the code to return; in a dialogue with a figure to type. */
  | ({ kind: 'price'; code: string; withinMs: number } & OfPrice)
  | ({ kind: 'priceMenu'; figure: number } & OfPrice)
  /** A dialogue whose number the carrier does not vouch for: the price and its code went by text. */
  | ({ kind: 'codeSent' } & OfMachine)
  /** A dialogue whose screen is not there in time: whatever is to be said comes by text. */
  | { kind: 'answerLater' }
  /** The phone came first. In a dialogue: a menu to look again. */
  | ({ kind: 'chooseNow'; withinMs: number } & OfMachine)
  /** Consented: the centre is being asked. */
  | ({ kind: 'paying' } & OfPrice)
  | ({ kind: 'takenByAnother' } & OfMachine)
  | ({ kind: 'tooLate' } & OfMachine)
  | ({ kind: 'cancelled' } & OfMachine)
  | ({ kind: 'declined'; reason: DeclineReason } & OfMachine)
  /** The centre cannot be asked now; nothing was charged. */
  | ({ kind: 'paymentUnavailable' } & OfMachine)
  | ({ kind: 'machineUnavailable' } & OfMachine)
  /** `mistyped`: its check digit says that a figure is wrong. */
  | ({ kind: 'noSuchMachine'; suggestion?: string; mistyped?: boolean } & OfMachine)
  /** The number alone will not do: what the display shows has to be sent. */
  | ({ kind: 'presenceWanted' } & OfMachine)
  | ({ kind: 'receipt'; seller: string /* its trade name; cut at 24 characters */ } & OfPayment)
  | ({ kind: 'refundNotice' } & OfPayment)
  | ({ kind: 'unknownClosedNotice' } & OfPayment)
  | ({ kind: 'owedNotice' } & OfPayment)
  /** ST12: the centre itself sent the buyer a code, or wants the PIN, and waits for it. */
  | ({ kind: 'validationAsked'; by?: 'pin' } & OfPrice)
  | ({ kind: 'wrongCode'; triesLeft: number } & OfMachine)
  /** Proves the number of somebody who looks at the machine's page; pays nothing. */
  | ({ kind: 'pageCode'; code: string } & OfMachine)
  /** A bare YES: which sale and which price it means nobody knows. */
  | { kind: 'codeMissing' }
  | { kind: 'nothingOpen' }
  | { kind: 'askMachineNumber' }
  | { kind: 'unreadable' }
  | { kind: 'help' }
  | { kind: 'stopped' }
  | { kind: 'started' }
  | { kind: 'tooManyRequests' }
  /** On a screen only: such a number is not texted either. */
  | { kind: 'numberRefused' }

/** Who speaks: from the configuration, each at most 16 characters. */
export interface House {
  readonly serviceName: string
  readonly helpNumber: string
}

/** About money that moved: it is kept, so it goes by text, whatever screen or page somebody looks at. */
export function isAboutMoney({ kind }: Say): boolean {
  return ['receipt', 'refundNotice', 'unknownClosedNotice', 'owedNotice'].includes(kind)
}

/** Whether a screen with these words waits for an answer; a dialogue ends with any other. */
export function awaitsAnswer(say: Say): boolean {
  switch (say.kind) {
    case 'priceMenu':
    case 'chooseNow':
    case 'validationAsked':
    case 'askMachineNumber':
    case 'noSuchMachine':
    case 'presenceWanted':
    case 'unreadable':
      return true
    case 'wrongCode':
      return say.triesLeft > 0
    default:
      return false
  }
}
