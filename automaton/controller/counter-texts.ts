// What the controller itself has to say on the machine's display, beside the words of the sale (display.ts).
// ASCII and at most 32 characters, because displays know little else.
import { priceText } from '@concilia/protocol/money.ts'
import type { ControllerTurn } from './controller-state.ts'

export const texts = {
  en: {
    credit: 'Credit',
    price: 'Price',
    coming: 'Your item is coming',
    change: 'Please take your change',
    back: 'Please take your coins',
    notDelivered: 'Not delivered: choose again',
    exact: 'Exact change only',
    soldOut: 'Sold out: choose another',
    noItem: 'No such item',
    noCoins: 'No coins just now',
    owed: 'Call us: we owe you',
    closed: 'Out of order',
  },
  fr: {
    credit: 'Credit',
    price: 'Prix',
    coming: 'Votre article arrive',
    change: 'Prenez votre monnaie',
    back: 'Reprenez vos pieces',
    notDelivered: 'Echec: choisissez encore',
    exact: 'Faites l appoint',
    soldOut: 'Epuise: autre choix SVP',
    noItem: 'Article inconnu',
    noCoins: 'Pas de pieces ici pour l instant',
    owed: 'Appelez: on vous doit',
    closed: 'Hors service',
  },
} as const
export type TextName = keyof (typeof texts)['en']

export function textOf(turn: ControllerTurn, name: TextName): string {
  return texts[turn.settings.language][name]
}

export function moneyText({ settings }: ControllerTurn, amountMinor: number): string {
  return priceText({ amountMinor, currency: settings.currency })
}
