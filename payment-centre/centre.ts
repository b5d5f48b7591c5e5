// The parts of a payment centre, put together from its configuration: for the server and for the operator's
// commands alike, so that a top-up goes through the same books and locks as a payment.
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { assertLimits, readConfiguration, requiredEnvironment } from '@concilia/platform/configuration.ts'
import { clockWasSet, DatabaseClock } from '@concilia/platform/database-clock.ts'
import { type Identity, readIdentity } from '@concilia/platform/identity.ts'
import { type Log, makeLog } from '@concilia/platform/log.ts'
import { migrate } from '@concilia/platform/migrate.ts'
import { OperatingError } from '@concilia/platform/operating-error.ts'
import { systemClock } from '@concilia/platform/system-clock.ts'
import { systemRandom } from '@concilia/platform/system-random.ts'
import type { Clock } from '@concilia/protocol/clock.ts'
import { codeSender } from './code-sender-adapter.ts'
import { type CentreConfiguration, centreConfigurationSchema } from './configuration.ts'
import { Engine } from './engine.ts'
import { readKeyFile } from './key-file-adapter.ts'
import { Secrets } from './secrets.ts'
import type { CentreStore } from './store/port.ts'
import { openPostgresStore } from './store/postgres-store-adapter.ts'

export const migrationsFolder = join(import.meta.dirname, 'store', 'migrations')

export interface OpenCentre {
  readonly configuration: CentreConfiguration
  readonly identity: Identity
  readonly log: Log
  readonly store: CentreStore
  readonly engine: Engine
  readonly secrets: Secrets
  readonly clock: Clock
  /** Lets what is under way end. */
  close(): Promise<void>
}

/** @throws OperatingError for whatever a person has to put right */
export async function openCentre(file: string): Promise<OpenCentre> {
  const configuration = readConfiguration(centreConfigurationSchema, file)
  assertLimits(configuration.limits, file)
  const identity = readIdentity(configuration.identity)
  assertRole(identity, configuration.identity)
  const url = requiredEnvironment(
    'DATABASE_URL',
    'postgres://ROLE:PASSWORD@HOST:5432/DATABASE of the payment centre',
  )
  await migrate(url, migrationsFolder)
  const store = await openPostgresStore(url)
  try {
    const log = makeLog('payment-centre', { level: configuration.logLevel })
    const hasAccounts = !existsSync(configuration.keyFile) && (await store.balances('buyer:')).length > 0
    const secrets = new Secrets(readKeyFile(configuration.keyFile, hasAccounts, systemRandom), systemRandom)
    const clock = await DatabaseClock.start({
      own: systemClock,
      ask: () => store.now(),
      newest: () => store.newestAt(),
      jumped: (byMs) => log.warn(clockWasSet(byMs)),
    })
    const engine = engineOf(configuration, identity, store, secrets, clock, log)
    const close = async () => {
      clock.stop()
      await engine.idle()
      await store.close()
    }
    return { configuration, identity, log, store, engine, secrets, clock, close }
  } catch (error) {
    await store.close()
    throw error
  }
}

function engineOf(
  { caps, codes, limits, longestQueue }: CentreConfiguration,
  { signer }: Identity,
  store: CentreStore,
  secrets: Secrets,
  clock: Clock,
  log: Log,
): Engine {
  return new Engine({
    store,
    clock,
    random: systemRandom,
    secrets,
    signer,
    settings: {
      caps,
      holdMs: limits.holdMs,
      silenceMs: limits.silenceMs,
      ...(codes ? { validation: codes } : {}),
    },
    longestQueue,
    tell: ({ words, ...fields }) => log.info(fields, words),
    sendText: codes ? codeSender(codes, log) : () => {},
    nextTurn: () => new Promise((turned) => setImmediate(turned)),
  })
}

function assertRole({ role }: Identity, folder: string): void {
  if (role === 'payment-centre') return
  throw new OperatingError({
    code: 'identity-of-another-role',
    message: `The certificate in ${folder} is for the role ${role}.`,
    advice: 'Name the folder of the identity that was enrolled for the payment centre.',
  })
}
