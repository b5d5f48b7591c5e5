// Makes a database on any PostgreSQL whose superuser we are, with a role that alone may use it. The
// supervisor and the tests need it; a program never does: it is given the address of a database that is
// there.
import { createHmac } from 'node:crypto'
import pg from 'pg'
import { databaseError } from './database-error.ts'
import { describedUrl } from './database-url.ts'

/**
 * Makes a database, and a role that alone may use it; what exists is left as it is. The role's password
 * follows from the superuser's, so that nobody has to keep it.
 * @param template a database to copy, which nobody may be using
 * @returns the address for the program: as the role, or as the superuser when none is named
 */
export async function createDatabase(
  superuserUrl: string,
  name: string,
  role?: string,
  template?: string,
): Promise<string> {
  const where = describedUrl(superuserUrl)
  const address = new URL(superuserUrl)
  const client = new pg.Client({ connectionString: superuserUrl })
  client.on('error', () => {})
  try {
    await client.connect()
    const database = client.escapeIdentifier(name)
    // Two that make the same database at once: the second waits here and finds it made.
    await client.query(`select pg_advisory_lock(hashtext('concilia create database'))`)
    if (role !== undefined) {
      const password = createHmac('sha256', address.password).update(role).digest('base64url')
      const verb = (await exists(client, 'pg_roles', 'rolname', role)) ? 'alter' : 'create'
      const login = `login password ${client.escapeLiteral(password)}`
      await client.query(`${verb} role ${client.escapeIdentifier(role)} ${login}`)
      address.username = role
      address.password = password
    }
    if (!(await exists(client, 'pg_database', 'datname', name))) {
      const owner = role === undefined ? '' : ` owner ${client.escapeIdentifier(role)}`
      const copied = template === undefined ? '' : ` template ${client.escapeIdentifier(template)}`
      await client.query(`create database ${database}${owner}${copied}`)
    }
    await client.query(`revoke all on database ${database} from public`)
  } catch (error) {
    throw databaseError(where, error)
  } finally {
    await client.end()
  }
  address.pathname = `/${name}`
  return address.href
}

async function exists(client: pg.Client, catalogue: string, column: string, name: string): Promise<boolean> {
  return (await client.query(`select from ${catalogue} where ${column} = $1`, [name])).rowCount === 1
}
