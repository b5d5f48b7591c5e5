// The command that enrols a party: an identity folder for it under one root, which is made the first time.
// Deployers run it on one safe machine and carry each folder to its host; nothing else ever makes a key.
import { join, resolve } from 'node:path'
import type { Role } from '@concilia/protocol/certificates.ts'
import { sellerSchema } from '@concilia/protocol/promises.ts'
import { automatonIdSchema } from '@concilia/protocol/topics.ts'
import type { Subject } from './certificate-making.ts'
import { type CommandLine, type Line, usageError } from './command-line.ts'
import { issue } from './enrolment.ts'
import { nearestWord } from './nearest-word.ts'
import { runMain } from './run-main.ts'
import { systemClock } from './system-clock.ts'

const roles: readonly Role[] = ['automaton', 'relation-server', 'payment-centre']

const description = {
  program: 'enrol',
  summary: 'makes the identity folder of a party (key.pem, chain.pem, root.pem).',
  usage: [
    'node platform/enrol.ts --folder FOLDER --role payment-centre --id centre --host pay.example.org',
    'node platform/enrol.ts --folder FOLDER --role automaton --id automaton-4021 --seller snacks-and-co',
  ],
  flags: {
    folder: { value: 'FOLDER', says: 'where the root is kept, made the first time, and all that it issued' },
    role: { value: 'ROLE', says: `of the party: ${roles.join(', ')}` },
    id: { value: 'ID', says: 'of the party; an automaton is enrolled at the server by it' },
    seller: { value: 'SELLER', says: 'the operator of an automaton' },
    host: { value: 'NAMES', says: 'host names and addresses it answers to, with commas between' },
  },
  notes: [
    'The same again changes nothing; in its last 30 days an identity is made anew.',
    'Take FOLDER/authority/root-key.pem off line: nothing needs it any more.',
  ].join('\n'),
} as const satisfies CommandLine

await runMain(description, async ({ flags }) => {
  if (!flags.folder) throw usageError(description, '--folder FOLDER is needed')
  const place = await issue(resolve(flags.folder), subjectOf(flags), systemClock.now())
  console.log(`${place}\nCarry it to its host; ${join(place, 'key.pem')} is to be nowhere else.`)
})

function subjectOf({ role: word, id, seller = '', host }: Line<typeof description.flags>['flags']): Subject {
  const role = roles.find((each) => each === word)
  if (!role) {
    const nearest = word === undefined ? undefined : nearestWord(word, roles)
    throw usageError(description, `--role is one of ${roles.join(', ')}${nearest ? `: ${nearest}?` : ''}`)
  }
  if (!automatonIdSchema.safeParse(id).success) {
    throw usageError(description, '--id ID is needed: letters, figures and - such as automaton-4021')
  }
  if ((role === 'automaton') !== sellerSchema.safeParse(seller).success) {
    throw usageError(
      description,
      'an automaton needs --seller SELLER, such as snacks-and-co; others have none',
    )
  }
  const hosts = host === undefined ? [] : host.split(',')
  return { id: id ?? '', role, seller, hosts }
}
