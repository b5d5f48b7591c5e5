// MDB blocks in words, for people who look at a bus: the standard's name of a message and its fields.
import type { Section } from './section.ts'

/** `VEND REQUEST: price 150, item 5` */
export function messageWords(section: Section, kind: 'commands' | 'answers', message: object): string {
  const { name, ...fields } = message as { name: string } & Record<string, unknown>
  const about = section[kind][name]?.about ?? name
  const words = Object.entries(fields).map(([field, value]) => `${spaced(field)} ${valueWords(value)}`)
  return words.length === 0 ? about : `${about}: ${words.join(', ')}`
}

/** `paymentType` as `payment type`. */
function spaced(name: string): string {
  return name.replace(/[A-Z]/g, (letter) => ` ${letter.toLowerCase()}`)
}

function valueWords(value: unknown): string {
  if (typeof value === 'string') return value.trim() === '' ? '""' : value.trim()
  return typeof value === 'object' ? JSON.stringify(value) : String(value)
}
