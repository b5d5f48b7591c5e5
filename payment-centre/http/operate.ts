// One request to the centre that was let in: its exact text to the operation's answer, or the answer that an
// error is. Knows nothing of connections and tokens; server.ts brings both, a simulated world its own.
import type { Log } from '@concilia/platform/log.ts'
import { OperatingError } from '@concilia/platform/operating-error.ts'
import { readExactJson } from '@concilia/protocol/exact-json.ts'
import { errorAnswer } from '../books/answers.ts'
import type { Centre, HttpAnswer, Operation } from './operations.ts'
import { DoorRefusal } from './refusal.ts'

/** A request of a client whose token allows this operation. */
export interface LetIn {
  readonly client: string
  /** Epoch ms. */
  readonly now: number
  /** Path and query, as asked. */
  readonly url: string
  /** The body's exact text: the key's hash and the amounts are read from it. */
  readonly text: string
  readonly query: unknown
  readonly params: Readonly<Record<string, string>>
}

/** Rejects with what {@link answerTo} makes an answer of. */
export async function operate(
  centre: Centre,
  operation: Operation,
  { client, now, url, text, query, params }: LetIn,
): Promise<HttpAnswer> {
  const { method } = operation
  // PostgreSQL keeps none; and in a record's JSON it could never be looked into again.
  if (text.includes('\\u0000') || url.includes('%00')) {
    throw new DoorRefusal('INVALID_ARGUMENT', 'There is a NUL in it. Leave it out and send it again.')
  }
  const body = method === 'POST' ? readExactJson(text) : undefined
  if (method === 'POST' && (typeof body !== 'object' || body === null)) {
    throw new DoorRefusal('INVALID_ARGUMENT', 'The body is not a JSON object.')
  }
  const bodyHash = () => centre.secrets.hash(`${method} ${url}\n${text}`)
  return await operation.handle(centre, { client, now, bodyHash, body, query, params })
}

/** Refused at the door, in doubt, or our own mistake: which of them decides what the client does next. */
export function answerTo(error: unknown, log: Log): HttpAnswer {
  if (error instanceof DoorRefusal) return errorAnswer(error.code, error.message)
  if (error instanceof OperatingError && error.code === 'queue-full') {
    return errorAnswer('TOO_MANY_REQUESTS', `${error.message} ${error.advice}`)
  }
  if (error instanceof OperatingError && error.retry) {
    log.warn({ err: error }, 'a request could not be answered now')
    return errorAnswer(
      'UNAVAILABLE',
      'The centre cannot answer now. Repeat the same request with the same key.',
    )
  }
  const status = error instanceof Error && 'statusCode' in error ? Number(error.statusCode) : 500
  if (status >= 400 && status < 500) {
    return errorAnswer(
      'INVALID_ARGUMENT',
      'The request is not in form, or too long. Send JSON as the document says.',
    )
  }
  log.error({ err: error }, 'a request failed by our own mistake')
  return errorAnswer('INTERNAL', 'The centre made a mistake. Repeat the same request with the same key.')
}
