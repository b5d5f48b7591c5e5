// What is typed to a kiosk, as acts on it: one table of words, each with its form, what it says, and how it
// reads.
import { amountMinorOf, type Currency } from '@concilia/protocol/money.ts'
import { wrapped } from '../start/wrapped.ts'
import { boardFaults } from './board-faults.ts'
import { changerFaults } from './changer-faults.ts'
import type { KioskAct } from './kiosk-acts.ts'

type Arguments = readonly (string | undefined)[]

interface Word {
  readonly form: string
  readonly says: string
  /** @returns undefined when the arguments do not read */
  readonly read: (words: Arguments, currency: Currency) => KioskAct | undefined
}

/** In the order in which the help tells them. */
const words: Readonly<Record<string, Word>> = {
  coin: {
    form: 'coin VALUE',
    says: 'a buyer inserts a coin: coin 0.50',
    read: ([value], currency) => withValue('coin', value, currency),
  },
  slug: { form: 'slug', says: 'something that is no coin', read: () => ({ act: 'slug' }) },
  lever: { form: 'lever', says: 'the coin return lever', read: () => ({ act: 'lever' }) },
  press: { form: 'press ITEM', says: 'the key of an item', read: ([item]) => withItem('press', item) },
  fault: {
    form: 'fault NAME [AFTER]',
    says: 'something befalls the changer, once, after so many occasions',
    read: ([name, after = '0']) => {
      const fault = changerFaults.find((known) => known === name)
      const occasions = wholeOf(after)
      return fault && occasions !== undefined ? { act: 'changerFault', fault, after: occasions } : undefined
    },
  },
  board: {
    form: 'board NAME',
    says: 'something befalls the motor board, once',
    read: ([name]) => {
      const fault = boardFaults.find((known) => known === name)
      return fault && { act: 'boardFault', fault }
    },
  },
  mend: { form: 'mend', says: 'all that is jammed, blind, unplugged, dark', read: () => ({ act: 'mend' }) },
  door: {
    form: 'door open|closed',
    says: 'the door of the machine',
    read: ([how]) => either(how, 'open', 'closed', (open) => ({ act: 'door', open })),
  },
  sensor: {
    form: 'sensor off|on',
    says: 'the drop sensor, as the board itself notices',
    read: ([how]) => either(how, 'on', 'off', (on) => ({ act: 'dropSensor', on })),
  },
  acceptor: {
    form: 'acceptor off|on',
    says: 'the acceptor is taken out of the changer',
    read: ([how]) => either(how, 'on', 'off', (on) => ({ act: 'acceptor', on })),
  },
  power: {
    form: 'power changer|board off|on',
    says: 'the supply of one of the two',
    read: ([part, how]) => ofPart('power', part, how),
  },
  line: {
    form: 'line changer|board off|on',
    says: 'the serial line of one of the two',
    read: ([part, how]) => ofPart('line', part, how),
  },
  restart: { form: 'restart', says: 'the bridge loses its power', read: () => ({ act: 'restartBridge' }) },
  stock: {
    form: 'stock ITEM COUNT',
    says: 'goods in front of a motor',
    read: ([item, count]) => {
      const [number, goods] = [wholeOf(item), wholeOf(count)]
      return number === undefined || goods === undefined
        ? undefined
        : { act: 'stock', item: number, count: goods }
    },
  },
  fill: {
    form: 'fill VALUE COUNT',
    says: 'a technician lays coins into a tube',
    read: ([value, count], currency) => {
      const [coin, coins] = [amountMinorOf(value ?? '', currency), wholeOf(count)]
      return coin === undefined || coins === undefined
        ? undefined
        : { act: 'fill', valueMinor: coin, count: coins }
    },
  },
  take: {
    form: 'take VALUE',
    says: 'its own button: one coin out of a tube',
    read: ([value], currency) => withValue('take', value, currency),
  },
  blind: {
    form: 'blind VALUE',
    says: 'a tube’s sensor works no more; the changer notices',
    read: ([value], currency) => withValue('blindTube', value, currency),
  },
  miscount: {
    form: 'miscount VALUE BY',
    says: 'it believes in more coins than there are: -2 in fewer',
    read: ([value, by = ''], currency) => {
      const coin = amountMinorOf(value ?? '', currency)
      return coin === undefined || !/^-?\d{1,3}$/.test(by)
        ? undefined
        : { act: 'miscount', valueMinor: coin, by: Number(by) }
    },
  },
}

export const kioskHelp = [
  ...Object.values(words).map(({ form, says }) => helpLine(form, says)),
  helpLine('look', 'goods and coins where they lie, the display'),
].join('\n')

/** @returns what is meant, or what is wrong with the words */
export function kioskActOf(text: string, currency: Currency): KioskAct | string {
  const [name = '', ...rest] = text.trim().split(/\s+/)
  const word = Object.hasOwn(words, name) ? words[name] : undefined
  if (!word) return kioskHelp
  const act = word.read(rest, currency)
  if (act) return act
  const names = name === 'fault' ? changerFaults : name === 'board' ? boardFaults : undefined
  return wrapped(`${word.form}: ${names ? names.join(', ') : word.says}`, 80, 2)
}

function helpLine(form: string, says: string): string {
  return `  ${form.padEnd(29)} ${wrapped(says, 80, 32)}`
}

function withValue<Act extends 'coin' | 'take' | 'blindTube'>(
  act: Act,
  value: string | undefined,
  currency: Currency,
) {
  const valueMinor = amountMinorOf(value ?? '', currency)
  return valueMinor === undefined ? undefined : { act, valueMinor }
}

function withItem(act: 'press', text: string | undefined): KioskAct | undefined {
  const item = wholeOf(text)
  return item === undefined ? undefined : { act, item }
}

function ofPart(
  act: 'power' | 'line',
  part: string | undefined,
  how: string | undefined,
): KioskAct | undefined {
  if (part !== 'changer' && part !== 'board') return undefined
  return either(how, 'on', 'off', (on) => ({ act, part, on }))
}

function either(
  how: string | undefined,
  yes: string,
  no: string,
  act: (is: boolean) => KioskAct,
): KioskAct | undefined {
  return how === yes || how === no ? act(how === yes) : undefined
}

function wholeOf(text: string | undefined): number | undefined {
  return text !== undefined && /^\d{1,5}$/.test(text) ? Number(text) : undefined
}
