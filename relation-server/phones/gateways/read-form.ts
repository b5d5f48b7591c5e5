// Reads a request as web forms are sent: a query, an urlencoded body, or a bare text. What the forms without
// signatures share, and where those with one begin.
import type { Fields, GatewayRequest, Read } from './gateway.ts'

/**
 * The query goes before the body; of a name that stands twice, the first. A body of plain text is the field
 * `text`.
 */
export function readForm(request: GatewayRequest): Read {
  const { target, body } = request
  const query = queryOf(target)
  if (body.length === 0) return { kind: 'fields', fields: firstOfEach(query) }
  const words = body.toString('utf8')
  switch (mediaTypeOf(request)) {
    case 'application/x-www-form-urlencoded':
      return { kind: 'fields', fields: firstOfEach([...query, ...new URLSearchParams(words)]) }
    case 'text/plain':
      return { kind: 'fields', fields: firstOfEach([...query, ['text', words]]) }
    default:
      return { kind: 'refused', status: 415, why: 'a form or plain text is read here' }
  }
}

export function queryOf(target: string): URLSearchParams {
  const at = target.indexOf('?')
  return new URLSearchParams(at === -1 ? '' : target.slice(at + 1))
}

export function mediaTypeOf({ headers }: GatewayRequest): string {
  return (headerOf(headers, 'content-type') ?? '').split(';')[0]?.trim().toLowerCase() ?? ''
}

/** Of a header that came twice, none: what it says is not sure. */
export function headerOf(headers: GatewayRequest['headers'], name: string): string | undefined {
  const value = headers[name]
  return typeof value === 'string' ? value : undefined
}

function firstOfEach(pairs: Iterable<readonly [string, string]>): Fields {
  const fields = new Map<string, string>()
  for (const [name, value] of pairs) if (!fields.has(name)) fields.set(name, value)
  return Object.fromEntries(fields)
}
