// JSON whose amounts keep their decimal text. CAMARA writes amounts as JSON numbers; read the ordinary way
// 0.35 would pass through a binary fraction. Here a number under the key `amount` is read as its own digits
// and written from them.

/** What Node.js 24 knows of JSON and the compiler's library does not yet. */
interface ExactJson {
  parse(
    text: string,
    reviver: (key: string, value: unknown, context: { source?: string }) => unknown,
  ): unknown
  rawJSON(text: string): unknown
}
const json: ExactJson = JSON as unknown as ExactJson

const amountKeys: ReadonlySet<string> = new Set(['amount', 'taxAmount'])

const key = '"(?:amount|taxAmount)"\\s*:\\s*'
/** As JSON has them, up to what may follow one in an object. */
const number = '-?(?:0|[1-9]\\d*)(?:\\.\\d+)?(?:[eE][+-]?\\d+)?(?=[\\s,}])'
const amounts = new RegExp(`(${key})(${number})`, 'g')
/** Where such a key may be written otherwise or stand within a text, or has no number. */
const unusual = new RegExp(`\\\\|${key}(?!\\s|${number})`)

/**
 * Amounts become texts before the text is parsed: a reviver is asked about every value, which costs four
 * times the parsing.
 * @returns the parsed text, each amount as decimal text such as `1.50`; undefined when it is no JSON. An
 *   amount that is not a number on the wire is left out, so that the schema reports it missing.
 */
export function readExactJson(text: string): unknown {
  try {
    return unusual.test(text) ? readUnusual(text) : JSON.parse(text.replace(amounts, '$1"$2"'))
  } catch {
    return undefined
  }
}

function readUnusual(text: string): unknown {
  return json.parse(text, (key, value, { source }) => {
    if (!amountKeys.has(key)) return value
    return typeof value === 'number' ? source : undefined
  })
}

/**
 * The same value gives the same bytes. Each amount is decimal text and becomes a JSON number with those
 * digits.
 */
export function writeExactJson(value: unknown): string {
  return JSON.stringify(value, (key, inner: unknown) =>
    amountKeys.has(key) && typeof inner === 'string' ? json.rawJSON(inner) : inner,
  )
}
