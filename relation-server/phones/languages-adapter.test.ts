// Adding a language is adding a file, and one that would mislead a buyer does not start: each thing that can
// be wrong with a file, and what is said about it.
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { OperatingError } from '@concilia/platform/operating-error.ts'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { readLanguages } from './languages-adapter.ts'

const own = join(import.meta.dirname, 'languages')
const house = { serviceName: 'Concilia', helpNumber: '3600' }

let folder: string
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'languages-'))
  cpSync(own, folder, { recursive: true })
})
afterEach(() => rmSync(folder, { recursive: true }))

/** The French file with one change. */
function changed(from: string | RegExp, to: string, name = 'fr'): void {
  const text = readFileSync(join(own, 'fr.toml'), 'utf8')
  const other = text.replace(from, to)
  expect(other).not.toBe(text)
  writeFileSync(join(folder, `${name}.toml`), other)
}

function refusal(fallback = 'en'): OperatingError {
  try {
    readLanguages(fallback, folder)
  } catch (error) {
    if (error instanceof OperatingError) return error
    throw error
  }
  throw new Error('nothing was refused')
}

test('one more file is one more language, words of it that nobody else has tell it', () => {
  changed(/"oui"/, '"ouais"', 'ch')
  const text = readFileSync(join(folder, 'ch.toml'), 'utf8').replace('OUI {code}', 'OUAIS {code}')
  writeFileSync(join(folder, 'ch.toml'), text)
  const languages = readLanguages('fr', folder)
  expect(languages.names).toEqual(['ch', 'en', 'fr'])
  expect(languages.read('ouais 7384')).toEqual({ kind: 'consent', code: '7384', language: 'ch' })
  expect(languages.read('payer 4021')).toEqual({ kind: 'identify', machineNumber: '4021' })
})

test('a buyer whose language is gone is spoken to in the configured one', () => {
  const languages = readLanguages('fr', folder)
  expect(languages.say({ kind: 'stopped' }, 'tlh', 'text', house)).toMatch(/vous ne recevrez plus/)
})

test('a language of other letters has other limits, which count for its screens too', () => {
  changed('locale = "fr-FR"\n', 'locale = "fr-FR"\nalphabet = "ucs2"\n')
  expect(refusal().message).toMatch(/text\.price .* of 70 characters/)
  changed('locale = "fr-FR"\n', 'locale = "fr-FR"\nalphabet = "ucs2"\nmostParts = 3\n')
  expect(refusal().message).not.toMatch(/text\.price/)
  expect(refusal().message).toMatch(/screen\.priceMenu .* of 80 characters/)
})

describe('refused, and said where', () => {
  test.each<[string, string | RegExp, string, RegExp]>([
    ['a sentence that is missing', /^tooLate = "Machine.*\n/m, '', /text\.tooLate is missing/],
    ['a key that is none', 'tooLate = "M', 'toolate = "M', /unknown key text\.toolate; did you mean tooLate/],
    ['a refusal without its reason', /^notEnough.*\n/m, '', /declined\.notEnough is missing/],
    ['an unknown placeholder', 'sont payés', 'sont {paid}', /text\.paying .*\{paid\} is not known here/],
    ['one that is for others', 'sont payés', 'sont {code}', /\{code\} is not known .* may name \{machine\}/],
    ['a price that names none', '{price} TTC. ', 'un euro. ', /text\.price .* it must name \{price\}/],
    ['a text too long', 'délai dépassé. Rien', `${'très '.repeat(20)}tard. Rien`, /of 160 characters/],
    ['a letter that no phone has', 'Merci. La', 'Merci ☺x. La', /text\.paying .* no phone of this alphabet/],
    ['a menu without its lines', '\\n{figure} Payer', '. {figure} Payer', /priceMenu .* begin with "9 "/],
    ['a screen without a way back', 'machine\\n0 Annuler"', 'machine"', /screen\.askMachineNumber .* "0 "/],
    ['a yes that is not read', '["oui"]', '["ouais"]', /text\.price .* a word of words\.yes/],
    ['several words for one', '["arret"]', '["stop SMS"]', /words\.stop\.0 .* expected one word/],
    ['no language at all', '"fr-FR"', '"no such"', /locale .* expected a language tag/],
  ])('%s', (_, from, to, message) => {
    changed(from, to)
    const error = refusal()
    expect(error.code).toBe('configuration-invalid')
    expect(error.message).toContain(join(folder, 'fr.toml'))
    expect(error.message).toMatch(message)
  })

  test('a fallback that is not there', () => {
    const error = refusal('de')
    expect(error.code).toBe('languages-contradict')
    expect(error.message).toContain('there is no language "de", only en, fr')
  })

  test('one word that means two things', () => {
    changed('["non", "annuler"]', '["non", "annuler", "yes"]')
    expect(refusal().message).toContain('"yes" means "no" in fr, but "yes" in en')
  })
})
