// Links that bring a phone to a machine in one touch, for stickers (QR) and tags (NFC): one opens its page,
// one the messages with the text ready, one dials. Which of them there are follows from the configuration.

export interface MachineLink {
  readonly kind: 'page' | 'text' | 'dial'
  readonly url: string
  /** The ways of the configuration that hear it. */
  readonly ways: readonly string[]
}

/** One way in, as far as links go. */
export interface WayIn {
  readonly name: string
  /** What buyers text to; letters take no answer, so they are no way in. */
  readonly sender: string
  /** `*123#` */
  readonly ussdCode?: string | undefined
}

/** What a configuration offers to phones. */
export interface Offered {
  readonly ways: readonly WayIn[]
  /** Where machines' pages are, such as `https://pay.example.org`; left out: there are none. */
  readonly pageOrigin?: string | undefined
}

/**
 * @param payWord the first word of a text that names a machine, such as `PAY`
 * @returns the page, then one link a short code and one a dialled code, in the order of the configuration
 */
export function machineLinks(
  machineNumber: string,
  { ways, pageOrigin }: Offered,
  payWord: string,
): MachineLink[] {
  const page = { kind: 'page' as const, url: `${pageOrigin}/m/${machineNumber}`, ways: ['web'] }
  const links: MachineLink[] = ways.flatMap(({ name, sender, ussdCode }) => [
    ...(/^\+?\d{3,15}$/.test(sender)
      ? [{ kind: 'text' as const, url: textUrl(sender, `${payWord} ${machineNumber}`), ways: [name] }]
      : []),
    ...(ussdCode === undefined
      ? []
      : [{ kind: 'dial' as const, url: dialUrl(ussdCode, machineNumber), ways: [name] }]),
  ])
  return Map.groupBy(pageOrigin === undefined ? links : [page, ...links], ({ url }) => url)
    .values()
    .map((same) => ({ ...same[0], ways: same.flatMap(({ ways: each }) => each) }) as MachineLink)
    .toArray()
}

/**
 * iPhones want the text after `&`, RFC 5724 and Android after `?`: with both, each finds it. Spaces as `%20`,
 * because a plus sign stays one here.
 */
function textUrl(to: string, words: string): string {
  return `sms:${to}?&body=${encodeURIComponent(words)}`
}

/** `*123#` and 4021: the deep code `*123*4021#`, whose `#` would begin a fragment. */
function dialUrl(code: string, machineNumber: string): string {
  return `tel:${code.replace(/#$/, `*${machineNumber}#`).replaceAll('#', '%23')}`
}
