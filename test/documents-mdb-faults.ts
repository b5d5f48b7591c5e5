// The page of the faults that the simulated machine can be given, and of what other readers get wrong: each
// with the test that shows what ours does. A test beside this looks whether every test and every word that
// is named here is there.

/** Where a test is, and its title or the beginning of it. */
export type Shown = readonly [file: string, title: string]

interface FaultRow {
  readonly fault: string
  /** Words of the bench and of `npm run vmc`. */
  readonly words: readonly string[]
  readonly does: string
  readonly shown: Shown
}

const bus = 'simulator/bus-scenarios.test.ts'
const machine = 'simulator/fault-scenarios.test.ts'
const both = 'simulator/reader-scenarios.test.ts'
const reader = 'automaton/hardware/bus-reader.test.ts'
const setup = 'automaton/hardware/bus-reader-setup.test.ts'
const mended = 'before the %s: mended between the two, one delivery'

export const faultRows: readonly FaultRow[] = [
  {
    fault: 'no ACK: the machine has heard, the reader does not learn so',
    words: ['fault loseAcknowledgement'],
    does: 'says it again at the next poll; reset before that, the vend is unknown',
    shown: [bus, mended],
  },
  {
    fault: 'lost ACK: the machine hears no answer',
    words: ['fault loseAnswer'],
    does: 'answers the repeated command again, and does it once',
    shown: [bus, mended],
  },
  {
    fault: 'bad CHK from the machine',
    words: ['fault badChecksum'],
    does: 'stays silent; the machine repeats',
    shown: [bus, mended],
  },
  { fault: 'RET', words: ['fault ret'], does: 'says the same again at once', shown: [bus, mended] },
  { fault: 'NAK', words: ['fault nak'], does: 'says it again at the next poll', shown: [bus, mended] },
  {
    fault: 'RESET before a decision',
    words: ['behave resetAsking', 'reset'],
    does: 'the request is gone, the offer is withdrawn',
    shown: [machine, 'a machine that restarts before a decision: the buyer is gone, nothing falls'],
  },
  {
    fault: 'RESET with the approval in hand, before and after the goods fall',
    words: ['behave resetVending', 'behave reset'],
    does: 'unknown: the buyer has the money back, a person sees it',
    shown: [both, '%s: %s'],
  },
  {
    fault: 'RESET in every other window',
    words: ['reset'],
    does: 'the table in automaton/hardware/README.md',
    shown: [reader, 'RESET when %s: the vend is concluded, and the reader is set up anew'],
  },
  {
    fault: 'repeated SETUP, REQUEST ID',
    words: ['fault repeatSetup', 'fault repeatId'],
    does: 'answers again',
    shown: [machine, '%s while we are set up: one reader, ready once'],
  },
  {
    fault: 'repeated VEND REQUEST, VEND SUCCESS, SESSION COMPLETE',
    words: ['fault repeatRequest', 'fault repeatSuccess', 'fault repeatComplete'],
    does: 'acknowledges again; one sale',
    shown: [bus, mended],
  },
  {
    fault: 'SESSION CANCEL REQUEST ignored',
    words: ['fault ignoreCancel'],
    does: 'asks again until the session ends',
    shown: [bus, 'a machine that ignores the end of a session hears of it again'],
  },
  {
    fault: 'slow polls (200 ms)',
    words: ['--poll 200'],
    does: 'nothing: answers wait for the poll',
    shown: [bus, 'polls as slow as the standard allows'],
  },
  {
    fault: 'no polls for 60 s',
    words: ['quiet 60'],
    does: 'told as a lost hardware after 30 s, and as back',
    shown: [machine, 'no poll for a minute: on the bus it is said; afterwards the next buyer is served'],
  },
  {
    fault: 'no polls while the motor turns',
    words: ['behave noPolls'],
    does: 'waits for the outcome until the vend limit',
    shown: [machine, '%s: %s'],
  },
  {
    fault: 'no polls for ten times the response time',
    words: ['quiet 3000'],
    does: 'resets itself and says JUST RESET at the next poll',
    shown: [setup, 'a minute without polls changes nothing; after ten times Z7 the reader resets itself'],
  },
  {
    fault: 'level 1 behind a claim of level 3',
    words: ['--speaks 1'],
    does: 'is reset for ever, until `reader.level = 1`; the doctor says so',
    shown: [
      machine,
      'a level 3 claim of a machine that speaks level 1: reset for ever, until our level is lowered',
    ],
  },
  {
    fault: 'always idle, and not',
    words: ['--session'],
    does: 'opens a session when a phone has come',
    shown: [both, 'session mode: the button does nothing until somebody attends; a choice ends the session'],
  },
  {
    fault: 'VEND FAILURE, refund done or impossible',
    words: ['behave jam'],
    does: 'acknowledges, reports `failed`; the server gives the money back or owes it: never MALFUNCTION C',
    shown: [
      machine,
      'a product that did not fall: the failure is acknowledged, and never called impossible to refund',
    ],
  },
  {
    fault: 'door open, on standby and in a vend',
    words: ['door open', 'door close', 'behave door'],
    does: 'a vend goes on; then presence says that the machine does not sell',
    shown: [machine, 'an open door closes phone payment, and its closing opens it again'],
  },
  {
    fault: 'power cut at the machine, on standby and in a vend',
    words: ['power', 'behave powerCut'],
    does: 'in a vend unknown; set up anew afterwards',
    shown: [machine, 'the machine loses its power on standby: it sets us up anew'],
  },
  {
    fault: 'power cut at the reader: box or automaton',
    words: ['restart', 'behave boxRestart'],
    does: 'listens, configures nothing, concludes within the vend limit',
    shown: [both, 'restart in delivery: nothing is configured, and the outcome still to come is heard'],
  },
  {
    fault: 'the serial line unplugged',
    words: ['unplug', 'plug', 'behave unplugged'],
    does: 'before an approval the request is gone; afterwards it listens',
    shown: [both, 'line lost in a vend and not back within the limit: unknown, and set up when it returns'],
  },
  {
    fault: 'prices beyond 16 bits',
    words: ['--money32'],
    does: 'sells in 32 bits; in 16 the machine cannot ask',
    shown: [bus, 'a machine that wants 32-bit money sells beyond sixteen bits'],
  },
  {
    fault: 'a token (FFFF) for a price; FFFF for an item',
    words: ['fault tokenPrice', 'fault unknownItem'],
    does: 'denied; sold as item 65535',
    shown: [
      machine,
      'a token instead of a price is denied; an item that the machine does not name is sold as it is',
    ],
  },
  {
    fault: 'FFFF funds',
    words: ['--session'],
    does: 'every session of ours begins with them',
    shown: [
      setup,
      'session mode: begun on attend, cancelled when nothing is chosen, again when that is ignored',
    ],
  },
]

/** What open-source readers were seen to get wrong, each with the test that ours does not. */
export const mistakes: readonly (readonly [mistake: string, shown: Shown])[] = [
  [
    'an approval is lost because it is not said again until it is acknowledged',
    [
      'automaton/hardware/bus-reader-properties.test.ts',
      'an approval is said at every poll until it is acknowledged, and never again after that',
    ],
  ],
  [
    'the sale is recorded at the payment, not at VEND SUCCESS',
    [
      'test/sales.test.ts',
      'a silent machine: closed as unknown, the buyer has the money back, `disputed` has borne it',
    ],
  ],
  ['no refund on VEND FAILURE', ['test/sales.test.ts', 'jam: the buyer has the money back and is told']],
  [
    'RESET loops from a strict order of initialisation',
    [setup, 'any order that machines use: no poll after RESET, enabled before its id, set up twice'],
  ],
  [
    'RESET loops from a level that is claimed',
    [setup, 'a machine that claims level 3 and does not speak it is held at level 1'],
  ],
  [
    'double credit from a repeated text',
    [
      'relation-server/phones/http-adapter.test.ts',
      'what could not be stored answers 503, and its repeat is the same message',
    ],
  ],
  [
    'double credit from a repeated instruction',
    ['automaton/automaton.test.ts', 'delivers once, however often it comes'],
  ],
  [
    'sales made off line are dropped as stale',
    [
      'automaton/automaton.test.ts',
      'gives a restored server everything it lacks, and says what is no longer held',
    ],
  ],
  [
    'credit is pushed while the machine is off',
    [
      'relation-server/engine/sale-stories.test.ts',
      'nobody is put before a vending machine that cannot sell: $status',
    ],
  ],
  [
    'an unauthenticated way to give credit',
    ['automaton/automaton.test.ts', '%s delivers nothing and leaves the offer open'],
  ],
  [
    'only the first item of a poll answer is read; classes told apart by a logarithm',
    [
      'protocol/mdb/codec.test.ts',
      'a poll answer of several items is read to its end, each by its highest bit',
    ],
  ],
  [
    'RESET in mid-vend is not counted as success (ours: unknown; the money goes back, a person sees it)',
    ['test/sales.test.ts', 'reset in mid-vend: the machine cannot say, the buyer has the money back'],
  ],
]

export function mdbFaultsPage(): string {
  const faults = faultRows.map(({ fault, words, does, shown }) => {
    return [fault, words.map((word) => `\`${word}\``).join(', '), does, testLink(shown)]
  })
  return `# Faults of a machine and its bus: how to bring them about, and what our reader does

Words are typed at \`npm run vmc\` and at the bench (\`node simulator/main.ts --machine\`); \`behave NAME\` is
\`--behaviour NAME\` as a flag, \`fault NAME\` is \`--fault NAME\`, and a script has the calls of
[control.ts](../simulator/control.ts). What begins with \`--\` is a flag of \`npm run vmc\`. Faults of a coin
changer have [a page of their own](kiosk-faults.md). In all of them money and goods agree; the
seeds of [reader-seeds.test.ts](../simulator/reader-seeds.test.ts) mix them at random.

${table(['fault', 'to type', 'our reader', 'test'], faults)}

## What other readers get wrong

Seen in public code of other readers; each is a test of ours.

${table(
  ['mistake', 'test'],
  mistakes.map(([mistake, shown]) => [mistake, testLink(shown)]),
)}
`
}

export function testLink([file, title]: Shown): string {
  const name = file.split('/').at(-1)
  return `[${name}](../${file}): ${title.replaceAll(/%[si]/g, '...').replaceAll('$status', '...')}`
}

export function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  return [head, head.map(() => '---'), ...rows].map((row) => `| ${row.join(' | ')} |`).join('\n')
}
