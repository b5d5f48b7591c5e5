import { describe, expect, test } from 'vitest'
import {
  firstLinkState,
  isOffered,
  isOnline,
  type LinkInput,
  type LinkOutput,
  type LinkState,
  linkStep,
} from './link-machine.ts'

type At = LinkState['at']
const states: At[] = ['down', 'connecting', 'born', 'accepted', 'pending', 'rejected', 'asleep']

const inputs = {
  started: { type: 'started' },
  wanted: { type: 'wanted' },
  unwanted: { type: 'unwanted' },
  owing: { type: 'owing' },
  owingNothing: { type: 'owingNothing' },
  connected: { type: 'connected' },
  lost: { type: 'lost' },
  accepted: { type: 'answered', admission: 'accepted' },
  pending: { type: 'answered', admission: 'pending' },
  rejected: { type: 'answered', admission: 'rejected' },
  mistaken: { type: 'mistaken' },
  due: { type: 'due' },
} as const satisfies Record<string, LinkInput>
type InputName = keyof typeof inputs

function inWords(output: LinkOutput): string {
  return output.type === 'wait' ? `${output.pause} ${output.attempt}` : output.type
}

/**
 * From attempt 2 of whatever goes on, nobody needing the link; what is left out stays as it is and asks for
 * nothing.
 */
const born = 'born: sayBirth, answer 0'
const bornAgain = 'born: sayBirth, answer 2'
const reconnect = 'down: reconnect 0'
const answered = {
  accepted: 'accepted: stopWaiting',
  pending: 'pending: reconsidered 0',
  rejected: 'rejected: reconsidered 0',
}
const permanent: Record<At, Partial<Record<InputName, string>>> = {
  down: { due: 'connecting: connect' },
  connecting: { connected: born, lost: 'down: reconnect 2' },
  born: { lost: reconnect, due: bornAgain, ...answered },
  accepted: { lost: reconnect, due: 'asleep: hangUp', mistaken: bornAgain, ...answered },
  pending: { lost: reconnect, due: bornAgain, ...answered },
  rejected: { lost: reconnect, due: bornAgain, ...answered },
  asleep: {},
}
const onDemand: typeof permanent = {
  down: { ...permanent.down, wanted: 'connecting: connect' },
  connecting: permanent.connecting,
  born: { ...permanent.born, accepted: 'accepted: linger 0' },
  accepted: {
    ...permanent.accepted,
    accepted: 'accepted: linger 0',
    unwanted: 'accepted: linger 0',
    owingNothing: 'accepted: linger 0',
    wanted: 'accepted: stopWaiting',
    owing: 'accepted: stopWaiting',
  },
  pending: { ...permanent.pending, accepted: 'accepted: linger 0' },
  rejected: { ...permanent.rejected, accepted: 'accepted: linger 0' },
  asleep: { wanted: 'connecting: connect', owing: 'connecting: connect' },
}

const names = Object.keys(inputs) as InputName[]
const pairs = (['permanent', 'onDemand'] as const).flatMap((mode) =>
  states.flatMap((at) => names.map((name) => [mode, at, name] as const)),
)

describe('the link machine', () => {
  test.each(pairs)('%s, %s, %s', (mode, at, name) => {
    const expected =
      name === 'started'
        ? 'connecting: connect'
        : ((mode === 'permanent' ? permanent : onDemand)[at][name] ?? `${at}: `)
    const [next, outputs] = linkStep({ ...firstLinkState(), at, attempt: 2 }, inputs[name], mode)
    expect(`${next.at}: ${outputs.map(inWords).join(', ')}`).toBe(expected)
  })

  test('counts attempts, so that pauses grow, and begins anew after success', () => {
    let state = firstLinkState()
    const attempts: string[] = []
    const feed = (...given: LinkInput[]) => {
      for (const input of given) {
        const [next, outputs] = linkStep(state, input, 'permanent')
        state = next
        attempts.push(...outputs.map(inWords).filter((words) => / \d$/.test(words)))
      }
    }
    const { due, lost, connected } = inputs
    feed(
      inputs.started,
      lost,
      due,
      lost,
      due,
      lost,
      due,
      connected,
      due,
      due,
      inputs.accepted,
      lost,
      due,
      lost,
    )
    expect(attempts).toEqual([
      'reconnect 0',
      'reconnect 1',
      'reconnect 2',
      'answer 0',
      'answer 1',
      'answer 2',
      'reconnect 0',
      'reconnect 1',
    ])
  })

  test('offers phone payment while accepted: permanently only while connected, on demand also asleep', () => {
    const at = (name: At, admission: LinkState['admission']) => ({ ...firstLinkState(), at: name, admission })
    expect(states.filter((name) => isOffered(at(name, 'accepted'), 'permanent'))).toEqual(['accepted'])
    expect(states.filter((name) => isOffered(at(name, 'accepted'), 'onDemand'))).toEqual(states)
    expect(states.filter((name) => isOffered(at(name, 'rejected'), 'onDemand'))).toEqual([])
    expect(states.filter((name) => isOnline(at(name, undefined)))).toEqual([
      'accepted',
      'pending',
      'rejected',
    ])
  })
})
