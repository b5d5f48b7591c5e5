// What is measured: PostgreSQL with fsync, the payment centre and the relation server, each a process of its
// own started by its own main.ts with a configuration file, on free ports of loopback. Machines and buyers
// are put into the books beforehand. Fresh for every run.
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { openCentre } from '@concilia/payment-centre/centre.ts'
import type { centreConfigurationSchema } from '@concilia/payment-centre/configuration.ts'
import { hashedSecret } from '@concilia/payment-centre/http/tokens.ts'
import { createDatabase } from '@concilia/platform/create-database.ts'
import { type EmbeddedPostgres, startEmbeddedPostgres } from '@concilia/platform/embedded-postgres.ts'
import { issue } from '@concilia/platform/enrolment.ts'
import { systemClock } from '@concilia/platform/system-clock.ts'
import { systemRandom } from '@concilia/platform/system-random.ts'
import { scopes } from '@concilia/protocol/carrier-billing.ts'
import type { serverConfigurationSchema } from '@concilia/relation-server/configuration.ts'
import { newMachine } from '@concilia/relation-server/machine-commands.ts'
import { noWrites } from '@concilia/relation-server/store/port.ts'
import { openPostgresStore } from '@concilia/relation-server/store/postgres-store.ts'
import { claimFolder, releaseFolder } from '@concilia/simulator/start/owned-processes.ts'
import { choosePorts, type Ports } from '@concilia/simulator/start/places.ts'
import { stringify } from 'smol-toml'
import type { z } from 'zod'
import { automatonIdOf, machineNumberOf, operator, phoneNumberOf } from './enrolled.ts'
import { type MeasuredProgram, type ProgramToMeasure, startProgram } from './measured-program.ts'
import { beginStatistics, loadStatistics, writeStatistics } from './statement-statistics.ts'

export interface PremisesOptions {
  /** Everything is kept below it. */
  readonly data: string
  readonly machines: number
  readonly buyers: number
  readonly tls?: boolean
  /** Texts go over an SMPP link to a centre on this port, with this password. */
  readonly smpp?: { readonly port: number; readonly password: string }
  /** Writes CPU profiles of the programs there. */
  readonly profile?: string | undefined
}

/** What a part of the figures may ask of the programs, whichever they are. */
export interface Measured {
  readonly postgresPid: number
  readonly serverPid: number
  readonly centrePid: number
  readonly adminUrl: string
  readonly databases: readonly [server: string, centre: string]
  readonly brokerUrl: string
  readonly gatewayUrl: string
  readonly carrierPort: number
}

/** As README.md starts a relation server. */
const asDeployed = ['--max-semi-space-size=16']
/** Our name at the centre, and how many texts it takes at a time. */
export const smppSystemId = 'concilia'
const smppWindow = 100
const clientId = 'relation-server'
const secret = 'a-secret-of-the-figures'
const account = { kind: 'prepaid' as const, currency: 'EUR' as const, ceilingMinor: 0 }
const muchMinor = 1_000_000_000

export class Premises {
  readonly certificates: string
  readonly ports: Ports
  readonly postgres: EmbeddedPostgres
  readonly #folder: string
  readonly #options: PremisesOptions
  #centre: MeasuredProgram | undefined
  #server: MeasuredProgram | undefined
  #serverProgram: ProgramToMeasure | undefined

  private constructor(folder: string, options: PremisesOptions, postgres: EmbeddedPostgres, ports: Ports) {
    this.certificates = join(options.data, 'certificates')
    this.#folder = folder
    this.#options = options
    this.postgres = postgres
    this.ports = ports
  }

  /** Rejects with what stood in the way; nothing is left running then. */
  static async open(options: PremisesOptions): Promise<Premises> {
    const folder = join(options.data, 'premises')
    mkdirSync(folder, { recursive: true })
    const run = join(folder, 'run')
    await claimFolder(run)
    // Half a million lines for each part that sells.
    for (const name of readdirSync(run)) if (name.endsWith('.log')) rmSync(join(run, name))
    const directory = join(folder, 'postgres')
    await clearDatabase(directory)
    const [postgres, ports] = await Promise.all([
      startDatabase(directory, options.profile !== undefined),
      choosePorts(),
    ])
    const premises = new Premises(folder, options, postgres, ports)
    try {
      await premises.#start()
      return premises
    } catch (error) {
      await premises.close()
      throw error
    }
  }

  async close(): Promise<void> {
    await Promise.all([this.#server?.stop(), this.#centre?.stop()])
    const { profile } = this.#options
    if (profile) await writeStatistics(this.postgres.adminUrl, join(profile, 'statements.tsv'))
    await this.postgres.stop()
    rmSync(join(this.#folder, 'postgres'), { recursive: true, force: true })
    releaseFolder(join(this.#folder, 'run'))
  }

  get measured(): Measured {
    const pidFile = readFileSync(join(this.#folder, 'postgres/cluster/postmaster.pid'), 'utf8')
    return {
      postgresPid: Number(pidFile.split('\n')[0]),
      serverPid: this.#server?.pid ?? 0,
      centrePid: this.#centre?.pid ?? 0,
      adminUrl: this.postgres.adminUrl,
      databases: ['relation_server', 'payment_centre'],
      brokerUrl: `${this.#options.tls ? 'mqtts' : 'mqtt'}://127.0.0.1:${this.ports.serverMqtt}`,
      gatewayUrl: `http://127.0.0.1:${this.ports.serverHttp}/phones/${secret}/kannel`,
      carrierPort: this.ports.carrier,
    }
  }

  /** The server, and its broker with it, is killed and started again. */
  async restartServer(): Promise<void> {
    await this.#server?.kill()
    if (this.#serverProgram) this.#server = await startProgram(this.#serverProgram, this.#run)
  }

  get #run(): string {
    return join(this.#folder, 'run')
  }

  async #start(): Promise<void> {
    const { adminUrl } = this.postgres
    const now = systemClock.now()
    const party = (id: 'payment-centre' | 'relation-server') =>
      issue(this.certificates, { id, role: id, seller: '', hosts: ['localhost', '127.0.0.1'] }, now)
    const centreUrl = await createDatabase(adminUrl, 'payment_centre', 'payment_centre')
    const centreFile = this.#written(
      'payment-centre',
      this.#centreConfiguration(await party('payment-centre')),
    )
    await openAccounts(centreFile, centreUrl, this.#options.buyers)
    const centre = this.#program('payment-centre', centreFile, centreUrl)
    this.#centre = await startProgram(centre, this.#run)
    const serverUrl = await createDatabase(adminUrl, 'relation_server', 'relation_server')
    await enrolMachines(serverUrl, this.#options.machines)
    const serverFile = this.#written(
      'relation-server',
      this.#serverConfiguration(await party('relation-server')),
    )
    this.#serverProgram = this.#program('relation-server', serverFile, serverUrl)
    this.#server = await startProgram(this.#serverProgram, this.#run)
  }

  #program(name: 'payment-centre' | 'relation-server', file: string, url: string): ProgramToMeasure {
    const { profile } = this.#options
    return {
      name,
      script: `${name}/main.ts`,
      arguments: ['--config', file],
      environment: { DATABASE_URL: url },
      nodeFlags: [
        ...(name === 'relation-server' ? asDeployed : []),
        ...(profile === undefined
          ? []
          : ['--cpu-prof', `--cpu-prof-dir=${profile}`, `--cpu-prof-name=${name}.cpuprofile`]),
      ],
    }
  }

  #written(name: string, content: object): string {
    const file = join(this.#folder, `${name}.toml`)
    writeFileSync(file, stringify(content))
    return file
  }

  #kept(name: string, text: string): string {
    const file = join(this.#folder, name)
    writeFileSync(file, text, { mode: 0o600 })
    return file
  }

  #centreConfiguration(identity: string): z.input<typeof centreConfigurationSchema> {
    const caps = { purchaseMinor: 50_00, dayMinor: muchMinor, monthMinor: muchMinor }
    return {
      identity,
      keyFile: join(this.#folder, 'payment-centre-keys.json'),
      listen: { port: this.ports.centre },
      caps: { purchasesPerHour: 1_000_000, currencies: { EUR: caps } },
    }
  }

  #link({ port, password }: NonNullable<PremisesOptions['smpp']>) {
    const passwordFile = this.#kept('smpp.password', password)
    const link = { host: '127.0.0.1', port, tls: false, passwordFile, sender: '36000' }
    return { ...link, systemId: smppSystemId, window: smppWindow }
  }

  #serverConfiguration(identity: string): z.input<typeof serverConfigurationSchema> {
    return {
      identity,
      subscriberKeyFile: join(this.#folder, 'subscriber.key'),
      http: { port: this.ports.serverHttp },
      payments: {
        centreUrl: `http://127.0.0.1:${this.ports.centre}`,
        clientId,
        clientSecretFile: this.#kept('client.secret', secret),
      },
      machines: { port: this.ports.serverMqtt, tls: this.#options.tls ?? false },
      phones: {
        helpNumber: '0800 123 456',
        caps: [{ requestsPerHour: 10_000, strangersPerHour: 1_000_000 }],
        ...(this.#options.smpp && { smpp: { centre: this.#link(this.#options.smpp) } }),
        ...(this.#options.smpp && { routes: [{ through: 'centre' }] }),
        gateways: {
          kannel: {
            form: 'kannel',
            secret,
            addresses: ['127.0.0.1'],
            sendOrigin: `http://127.0.0.1:${this.ports.carrier}`,
            sender: '36000',
            ussdCode: '*123#',
            ussdVouched: true,
            username: 'concilia',
            password: 'carrier',
          },
        },
      },
    }
  }
}

/** Of a run that was killed, the server may still be there. */
export async function clearDatabase(directory: string): Promise<void> {
  if (existsSync(directory)) await (await startEmbeddedPostgres({ directory, port: 0 })).stop()
  rmSync(directory, { recursive: true, force: true })
}

async function startDatabase(directory: string, withStatistics: boolean): Promise<EmbeddedPostgres> {
  const postgres = await startEmbeddedPostgres({ directory, port: 0 })
  if (!withStatistics) return postgres
  await loadStatistics(postgres.adminUrl)
  await postgres.stop()
  const again = await startEmbeddedPostgres({ directory, port: 0 })
  await beginStatistics(again.adminUrl)
  return again
}

/** By the centre's own engine, before its program starts. */
async function openAccounts(file: string, url: string, buyers: number): Promise<void> {
  process.env.DATABASE_URL = url
  const centre = await openCentre(file)
  delete process.env.DATABASE_URL
  const { engine } = centre
  try {
    await engine.submit({ kind: 'registerSeller', registration: { id: operator.id, name: operator.name } })
    const secretHash = await hashedSecret(secret, systemRandom)
    const registration = { id: clientId, secretHash, scopes: [...scopes], sellers: [operator.id] }
    await engine.submit({ kind: 'registerClient', registration })
    const opened = Array.from({ length: buyers }, (_, index) =>
      engine.submit({
        kind: 'openAccount',
        subscriber: { realm: 'e164', key: phoneNumberOf(index) },
        account,
        balanceMinor: muchMinor,
      }),
    )
    await Promise.all(opened)
  } finally {
    await centre.close()
  }
}

async function enrolMachines(url: string, machines: number): Promise<void> {
  const store = await openPostgresStore(url, systemClock)
  const enrolledAt = systemClock.now()
  try {
    const rows = Array.from({ length: machines }, (_, index) => ({
      ...newMachine(automatonIdOf(index), operator.id, enrolledAt),
      machineNumber: machineNumberOf(index),
      tradeName: operator.name,
      state: 'admitted' as const,
    }))
    const need = { automatonIds: [], kids: [], saleIds: [], inboxKeys: [], unknownsOf: null }
    await store.commitBatch(need, () => ({ writes: { ...noWrites, machines: rows }, result: undefined }))
  } finally {
    await store.close()
  }
}
