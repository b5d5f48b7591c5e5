// Hands texts to a gateway over HTTP: one pool of kept-alive connections, one attempt a call, bounded in
// time. A time limit passed is `temporary`: the text may then arrive twice, which its reader can bear;
// silence would be worse.
import { Pool } from 'undici'
import { exchange } from '../http-exchange-adapter.ts'
import { final, type Sending, temporary } from './gateways/gateway.ts'
import type { TextSender } from './port.ts'
import { mayBeTexted } from './sender-number.ts'

const longestAnswer = 16_384

/** @param timeoutMs of one attempt, connection included */
export function textSender(sending: Sending, timeoutMs: number): TextSender {
  const pool = new Pool(sending.origin, {
    connections: 8,
    keepAliveTimeout: 30_000,
    maxResponseSize: longestAnswer,
  })
  return {
    async send(text) {
      if (!mayBeTexted(text.subscriber)) return final('not a number we text')
      const limit = new AbortController()
      const timer = setTimeout(() => limit.abort(), timeoutMs)
      try {
        const answer = await exchange(pool, sending.request(text, Date.now()), limit.signal)
        return sending.result(answer.status, answer.text)
      } catch (cause) {
        return temporary(limit.signal.aborted ? 'TimeoutError' : codeOf(cause))
      } finally {
        clearTimeout(timer)
      }
    },
    close: () => pool.destroy(),
  }
}

/** Only the code: the message of a driver's error may hold the URL, and with it number and text. */
function codeOf(cause: unknown): string {
  if (cause instanceof Error && 'code' in cause && typeof cause.code === 'string') return cause.code
  return cause instanceof Error ? cause.name : 'unknown'
}
