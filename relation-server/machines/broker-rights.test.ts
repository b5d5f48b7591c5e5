import { downTopic, partitionOf, presenceTopic, topicBase, upTopic } from '@concilia/protocol/topics.ts'
import { describe, expect, test } from 'vitest'
import {
  type Holder,
  holderOf,
  mayPublish,
  mayRetain,
  maySubscribe,
  serverUsername,
} from './broker-rights.ts'

const machine: Holder = { role: 'automaton', automatonId: 'a-1' }
const server: Holder = { role: 'relation-server' }
const otherPartition = `concilia/1/${(partitionOf('a-1') + 1) % 64}/a-1`

describe('who somebody is', () => {
  const plain = { clientId: 'a-1', username: 'a-1', passwordIsTheServers: false, certificate: undefined }
  const certificate = { id: 'a-1', role: 'automaton' }

  test('on a plain connection a machine is who it says', () => {
    expect(holderOf(plain)).toEqual(machine)
    expect(holderOf({ ...plain, username: undefined })).toEqual(machine)
    expect(holderOf({ ...plain, username: 'a-2' })).toBeUndefined()
    expect(holderOf({ ...plain, clientId: 'A 1', username: 'A 1' })).toBeUndefined()
  })

  test('with a certificate it is who the certificate says', () => {
    expect(holderOf({ ...plain, certificate })).toEqual(machine)
    expect(holderOf({ ...plain, certificate: { ...certificate, id: 'a-2' } })).toBeUndefined()
    expect(holderOf({ ...plain, certificate: { ...certificate, role: 'relation-server' } })).toBeUndefined()
  })

  test('a server has the password and, over TLS, the certificate of a server', () => {
    const introduced = { ...plain, clientId: 's', username: serverUsername, passwordIsTheServers: true }
    expect(holderOf(introduced)).toEqual(server)
    expect(holderOf({ ...introduced, passwordIsTheServers: false })).toBeUndefined()
    expect(holderOf({ ...introduced, certificate })).toBeUndefined()
    expect(holderOf({ ...introduced, certificate: { id: 's', role: 'relation-server' } })).toEqual(server)
  })

  test('no machine can be named as the servers are', () => {
    expect(holderOf({ ...plain, clientId: serverUsername, username: undefined })).toBeUndefined()
  })
})

describe('a machine', () => {
  test.each([upTopic('a-1', 'offer'), upTopic('a-1', 'birth'), presenceTopic('a-1')])(
    'publishes %s',
    (topic) => {
      expect(mayPublish(machine, topic)).toBe(true)
    },
  )

  test.each([
    upTopic('a-2', 'offer'),
    presenceTopic('a-2'),
    downTopic('a-1', 'instruction'),
    `${otherPartition}/up/offer`,
    `${topicBase('a-1')}/up/other`,
    `${topicBase('a-1')}/up/offer/more`,
    '$SYS/broker/clients',
    'concilia/refused',
    '',
  ])('does not publish %s', (topic) => {
    expect(mayPublish(machine, topic)).toBe(false)
  })

  test.each([`${topicBase('a-1')}/down/+`, downTopic('a-1', 'instruction')])('reads %s', (filter) => {
    expect(maySubscribe(machine, filter)).toBe(true)
  })

  test.each([
    '#',
    '+/#',
    '$SYS/#',
    '$share/group/concilia/1/+/+/up/+',
    `${topicBase('a-1')}/#`,
    `${topicBase('a-1')}/up/+`,
    `${topicBase('a-2')}/down/+`,
    `${otherPartition}/down/+`,
    'concilia/1/+/a-1/down/+',
    `concilia/1/${partitionOf('a-1')}/+/down/+`,
    'concilia/refused',
  ])('does not read %s', (filter) => {
    expect(maySubscribe(machine, filter)).toBe(false)
  })
})

describe('a server', () => {
  test('speaks to every machine and hears every machine, and nothing else', () => {
    expect(mayPublish(server, downTopic('a-1', 'instruction'))).toBe(true)
    expect(mayPublish(server, downTopic('a-2', 'stored'))).toBe(true)
    expect(mayPublish(server, `${otherPartition}/down/instruction`)).toBe(false)
    expect(mayPublish(server, upTopic('a-1', 'offer'))).toBe(false)
    expect(mayPublish(server, presenceTopic('a-1'))).toBe(false)
    expect(maySubscribe(server, 'concilia/1/+/+/up/+')).toBe(true)
    expect(maySubscribe(server, 'concilia/1/+/+/state/presence')).toBe(true)
    expect(maySubscribe(server, '#')).toBe(false)
    expect(maySubscribe(server, 'concilia/1/+/+/down/+')).toBe(false)
  })
})

test('only presence is retained', () => {
  expect(mayRetain(presenceTopic('a-1'))).toBe(true)
  expect(mayRetain(upTopic('a-1', 'offer'))).toBe(false)
  expect(mayRetain(downTopic('a-1', 'instruction'))).toBe(false)
})
