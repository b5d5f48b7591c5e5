// What must never reach a log, a terminal or an error text: telephone numbers and secrets. Pure; log.ts
// applies it to every line, so that no single call has to remember it.

/** `+33612345678`, also percent-encoded or with spaces; six digits are already enough to find a person. */
const international = /(?:\+|%2B)([1-9](?:[ -]?\d){4,14})(?!\d)/gi
/** Nine to fifteen bare digits after a word that says they are somebody's number. */
const names = 'from|to|phone|phone_?number|msisdn|sender|recipient|subscriber'
const named = new RegExp(`\\b((?:${names})["'\\\\]*(?:\\s*[:=]\\s*|\\s+)["'\\\\]*)(\\d{9,15})(?!\\d)`, 'gi')
/** The word PASSWORD itself stands in our own advice. */
const urlPassword = /(:\/\/[^\s/:@]*:)(?!PASSWORD@)[^\s/@]+@/g
const bearer = /\b(Bearer|Basic)\s+[\w.~+/=-]{6,}/gi
/** The database layer repeats a statement's parameters, hence buyers' numbers, in its error text. */
const statementParameters = /\bparams: [\s\S]*?(?=\n\s+at |$)/g

const secretName =
  /pass(?:word|phrase)|secret|token|authori[sz]ation$|api[-_]?key|pepper|cookie|private[-_]?key/i

const hidden = '•••••'

/** Without any of these nothing of the above is in a text: nearly all are, and are looked through once. */
const suspicious = /\+|%2B|\d{9}|:\/\/|Bearer|Basic|\bparams: /i

/** A text without telephone numbers, passwords in URLs, or bearer tokens. */
export function redactedText(text: string): string {
  return suspicious.test(text) ? thoroughlyRedacted(text) : text
}

/** The same, without the look beforehand; apart for the test that they agree. */
export function thoroughlyRedacted(text: string): string {
  return text
    .replace(statementParameters, `params: ${hidden}`)
    .replace(urlPassword, `$1${hidden}@`)
    .replace(bearer, `$1 ${hidden}`)
    .replace(international, (_, digits: string) => `+${masked(digits.replace(/[ -]/g, ''))}`)
    .replace(named, (_, name: string, digits: string) => `${name}${masked(digits)}`)
}

function masked(digits: string): string {
  return `${digits.slice(0, 2)}${hidden}${digits.length > 6 ? digits.slice(-3) : ''}`
}

/** A copy fit for a log: secrets by name hidden, errors as data, nothing deeper than six levels. */
export function redactedValue(value: unknown, depth = 0): unknown {
  if (typeof value === 'string') return redactedText(value)
  if (typeof value === 'bigint') return String(value)
  if (typeof value !== 'object' || value === null) return value
  if (depth >= 6) return '[deeper]'
  if (value instanceof Error) return redactedError(value, depth)
  if (value instanceof Date) return value.toISOString()
  if (ArrayBuffer.isView(value)) return `[${value.byteLength} bytes]`
  if (Array.isArray(value)) return value.map((item) => redactedValue(item, depth + 1))
  return Object.fromEntries(
    Object.entries(value).map(([name, item]) => [
      name,
      secretName.test(name) && item !== undefined && item !== null
        ? hidden
        : redactedNamed(name, item, depth + 1),
    ]),
  )
}

/** Numbers may stand without `+` where the name says what they are. */
function redactedNamed(name: string, item: unknown, depth: number): unknown {
  if (Array.isArray(item)) return item.map((each) => redactedNamed(name, each, depth + 1))
  const digits = typeof item === 'number' || typeof item === 'string' ? `${name}=${item}` : undefined
  if (digits === undefined || !suspicious.test(digits)) return redactedValue(item, depth)
  const safe = redactedText(digits)
  return safe === digits ? redactedValue(item) : safe.slice(name.length + 1)
}

/**
 * Only what we wrote ourselves: a driver's own fields may carry parameters, so of those only the code is
 * kept.
 */
function redactedError(error: Error, depth: number): object {
  const { name, message, stack, cause } = error
  const own = error as { code?: unknown; advice?: unknown; retry?: unknown }
  return {
    name,
    message: redactedText(message),
    ...(typeof own.code === 'string' && { code: own.code }),
    ...(typeof own.advice === 'string' && { advice: redactedText(own.advice) }),
    ...(typeof own.retry === 'boolean' ? { retry: own.retry } : { stack: redactedText(stack ?? '') }),
    ...(cause !== undefined && { cause: redactedValue(cause, depth + 1) }),
  }
}
