// What buyers read in English. Each must fit 160 septets with the longest price, number and names (182 on a
// screen); numbers first on a menu, `0` back.
import type { Money } from '@concilia/protocol/money.ts'
import { priceIn, timeText } from './figures.ts'
import type { House, Sentences } from './say.ts'

const cost = (price: Money) => priceIn('en', price)
const contact = ({ serviceName, helpNumber }: House) => `${serviceName}, help ${helpNumber}`

const declined = {
  noAccount: 'this number has no account for it',
  notEnough: 'not enough credit',
  capReached: 'your spending limit is reached',
  accountBarred: 'your account is blocked',
  wrongCode: 'the code was wrong',
  notAllowed: 'the seller cannot be paid now',
  tooLate: 'the time was over',
} as const

export const english: Sentences = {
  price: ({ machineNumber, price, code, withinMs }, { house }) =>
    `Machine ${machineNumber}: ${cost(price)} incl. tax. Reply YES ${code} ` +
    `within ${timeText(withinMs)} to pay, NO to cancel. ${contact(house)}`,
  priceMenu: ({ machineNumber, price }, { house }) =>
    `Machine ${machineNumber}: ${cost(price)} incl. tax\n1 Pay\n0 Cancel\n${contact(house)}`,
  codeSent: ({ machineNumber }) =>
    `Machine ${machineNumber}: the price is on its way to you by text. Nothing is paid before you answer it.`,
  chooseNow: ({ machineNumber, withinMs }, { channel }) =>
    `Choose your item on machine ${machineNumber} within ${timeText(withinMs)}. ` +
    (channel === 'ussd' ? 'Then:\n1 See the price\n0 Cancel' : 'You get the price before you pay.'),
  paying: ({ machineNumber, price }) =>
    `Thank you. Machine ${machineNumber} starts once ${cost(price)} is paid. The receipt comes by text.`,
  takenByAnother: ({ machineNumber }) =>
    `Machine ${machineNumber}: another phone has paid for this item. You are not charged.`,
  tooLate: ({ machineNumber }) =>
    `Machine ${machineNumber}: too late, the time was over. You are not charged. ` +
    'Choose again on the machine.',
  cancelled: ({ machineNumber }) => `Machine ${machineNumber}: cancelled. You are not charged.`,
  declined: ({ machineNumber, reason }, { house }) =>
    `Machine ${machineNumber}: payment refused, ${declined[reason]}. You are not charged. ${contact(house)}`,
  paymentUnavailable: ({ machineNumber }) =>
    `Machine ${machineNumber}: paying by phone does not work right now. You are not charged. ` +
    'Try again later or use coins.',
  machineUnavailable: ({ machineNumber }) =>
    `Machine ${machineNumber} cannot sell by phone right now. It may take coins.`,
  noSuchMachine: ({ machineNumber, suggestion }, { channel }) =>
    `No machine ${machineNumber}.` +
    (suggestion ? ` Perhaps ${suggestion}?` : '') +
    (channel === 'ussd'
      ? `${suggestion ? `\n1 Machine ${suggestion}` : ''}\n0 Cancel\nor type the number on the machine`
      : ` Send PAY and the number on the machine${suggestion ? `: PAY ${suggestion}` : ''}.`),
  receipt: ({ machineNumber, price, seller, reference }, { house }) =>
    `Paid ${cost(price)} incl. tax to ${seller.slice(0, 24)}, machine ${machineNumber}. ` +
    `Ref. ${reference}. ${contact(house)}`,
  refundNotice: ({ machineNumber, price, reference }, { house }) =>
    `Machine ${machineNumber} did not deliver: you have your ${cost(price)} back. Ref. ${reference}. ` +
    contact(house),
  unknownClosedNotice: ({ machineNumber, price, reference }, { house }) =>
    `Machine ${machineNumber} never said if it delivered: you have your ${cost(price)} back. ` +
    `Ref. ${reference}. ${contact(house)}`,
  owedNotice: ({ machineNumber, price, reference }, { house }) =>
    `Machine ${machineNumber}: we owe you ${cost(price)}, your account cannot take it. ` +
    `Please call ${house.helpNumber}, ref. ${reference}. ${house.serviceName}`,
  validationAsked: ({ machineNumber, price }, { channel }) =>
    `Machine ${machineNumber}, ${cost(price)}: you get a code by text. ` +
    (channel === 'ussd' ? 'Type it here to pay\n0 Cancel' : 'Reply with that code to pay, NO to cancel.'),
  wrongCode: ({ machineNumber, triesLeft }, { channel }) =>
    triesLeft > 0
      ? `Machine ${machineNumber}: wrong code, ${triesLeft} more ${triesLeft === 1 ? 'try' : 'tries'}.` +
        (channel === 'ussd' ? '\n0 Cancel' : '')
      : `Machine ${machineNumber}: wrong code too often, cancelled. You are not charged.`,
  codeMissing: () =>
    'To pay, reply YES and the figures of our last text, such as YES 7384. To cancel, reply NO.',
  nothingOpen: () =>
    'There is nothing to confirm. Choose an item on the machine, then send PAY and the number on it.',
  askMachineNumber: (_, { house }) => `${house.serviceName}: type the number on the machine\n0 Cancel`,
  unreadable: (_, { channel, house }) =>
    channel === 'ussd'
      ? 'Not understood. Type a number of the menu, or the number on the machine\n0 Cancel'
      : `Not understood. Send PAY and the number on the machine, such as PAY 4021. Help ${house.helpNumber}`,
  help: (_, { house }) =>
    `${house.serviceName}: choose on the machine, send PAY and its number, then return the code you get. ` +
    `STOP for no more texts. Help ${house.helpNumber}`,
  stopped: (_, { house }) => `${house.serviceName}: you get no more texts. START to use it again.`,
  started: (_, { house }) =>
    `${house.serviceName}: welcome. Choose on the machine, then send PAY and its number. STOP to end.`,
  tooManyRequests: (_, { house }) =>
    `${house.serviceName}: too many requests from this number. Please wait a while. Help ${house.helpNumber}`,
}
