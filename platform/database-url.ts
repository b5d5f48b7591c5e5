// A database's address as programs are given it. Checked before any connection, so that a person reads what
// is wrong with it instead of what a driver made of it.
import { OperatingError } from './operating-error.ts'

const example = 'postgres://ROLE:PASSWORD@HOST:5432/DATABASE'

/** @returns the address without credentials, for messages: `postgres at host:5432/database` */
export function describedUrl(url: string | undefined): string {
  if (!url) {
    throw new OperatingError({
      code: 'database-url-missing',
      message: 'No database is named.',
      advice: `Set DATABASE_URL to ${example}.`,
    })
  }
  const parsed = URL.canParse(url) ? new URL(url) : undefined
  if (!parsed || !['postgres:', 'postgresql:'].includes(parsed.protocol) || parsed.pathname.length < 2) {
    throw new OperatingError({
      code: 'database-url-unreadable',
      message: 'The address of the database cannot be read.',
      advice: `It has the form ${example}; write special characters of the password as %40 and so on.`,
    })
  }
  const host = parsed.searchParams.get('host') ?? parsed.hostname
  return `postgres at ${host}:${parsed.port || '5432'}${parsed.pathname}`
}
