// Which way a text goes out, when there are several: the first rule that fits the buyer and whose way is up,
// in the order of the configuration. Pure but for the sending itself.
import type { Subscriber } from '@concilia/protocol/subscriber.ts'
import { temporary } from './gateways/gateway.ts'
import type { TextSender } from './port.ts'

export interface RouteRule {
  /** Numbers that begin so; left out: all. */
  readonly prefix?: string | undefined
  /** Aliases of this carrier; left out: telephone numbers. */
  readonly realm?: string | undefined
  /** The name of a gateway or link. */
  readonly through: string
}

export interface Way {
  readonly name: string
  readonly sender: TextSender
  /** The carrier whose aliases it understands, if it has any. */
  readonly aliasRealm?: string | undefined
  /** Whether it can be sent on now; left out: nobody knows before trying. */
  readonly isUp?: () => boolean
}

/** The names of the ways that may carry a text to this subscriber, the best first. */
export function waysTo(
  subscriber: Subscriber,
  rules: readonly RouteRule[],
  ways: readonly Pick<Way, 'name' | 'aliasRealm'>[],
): readonly string[] {
  const ruled = rules.filter((rule) => fits(subscriber, rule)).map(({ through }) => through)
  if (ruled.length > 0) return ruled
  const realm = subscriber.realm === 'e164' ? undefined : subscriber.realm
  const speaking = ways.filter(({ aliasRealm }) => aliasRealm === realm)
  // A link of aliases reaches numbers as well, where nothing else does; an alias means nothing elsewhere.
  return (speaking.length > 0 || realm !== undefined ? speaking : ways).map(({ name }) => name)
}

function fits({ realm, key }: Subscriber, rule: RouteRule): boolean {
  return realm === (rule.realm ?? 'e164') && key.startsWith(rule.prefix ?? '')
}

/** One sender for all ways. When none that fits is up, the first of them is tried: it says why not. */
export function routedSender(rules: readonly RouteRule[], ways: readonly Way[]): TextSender {
  const byName = new Map(ways.map((way) => [way.name, way]))
  return {
    async send(text) {
      const fitting = waysTo(text.subscriber, rules, ways).flatMap((name) => byName.get(name) ?? [])
      const way = fitting.find(({ isUp }) => isUp?.() ?? true) ?? fitting[0]
      return way ? await way.sender.send(text) : temporary('no way leads there')
    },
    async close() {
      await Promise.all(ways.map(({ sender }) => sender.close()))
    },
  }
}
