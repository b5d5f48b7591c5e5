// Where the bare limit is measured: the same database server and the same ports' worth of processes, with the
// bare server and the bare centre in place of the real ones.
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { createDatabase } from '@concilia/platform/create-database.ts'
import { type EmbeddedPostgres, startEmbeddedPostgres } from '@concilia/platform/embedded-postgres.ts'
import { issue } from '@concilia/platform/enrolment.ts'
import { systemClock } from '@concilia/platform/system-clock.ts'
import { claimFolder, releaseFolder } from '@concilia/simulator/start/owned-processes.ts'
import { choosePorts } from '@concilia/simulator/start/places.ts'
import { type MeasuredProgram, startProgram } from './measured-program.ts'
import { clearDatabase, type Measured } from './premises.ts'

export interface BareConfiguration {
  readonly centreIdentity: string
  readonly serverDatabase: string
  readonly centreDatabase: string
  readonly httpPort: number
  readonly brokerPort: number
  readonly centrePort: number
  readonly carrierPort: number
  /** Committed for each input of a sale, of which a server has eight and a centre two. */
  readonly serverRows: number
  readonly centreRows: number
}

export interface BarePremises {
  readonly measured: Measured
  readonly certificates: string
  close(): Promise<void>
}

export async function openBarePremises(
  data: string,
  rows: Pick<BareConfiguration, 'serverRows' | 'centreRows'>,
): Promise<BarePremises> {
  const folder = join(data, 'bare')
  const run = join(folder, 'run')
  const certificates = join(data, 'certificates')
  const directory = join(folder, 'postgres')
  mkdirSync(folder, { recursive: true })
  await claimFolder(run)
  await clearDatabase(directory)
  const programs: MeasuredProgram[] = []
  const postgres = await startEmbeddedPostgres({ directory, port: 0 })
  const close = async () => {
    await Promise.all(programs.map((program) => program.stop()))
    await postgres.stop()
    rmSync(directory, { recursive: true, force: true })
    releaseFolder(run)
  }
  try {
    const configuration = { ...(await configurationOf(postgres, certificates)), ...rows }
    const file = join(folder, 'bare.json')
    writeFileSync(file, JSON.stringify(configuration))
    for (const name of ['bare-centre', 'bare-server']) {
      const program = { name, script: `test/figures/${name}.ts`, arguments: ['--config', file] }
      programs.push(await startProgram(program, run))
    }
    const { brokerPort, httpPort, carrierPort } = configuration
    const pidFile = readFileSync(join(directory, 'cluster/postmaster.pid'), 'utf8')
    const measured: Measured = {
      postgresPid: Number(pidFile.split('\n')[0]),
      centrePid: programs[0]?.pid ?? 0,
      serverPid: programs[1]?.pid ?? 0,
      adminUrl: postgres.adminUrl,
      databases: ['bare_server', 'bare_centre'],
      brokerUrl: `mqtt://127.0.0.1:${brokerPort}`,
      gatewayUrl: `http://127.0.0.1:${httpPort}/phones/bare/kannel`,
      carrierPort,
    }
    return { measured, certificates, close }
  } catch (error) {
    await close()
    throw error
  }
}

async function configurationOf({ adminUrl }: EmbeddedPostgres, certificates: string) {
  const { centre, serverHttp, serverMqtt, carrier } = await choosePorts()
  const subject = { id: 'payment-centre', role: 'payment-centre' as const, seller: '' }
  return {
    centreIdentity: await issue(
      certificates,
      { ...subject, hosts: ['localhost', '127.0.0.1'] },
      systemClock.now(),
    ),
    serverDatabase: await createDatabase(adminUrl, 'bare_server', 'bare_server'),
    centreDatabase: await createDatabase(adminUrl, 'bare_centre', 'bare_centre'),
    httpPort: serverHttp,
    brokerPort: serverMqtt,
    centrePort: centre,
    carrierPort: carrier,
  }
}
