// Who may do what on the embedded broker (architecture, section 7): a machine publishes below its own `up/`
// and `state/` and reads its own `down/`; a relation server the other way round, for all machines. Pure;
// nothing else is allowed to anybody.
import {
  allPresenceTopics,
  allUpTopics,
  automatonIdSchema,
  downChannels,
  downTopic,
  downTopics,
  readTopic,
} from '@concilia/protocol/topics.ts'

export type Holder = { role: 'automaton'; automatonId: string } | { role: 'relation-server' }

/** Cannot be an automaton id, so that no machine is ever taken for a server. */
export const serverUsername = 'server:relation'

export interface Introduction {
  readonly clientId: string
  readonly username: string | undefined
  readonly passwordIsTheServers: boolean
  /** Common name and role of the certificate that TLS has checked; undefined on a plain connection. */
  readonly certificate: { readonly id: string; readonly role: string } | undefined
}

/** On a plain connection, which is from this very machine, an automaton is who it says it is. */
export function holderOf(introduction: Introduction): Holder | undefined {
  const { clientId, username, passwordIsTheServers, certificate } = introduction
  if (username === serverUsername) {
    const wrongParty = certificate && certificate.role !== 'relation-server'
    return passwordIsTheServers && !wrongParty ? { role: 'relation-server' } : undefined
  }
  if (username !== undefined && username !== clientId) return undefined
  if (certificate && (certificate.role !== 'automaton' || certificate.id !== clientId)) return undefined
  return automatonIdSchema.safeParse(clientId).success
    ? { role: 'automaton', automatonId: clientId }
    : undefined
}

export function mayPublish(holder: Holder, topic: string): boolean {
  if (holder.role === 'automaton') return readTopic(topic)?.automatonId === holder.automatonId
  const automatonId = topic.split('/')[3] ?? ''
  return downChannels.some((channel) => topic === downTopic(automatonId, channel))
}

/** Only presence outlives its publishing: an offer or an instruction met later would be a stale one. */
export function mayRetain(topic: string): boolean {
  return readTopic(topic)?.channel === 'presence'
}

export function maySubscribe(holder: Holder, filter: string): boolean {
  if (holder.role === 'relation-server') return filter === allUpTopics || filter === allPresenceTopics
  const { automatonId } = holder
  return (
    filter === downTopics(automatonId) ||
    downChannels.some((channel) => filter === downTopic(automatonId, channel))
  )
}
