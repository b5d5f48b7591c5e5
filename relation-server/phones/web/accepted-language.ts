// Which language a visitor reads: the one asked for by a link, else the first of the browser's that we have.
import type { Language } from '../../sale-events.ts'
import type { Languages } from '../languages.ts'

/** @param accepted the header Accept-Language, of any form */
export function languageFor(
  asked: string | undefined,
  accepted: string | undefined,
  { names, fallback }: Pick<Languages, 'names' | 'fallback'>,
): Language {
  const wanted = (accepted ?? '')
    .slice(0, 500)
    .split(',')
    .map((each) => {
      const [tag = '', quality = 'q=1'] = each.trim().split(/\s*;\s*/)
      return { tag: tag.toLowerCase(), weight: Number(quality.replace(/^q=/, '')) || 0 }
    })
    .filter(({ weight }) => weight > 0)
    .sort((a, b) => b.weight - a.weight)
  for (const { tag } of [...(asked === undefined ? [] : [{ tag: asked }]), ...wanted]) {
    const found = names.find((name) => name === tag) ?? names.find((name) => tag.startsWith(`${name}-`))
    if (found !== undefined) return found
  }
  return fallback
}
