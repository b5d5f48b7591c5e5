// MQTT topics: `concilia/1/{partition}/{automaton}/...`. No personal data, at most seven levels. The
// partition lets servers share the machines on any broker later on.
import { hash } from 'node:crypto'
import { z } from 'zod'

export const automatonIdSchema = z.string().regex(/^[a-z0-9][a-z0-9-]{0,47}$/)
/** Painted on the machine and typed by buyers. */
export const machineNumberSchema = z.string().regex(/^[1-9][0-9]{2,7}$/)

export const partitions = 64

export const upChannels = [
  'birth',
  'offer',
  'code',
  'withdrawal',
  'outcome',
  'stored',
  'telemetry',
  'audit',
  'configuration',
] as const
export const downChannels = ['admission', 'instruction', 'stored', 'configuration'] as const
export type UpChannel = (typeof upChannels)[number]
export type DownChannel = (typeof downChannels)[number]

/** Looked up some twenty-five times in a sale, by broker and server. */
const known = new Map<string, number>()
const mostKnown = 20_000

/** Which of the 64 partitions an automaton belongs to: a hash of its id, so that nobody hands them out. */
export function partitionOf(automatonId: string): number {
  let partition = known.get(automatonId)
  if (partition === undefined) {
    partition = hash('sha256', automatonId, 'buffer').readUInt16BE(0) % partitions
    if (known.size === mostKnown) known.clear()
    known.set(automatonId, partition)
  }
  return partition
}

export function topicBase(automatonId: string): string {
  return `concilia/1/${partitionOf(automatonId)}/${automatonId}`
}

export const upTopic = (automatonId: string, channel: UpChannel) => `${topicBase(automatonId)}/up/${channel}`
export const downTopic = (automatonId: string, channel: DownChannel) =>
  `${topicBase(automatonId)}/down/${channel}`
export const downTopics = (automatonId: string) => `${topicBase(automatonId)}/down/+`
export const presenceTopic = (automatonId: string) => `${topicBase(automatonId)}/state/presence`

/** What a relation server subscribes to: every machine. */
export const allUpTopics = 'concilia/1/+/+/up/+'
export const allPresenceTopics = 'concilia/1/+/+/state/presence'

export type FromMachine =
  | { automatonId: string; channel: UpChannel }
  | { automatonId: string; channel: 'presence' }

/**
 * Who says what on a topic; undefined for any topic that is not a machine's own, wrong partition included.
 */
export function readTopic(topic: string): FromMachine | undefined {
  const match = /^concilia\/1\/(\d{1,2})\/([a-z0-9-]{1,48})\/(?:up\/([a-z]+)|state\/(presence))$/.exec(topic)
  if (!match) return undefined
  const [, partition, automatonId = '', channel, presence] = match
  if (Number(partition) !== partitionOf(automatonId)) return undefined
  if (presence) return { automatonId, channel: 'presence' }
  const up = upChannels.find((name) => name === channel)
  return up && { automatonId, channel: up }
}
