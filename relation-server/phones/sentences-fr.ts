// What buyers read in French. Each must fit 160 septets with the longest price, number and names (182 on a
// screen); numbers first on a menu, `0` back. Accents that the phone alphabet lacks are dropped when it is
// sent.
import type { Money } from '@concilia/protocol/money.ts'
import { priceIn, timeText } from './figures.ts'
import type { House, Sentences } from './say.ts'

const cost = (price: Money) => priceIn('fr', price)
const contact = ({ serviceName, helpNumber }: House) => `${serviceName}, aide ${helpNumber}`

const declined = {
  noAccount: 'pas de compte pour ce numéro',
  notEnough: 'crédit insuffisant',
  capReached: 'plafond de dépenses atteint',
  accountBarred: 'compte bloqué',
  wrongCode: 'code faux',
  notAllowed: 'vendeur indisponible',
  tooLate: 'délai dépassé',
} as const

export const french: Sentences = {
  price: ({ machineNumber, price, code, withinMs }, { house }) =>
    `Machine ${machineNumber} : ${cost(price)} TTC. Répondez OUI ${code} ` +
    `sous ${timeText(withinMs)} pour payer, NON pour annuler. ${contact(house)}`,
  priceMenu: ({ machineNumber, price }, { house }) =>
    `Machine ${machineNumber} : ${cost(price)} TTC\n1 Payer\n0 Annuler\n${contact(house)}`,
  codeSent: ({ machineNumber }) =>
    `Machine ${machineNumber} : le prix vous est envoyé par SMS. Rien n'est payé avant votre réponse.`,
  chooseNow: ({ machineNumber, withinMs }, { channel }) =>
    `Choisissez votre article sur la machine ${machineNumber} sous ${timeText(withinMs)}. ` +
    (channel === 'ussd' ? 'Puis :\n1 Voir le prix\n0 Annuler' : 'Vous recevrez le prix avant de payer.'),
  paying: ({ machineNumber, price }) =>
    `Merci. La machine ${machineNumber} démarre dès que ${cost(price)} sont payés. Le reçu arrive par SMS.`,
  takenByAnother: ({ machineNumber }) =>
    `Machine ${machineNumber} : un autre téléphone a payé cet article. Rien ne vous est débité.`,
  tooLate: ({ machineNumber }) =>
    `Machine ${machineNumber} : trop tard, délai dépassé. Rien ne vous est débité. ` +
    'Choisissez à nouveau sur la machine.',
  cancelled: ({ machineNumber }) => `Machine ${machineNumber} : annulé. Rien ne vous est débité.`,
  declined: ({ machineNumber, reason }, { house }) =>
    `Machine ${machineNumber} : paiement refusé, ${declined[reason]}. Rien ne vous est débité. ` +
    contact(house),
  paymentUnavailable: ({ machineNumber }) =>
    `Machine ${machineNumber} : le paiement par téléphone est indisponible. Rien ne vous est débité. ` +
    'Réessayez plus tard ou payez en pièces.',
  machineUnavailable: ({ machineNumber }) =>
    `La machine ${machineNumber} ne vend pas par téléphone en ce moment. Elle accepte peut-être les pièces.`,
  noSuchMachine: ({ machineNumber, suggestion }, { channel }) =>
    `Pas de machine ${machineNumber}.` +
    (suggestion ? ` Peut-être ${suggestion} ?` : '') +
    (channel === 'ussd'
      ? `${suggestion ? `\n1 Machine ${suggestion}` : ''}\n0 Annuler\nou tapez le numéro de la machine`
      : ` Envoyez PAYER et le numéro de la machine${suggestion ? ` : PAYER ${suggestion}` : ''}.`),
  receipt: ({ machineNumber, price, seller, reference }, { house }) =>
    `Payé ${cost(price)} TTC à ${seller.slice(0, 24)}, machine ${machineNumber}. ` +
    `Réf. ${reference}. ${contact(house)}`,
  refundNotice: ({ machineNumber, price, reference }, { house }) =>
    `La machine ${machineNumber} n'a pas livré : ${cost(price)} vous sont rendus. Réf. ${reference}. ` +
    contact(house),
  unknownClosedNotice: ({ machineNumber, price, reference }, { house }) =>
    `Machine ${machineNumber} : livraison non confirmée, ${cost(price)} vous sont rendus. ` +
    `Réf. ${reference}. ${contact(house)}`,
  owedNotice: ({ machineNumber, price, reference }, { house }) =>
    `Machine ${machineNumber} : nous vous devons ${cost(price)}, votre compte ne peut les recevoir. ` +
    `Appelez ${house.helpNumber}, réf. ${reference}. ${house.serviceName}`,
  validationAsked: ({ machineNumber, price }, { channel }) =>
    `Machine ${machineNumber}, ${cost(price)} : un code vous arrive par SMS. ` +
    (channel === 'ussd'
      ? 'Tapez-le ici pour payer\n0 Annuler'
      : 'Renvoyez-le pour payer, ou NON pour annuler.'),
  wrongCode: ({ machineNumber, triesLeft }, { channel }) =>
    triesLeft > 0
      ? `Machine ${machineNumber} : code faux, encore ${triesLeft} essai${triesLeft === 1 ? '' : 's'}.` +
        (channel === 'ussd' ? '\n0 Annuler' : '')
      : `Machine ${machineNumber} : trop de codes faux, annulé. Rien ne vous est débité.`,
  codeMissing: () =>
    'Pour payer, répondez OUI et les chiffres de notre dernier SMS, comme OUI 7384. Pour annuler, NON.',
  nothingOpen: () =>
    'Rien à confirmer. Choisissez un article sur la machine, puis envoyez PAYER et son numéro.',
  askMachineNumber: (_, { house }) => `${house.serviceName} : tapez le numéro de la machine\n0 Annuler`,
  unreadable: (_, { channel, house }) =>
    channel === 'ussd'
      ? 'Pas compris. Tapez un chiffre du menu, ou le numéro de la machine\n0 Annuler'
      : `Pas compris. Envoyez PAYER et le numéro de la machine, comme PAYER 4021. Aide ${house.helpNumber}`,
  help: (_, { house }) =>
    `${house.serviceName} : choisissez sur la machine, envoyez PAYER et son numéro, renvoyez le code reçu. ` +
    `STOP : plus de SMS. Aide ${house.helpNumber}`,
  stopped: (_, { house }) => `${house.serviceName} : vous ne recevrez plus de SMS. START pour reprendre.`,
  started: (_, { house }) =>
    `${house.serviceName} : bienvenue. Choisissez sur la machine, envoyez PAYER et son numéro. ` +
    'STOP pour arrêter.',
  tooManyRequests: (_, { house }) =>
    `${house.serviceName} : trop de demandes de ce numéro. Patientez un peu. Aide ${house.helpNumber}`,
}
