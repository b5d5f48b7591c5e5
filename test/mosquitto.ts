// A Mosquitto of this system as the broker of a bench, with the files that deployers are given
// (relation-server/machines/mosquitto): only paths and ports are others.
import { type ChildProcess, spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { copyFileSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { issue } from '@concilia/platform/enrolment.ts'
import { systemClock } from '@concilia/platform/system-clock.ts'
import type { BrokerAccess } from '@concilia/simulator/start/configurations.ts'
import { choosePorts, placesIn } from '@concilia/simulator/start/places.ts'

const given = join(import.meta.dirname, '../relation-server/machines/mosquitto')
const serverName = 'relation-server'
/** Debian keeps it where only root looks for programs. */
const environment = { ...process.env, PATH: `${process.env.PATH}:/usr/sbin:/usr/local/sbin` }

/** Why it cannot be tried here; undefined when it can. */
export function mosquittoIsMissing(): string | undefined {
  const { error, stdout } = spawnSync('mosquitto', ['-h'], { env: environment, encoding: 'utf8' })
  if (error) return 'mosquitto is not installed here (on Debian: apt-get install mosquitto)'
  const [, version] = /^mosquitto version (\d+)\./.exec(stdout) ?? []
  return Number(version) >= 2 ? undefined : `mosquitto 2 or later is needed, and this is ${version}`
}

export class Mosquitto {
  readonly password = 'a password of servers'
  readonly certificates: string
  /** The broker's own identity, and the files it is given. */
  readonly folder: string
  readonly ports: { readonly machines: number; readonly servers: number }
  #child: ChildProcess | undefined

  private constructor(certificates: string, folder: string, ports: Mosquitto['ports']) {
    this.certificates = certificates
    this.folder = folder
    this.ports = ports
  }

  /** @param data of the bench, whose authority certifies the broker as well */
  static async prepare(data: string): Promise<Mosquitto> {
    const { certificates } = placesIn(data)
    const subject = { id: 'broker', role: 'relation-server', seller: '', hosts: ['127.0.0.1'] } as const
    const folder = await issue(certificates, subject, systemClock.now())
    const { centre: machines, serverMqtt: servers } = await choosePorts()
    const broker = new Mosquitto(certificates, folder, { machines, servers })
    for (const rights of ['machines.acl', 'servers.acl'])
      copyFileSync(join(given, rights), join(folder, rights))
    broker.#writePassword()
    broker.#writeConfiguration()
    return broker
  }

  get access(): BrokerAccess & { readonly machines: string } {
    const { machines, servers } = this.ports
    return {
      machines: `mqtts://127.0.0.1:${machines}`,
      servers: {
        brokerUrl: `mqtts://127.0.0.1:${servers}`,
        username: serverName,
        passwordFile: join(this.folder, 'password'),
      },
    }
  }

  /** Resolves when it takes connections; rejects with what it said when it does not come to that. */
  async start(): Promise<void> {
    const child = spawn('mosquitto', ['-c', join(this.folder, 'concilia.conf')], {
      env: environment,
      stdio: ['ignore', 'ignore', 'pipe'],
    })
    this.#child = child
    const said: string[] = []
    const running = Promise.withResolvers<void>()
    createInterface({ input: child.stderr }).on('line', (line) => {
      said.push(line)
      if (/mosquitto version \S+ running/.test(line)) running.resolve()
    })
    child.once('error', running.reject)
    child.once('close', () => running.reject(new Error(`mosquitto has ended:\n${said.join('\n')}`)))
    await running.promise
  }

  /** kill -9. */
  async kill(): Promise<void> {
    const child = this.#child
    if (!child || child.exitCode !== null || child.signalCode !== null) return
    const gone = once(child, 'exit')
    child.kill('SIGKILL')
    await gone
  }

  #writePassword(): void {
    writeFileSync(join(this.folder, 'password'), this.password, { mode: 0o600 })
    const words = ['-b', '-c', join(this.folder, 'passwords'), serverName, this.password]
    const { status, stderr } = spawnSync('mosquitto_passwd', words, { env: environment, encoding: 'utf8' })
    if (status !== 0) throw new Error(`mosquitto_passwd: ${stderr}`)
  }

  #writeConfiguration(): void {
    const text = readFileSync(join(given, 'concilia.conf'), 'utf8')
      .replaceAll('/etc/mosquitto/concilia', this.folder)
      .replace('listener 8883', `listener ${this.ports.machines} 127.0.0.1`)
      .replace('listener 8884', `listener ${this.ports.servers} 127.0.0.1`)
    // It would become the user mosquitto, who does not read our folders.
    const asRoot = process.getuid?.() === 0 ? 'user root\n' : ''
    writeFileSync(join(this.folder, 'concilia.conf'), `${asRoot}${text}`)
  }
}
