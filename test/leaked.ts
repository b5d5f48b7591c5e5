// Looks for telephone numbers and secrets in whatever was written down: as typed, grouped, without the
// country, escaped for a URL, in hexadecimal or base64. Finds; asserts nothing.

/** @returns the lines that tell one, shortened */
export function leaked(text: string, numbers: readonly string[], secrets: readonly string[] = []): string[] {
  const patterns = [
    ...numbers.flatMap(formsOf),
    ...secrets.flatMap((secret) => [literal(secret), ...encoded(secret)]),
  ]
  const wanted = new RegExp(patterns.join('|'))
  return text.split('\n').flatMap((line) => {
    const at = line.search(wanted)
    return at < 0 ? [] : [line.slice(Math.max(0, at - 120), at + 60)]
  })
}

/** The last nine figures are the number in every form; between them there may be what people put there. */
function formsOf(number: string): string[] {
  const significant = number.replace(/\D/g, '').slice(-9)
  return [[...significant].join('[ .()/_-]{0,2}'), ...encoded(number), ...encoded(significant)]
}

function encoded(text: string): string[] {
  const bytes = Buffer.from(text)
  // In base64 a text looks otherwise at each of three places; its ends may be mixed with its neighbours'.
  const base64 = [0, 1, 2].map((before) => {
    const letters = Buffer.concat([Buffer.alloc(before), bytes]).toString('base64url')
    return literal(
      letters.slice(before === 0 ? 0 : before + 1, Math.floor(((before + bytes.length) * 8) / 6)),
    )
  })
  return [bytes.toString('hex'), ...base64]
}

const literal = (text: string) => text.replace(/[^\w]/g, '\\$&')
