// The relation server's composition root: command line and configuration in, the real store, broker, gateways
// and payment centre put together, or one command on the books. The only place that knows which adapters are
// used.
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { usageError } from '@concilia/platform/command-line.ts'
import { assertLimits, readConfiguration, requiredEnvironment } from '@concilia/platform/configuration.ts'
import { clockWasSet, DatabaseClock } from '@concilia/platform/database-clock.ts'
import { readIdentity } from '@concilia/platform/identity.ts'
import { makeLog } from '@concilia/platform/log.ts'
import { OperatingError } from '@concilia/platform/operating-error.ts'
import { readLine } from '@concilia/platform/read-line.ts'
import { runMain } from '@concilia/platform/run-main.ts'
import { systemClock } from '@concilia/platform/system-clock.ts'
import { systemRandom } from '@concilia/platform/system-random.ts'
import { machineConfigurationSchema } from '@concilia/protocol/machine-configuration.ts'
import { uuidFrom } from '@concilia/protocol/random.ts'
import { commandFlags } from './command-parts.ts'
import { type CommandName, commands, runCommand } from './commands.ts'
import { serverConfigurationSchema } from './configuration.ts'
import { Engine } from './engine/engine.ts'
import type { Settings } from './engine/world.ts'
import { readLanguages } from './phones/languages-adapter.ts'
import { offeredTo } from './phones/offered.ts'
import { voiceRulesOf } from './phones/voice/configuration.ts'
import { VoiceCodes } from './phones/voice/voice-codes.ts'
import { presencePolicy } from './presence-policy.ts'
import { makeSaleChart } from './sale-chart.ts'
import { secretFrom } from './secret-file.ts'
import { openPostgresStore } from './store/postgres-store.ts'
import { SubscriberVault } from './subscriber-vault.ts'

const description = {
  program: 'relation-server',
  summary: 'brings machines and phones together, has the payment authorised, and sees the sale to its end',
  usage: [
    'DATABASE_URL=postgres://... node relation-server/main.ts --config FILE',
    'DATABASE_URL=postgres://... node relation-server/main.ts COMMAND --config FILE ...',
  ],
  flags: {
    config: { value: 'FILE', says: 'the configuration; example.toml beside main.ts explains every key' },
    ...commandFlags,
  },
  commands,
} as const

await runMain(description, async ({ command, flags }) => {
  if (flags.config === undefined) throw usageError(description, '--config FILE is needed')
  const configuration = readConfiguration(serverConfigurationSchema, flags.config)
  assertLimits(configuration.limits, flags.config)
  const url = requiredEnvironment(
    'DATABASE_URL',
    'postgres://ROLE:PASSWORD@HOST:5432/DATABASE of the relation server',
  )
  const identity = readIdentity(configuration.identity)
  if (identity.role !== 'relation-server') {
    throw new OperatingError({
      code: 'identity-of-another-role',
      message: `The certificate in ${configuration.identity} is for the role ${identity.role}.`,
      advice: "Name the folder of the relation server's own identity.",
    })
  }
  const { sales, limits, phones } = configuration
  const random = systemRandom
  const secret = secretFrom(configuration.subscriberKeyFile, random)
  const vault = new SubscriberVault(secret, random)
  const settings: Settings = {
    limits,
    chart: makeSaleChart(limits),
    charge: sales.charge,
    rootPem: identity.rootPem,
    invitation: sales.invitation,
    proof: sales.proof,
    presence: presencePolicy(sales.presence, vault),
    remembersBuyers: configuration.phones.simSwap?.firstPurchase ?? false,
    unknownCap: { machine: sales.unknownCapMachine, subscriber: sales.unknownCapSubscriber },
  }
  const log = makeLog('relation-server', { level: command === '' ? configuration.logLevel : 'warn' })
  const store = await openPostgresStore(url, systemClock)
  const clock = await DatabaseClock.start({
    own: systemClock,
    ask: () => store.now(),
    newest: () => store.newestAt(),
    jumped: (byMs) => log.warn(clockWasSet(byMs)),
  })
  if (command !== '') {
    const engine = new Engine({ store, settings, clock, random, log, letOut: () => {} })
    try {
      const print = (line: string) => console.log(line)
      await runCommand(command as CommandName, flags, {
        store,
        engine,
        limits,
        checkDigit: configuration.phones.checkDigit,
        offered: offeredTo(configuration.phones),
        payWord: () => readLanguages(configuration.phones.language).payWord,
        writePicture,
        vault,
        language: configuration.phones.language,
        now: () => clock.now(),
        mint: () => uuidFrom(random),
        readLine,
        print,
        readMachineConfiguration: (file) => readConfiguration(machineConfigurationSchema, file),
      })
    } finally {
      clock.stop()
      await store.close()
    }
    return undefined
  }
  const codes = new VoiceCodes(secret)
  const languages = readLanguages(phones.language)
  const voice = phones.voice && { voice: voiceRulesOf(phones.voice, codes, languages) }
  const clientSecret = readFileSync(configuration.payments.clientSecretFile, 'utf8').trim()
  const parts = {
    configuration,
    settings: { ...settings, ...voice },
    identity,
    clientSecret,
    codes,
    languages,
    store,
    vault,
    clock,
    random,
    log,
  }
  try {
    // What only a server needs is not loaded for a command.
    const { serve } = await import('./serve.ts')
    const { ready, stop } = await serve(parts)
    return { ready, stop: () => stop().finally(() => clock.stop()) }
  } catch (error) {
    clock.stop()
    throw error
  }
})

function writePicture(folder: string, name: string, picture: string | Buffer): string {
  mkdirSync(folder, { recursive: true })
  const path = join(folder, name)
  writeFileSync(path, picture)
  return path
}
