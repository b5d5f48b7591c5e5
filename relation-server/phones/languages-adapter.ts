// Reads the language files, once at start. Adding a language is adding a file: its name is the language's.
import { readdirSync } from 'node:fs'
import { basename, join } from 'node:path'
import { readConfiguration } from '@concilia/platform/configuration.ts'
import { OperatingError } from '@concilia/platform/operating-error.ts'
import type { Language } from '../sale-events.ts'
import { type LanguageFile, languageSchema } from './language-file.ts'
import { Languages } from './languages.ts'

const ownFolder = join(import.meta.dirname, 'languages')

/**
 * @param fallback the language spoken to a buyer who has not shown another one
 * @throws OperatingError that names file and key when a sentence is missing, too long or names what it may
 *   not; `languages-contradict` when the files do not go together, or lack the fallback
 */
export function readLanguages(fallback: Language, folder = ownFolder): Languages {
  const files = readdirSync(folder).filter((file) => file.endsWith('.toml'))
  const languages = new Map<Language, LanguageFile>(
    files
      .sort()
      .map((file) => [basename(file, '.toml'), readConfiguration(languageSchema, join(folder, file))]),
  )
  try {
    return new Languages(languages, fallback)
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : String(cause)
    throw new OperatingError({
      code: 'languages-contradict',
      message: `The languages of buyers do not go together: ${why}.`,
      advice: `Correct the files in ${folder}, or phones.language in the configuration.`,
      cause,
    })
  }
}
