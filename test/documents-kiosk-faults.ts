// The page of the faults of a kiosk: everything that can be done to the simulated coin changer and motor
// board, how, and what the automaton as their controller does about it, with the test that shows it. A
// fault without a row does not compile; a test looks whether every word and every test that is named here
// is there.
import { type BoardFault, boardFaultWords } from '@concilia/simulator/kiosk/board-faults.ts'
import { type ChangerFault, changerFaultWords } from '@concilia/simulator/kiosk/changer-faults.ts'
import { type Shown, table, testLink } from './documents-mdb-faults.ts'

const scenarios = 'simulator/kiosk/kiosk-scenarios.test.ts'
const once: Shown = [scenarios, 'the change is paid once: %s after %i coins']
const never: Shown = [
  scenarios,
  '%s after %i coins: what did not come is paid later, owed or in doubt, never paid twice',
]
const withCoin: Shown = [scenarios, '%s: a credit of %i, %i in the tray']
const byPhone: Shown = [scenarios, 'by phone, %s: %s']
const seeds: Shown = [
  'simulator/kiosk/kiosk-seeds.test.ts',
  'disturbed in any way, what is not so is known to be in doubt, and everything ends',
]

const ofChanger: Readonly<Record<ChangerFault, readonly [does: string, shown: Shown]>> = {
  deaf: ['asks again', seeds],
  deafToPayout: ['waits until it is quiet, counts the tubes, finds nothing missing, and orders anew', once],
  loseAnswer: ['as if nothing had come: asks again, but never to pay', seeds],
  losePayoutAnswer: ['waits until it is quiet and counts the tubes: it has paid', once],
  late: ['is silent for a moment before it asks anything else', once],
  badChecksum: ['leaves it unacknowledged; the changer says it again', once],
  nak: ['counts the tubes, finds nothing missing, and orders anew', once],
  missAcknowledgement: ['knows the words again: one coin, one credit; EAG_R', once],
  noCredit: ['no credit', withCoin],
  doubleArrival: ['no credit', withCoin],
  routingError: ['the credit is given; EAG_9', withCoin],
  coinJam: ['no credit; EAA', withCoin],
  coinRemoved: ['the credit was given; EAG_D, for a person', withCoin],
  payoutJam: ['pays in other coins; what no tube can pay is owed; EAF', never],
  resetInPayout: ['sets it up anew and counts: what is missing is paid; nothing missing is in doubt', never],
  powerCutInPayout: ['the same when it is back', never],
}

const ofBoard: Readonly<Record<BoardFault, readonly [does: string, shown: Shown]>> = {
  deaf: ['says the same number again: it turns once', byPhone],
  loseAnswer: ['asks what became of it', byPhone],
  garbled: ['asks what became of it', byPhone],
  silent: ['asks what became of it', byPhone],
  motorJam: ['failed, EJC: coins stay the buyer’s, a phone is re-credited', byPhone],
  notDropped: ['failed: the same', byPhone],
  homeLost: ['failed, EJB: the same', [scenarios, '%s: nothing fell, the coins stay the buyer’s']],
  dropUnseen: ['failed, though the goods are out: nobody can know', seeds],
  powerCutInVend: ['unknown: the credit stays, a phone’s money goes back, a person sees it', byPhone],
  powerCutAfterDrop: ['unknown: the same', byPhone],
}

export const lasting: readonly (readonly [
  what: string,
  words: readonly string[],
  does: string,
  shown: Shown,
])[] = [
  [
    'power cut at the changer',
    ['power changer off', 'power changer on'],
    'sells by phone meanwhile; sets it up anew',
    [scenarios, 'without a changer it sells by phone'],
  ],
  ['power cut at the motor board', ['power board off', 'power board on'], 'out of order meanwhile', seeds],
  [
    'power cut at the automaton',
    ['(kill it)'],
    'the till goes on where it was written',
    [scenarios, 'the automaton ends at any of its writes: the next process asks, and pays what is left'],
  ],
  [
    'a serial line unplugged',
    ['line changer off', 'line board off', 'line board on'],
    'takes no coins, or is out of order; afterwards asks',
    [scenarios, 'either line pulled out and put back: it finds its way, and no coin is forgotten'],
  ],
  [
    'the bridge loses its power',
    ['restart'],
    'tells it again that it is master',
    [scenarios, 'a box without power for a moment is master again'],
  ],
  [
    'door open',
    ['door open', 'door closed'],
    'nothing is taken and nothing sold; EGS stands',
    [scenarios, 'an open door: nothing is taken and nothing sold, and afterwards all is well'],
  ],
  [
    'drop sensor blind',
    ['sensor off', 'sensor on'],
    'nothing is sold; EJB_1 stands',
    [scenarios, 'a blind drop sensor: nothing is sold, because nobody would see it fall'],
  ],
  [
    'acceptor unplugged, tube sensor defective',
    ['acceptor off', 'acceptor on', 'blind 0.50'],
    'faults that stand; pays from the other tubes',
    [
      scenarios,
      'an unplugged acceptor and a blind tube are faults that stand; it sells on with what there is',
    ],
  ],
  [
    'tube full',
    ['fill 0.50 60'],
    'coins go to the cash box, as long as they could be given back',
    [scenarios, 'a full tube: the coin falls into the cash box, and counts all the same'],
  ],
  [
    'tubes empty',
    ['take 0.05'],
    '"Exact change only"; coins that could not be given back are not taken',
    [scenarios, 'exact change only: a coin that could not be changed is not taken, and the display says why'],
  ],
  [
    'filled and emptied by hand',
    ['fill 0.50 10', 'take 0.50'],
    'counted where the changer tells it',
    [scenarios, 'a technician fills a tube and takes a coin: what is sold and paid agrees afterwards'],
  ],
  [
    'the changer counts wrongly',
    ['miscount 0.50 3'],
    'is believed: nobody sees what falls',
    [scenarios, 'a changer that believes in coins which are not there is believed: nobody sees what falls'],
  ],
  [
    'sold out',
    ['stock 5 0'],
    'the key says so; no money is taken for it',
    [scenarios, 'sold out: the key says so, and no money is taken for it'],
  ],
  ['a slug', ['slug'], 'nothing', seeds],
]

/** Every test that is named here. */
export const shownOfKiosks: readonly Shown[] = [
  ...Object.values({ ...ofChanger }).map(([, shown]) => shown),
  ...Object.values({ ...ofBoard }).map(([, shown]) => shown),
  ...lasting.map(([, , , shown]) => shown),
]

export function kioskFaultsPage(): string {
  const head = ['fault', 'to type', 'flag', 'the automaton as controller', 'test']
  const changer = Object.entries(ofChanger).map(([name, [does, shown]]) => {
    const says = changerFaultWords[name as ChangerFault] // the keys of the record
    return [says, `\`fault ${name} [AFTER]\``, `\`--faults ${name}:AFTER\``, does, testLink(shown)]
  })
  const board = Object.entries(ofBoard).map(([name, [does, shown]]) => {
    const says = boardFaultWords[name as BoardFault] // the keys of the record
    return [says, `\`board ${name}\``, `\`--faults board:${name}\``, does, testLink(shown)]
  })
  const lasts = lasting.map(([what, words, does, shown]) => {
    return [what, words.map((word) => `\`${word}\``).join(', '), does, testLink(shown)]
  })
  return `# Faults of a kiosk: how to bring them about, and what the automaton does

A kiosk is a coin changer and a motor board, and the automaton is its controller
([automaton/controller](../automaton/controller/README.md)). Words are typed at \`npm run changer\` and at the
bench (\`node simulator/main.ts --kiosk\`), and after \`kiosk 4023\` in \`npm start -- --kiosk\`; flags are
those of \`npm run changer\`; a script has each of them as an act
([kiosk-acts.ts](../simulator/kiosk/kiosk-acts.ts)) by the call \`kiosk\` of
[control.ts](../simulator/control.ts). All of them happen on both bridges. AFTER: so many coins
paid, or occasions, go well before it. The codes are EVA-DTS's.

## The changer, once

${table(head, changer)}

## The motor board, once

${table(head, board)}

## What lasts until it is mended (\`mend\` mends all)

${table(['fault', 'to type', 'the automaton as controller', 'test'], lasts)}
`
}
