// A Kannel of this system between the bench and its phones, with the file that deployers are given
// (relation-server/phones/gateways/kannel.example.conf): only names, ports and the fake phones are others.
import { type ChildProcess, spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { freePorts } from '@concilia/platform/free-ports.ts'

const given = join(import.meta.dirname, '../relation-server/phones/gateways/kannel.example.conf')
/** Whoever starts it takes it along, also when killed: none of them ends by itself. */
const withUs = ['--pdeathsig', 'KILL']
const fakePhone = '/usr/lib/kannel/test/fakesmsc'
/** Debian keeps it where only root looks for programs. */
const environment = { ...process.env, PATH: `${process.env.PATH}:/usr/sbin:/usr/local/sbin` }

/** Why it cannot be tried here; undefined when it can. */
export function kannelIsMissing(): string | undefined {
  const { status } = spawnSync('setpriv', [...withUs, 'bearerbox', '--version'], { env: environment })
  const isHere = status === 0 && existsSync(fakePhone)
  return isHere ? undefined : 'Kannel is not installed here (on Debian: apt-get install kannel kannel-extras)'
}

export interface KannelSettings {
  readonly folder: string
  /** The relation server's own: `http://127.0.0.1:8080/phones/SECRET/NAME`. */
  readonly gatewayUrl: string
  /** As the relation server's gateway has it. */
  readonly password: string
  /** Where Kannel binds over SMPP, for texts and for dialogues; the same name and password at both. */
  readonly centres: { readonly texts: number; readonly dialogues: number; systemId: string; password: string }
  /** Texts to this number go to the fake phones. */
  readonly fakeNumber: string
}

export class Kannel {
  /** Where it takes texts. */
  readonly sendPort: number
  readonly #folder: string
  readonly #fakePort: number
  readonly #children: ChildProcess[] = []
  readonly #said: string[] = []

  private constructor(folder: string, sendPort: number, fakePort: number) {
    this.#folder = folder
    this.sendPort = sendPort
    this.#fakePort = fakePort
  }

  /** Rejects with what it said when it does not come up. */
  static async start(settings: KannelSettings): Promise<Kannel> {
    const { folder } = settings
    mkdirSync(folder, { recursive: true })
    const [admin = 0, smsbox = 0, send = 0, fake = 0] = await freePorts(4)
    const file = join(folder, 'kannel.conf')
    writeFileSync(file, configurationOf(settings, { admin, smsbox, send, fake }), { mode: 0o600 })
    const kannel = new Kannel(folder, send, fake)
    try {
      await kannel.#run('bearerbox', [file], /MAIN: Start-up done/)
      await kannel.#run('smsbox', [file], /Connected to bearerbox/)
      return kannel
    } catch (error) {
      await kannel.stop()
      throw error
    }
  }

  /** A fake phone that says one thing and then listens. */
  phone(): FakePhone {
    return new FakePhone(this.#fakePort)
  }

  /** The last one first. */
  async stop(): Promise<void> {
    for (const child of this.#children.splice(0).reverse()) await killed(child)
  }

  async #run(name: string, words: readonly string[], ready: RegExp): Promise<void> {
    const child = spawn('setpriv', [...withUs, name, '-v', '0', ...words], {
      cwd: this.#folder,
      env: environment,
      stdio: ['ignore', 'ignore', 'pipe'],
    })
    this.#children.push(child)
    const isReady = Promise.withResolvers<void>()
    createInterface({ input: child.stderr }).on('line', (line) => {
      this.#said.push(line)
      if (ready.test(line)) isReady.resolve()
    })
    child.once('error', isReady.reject)
    child.once('close', () =>
      isReady.reject(new Error(`${name} has ended:\n${this.#said.slice(-20).join('\n')}`)),
    )
    await isReady.promise
  }
}

/** Kannel's own: it says one thing, and prints what it hears. */
export class FakePhone {
  readonly #port: number
  readonly #heard: string[] = []
  #child: ChildProcess | undefined
  #waiting: (() => void) | undefined

  constructor(port: number) {
    this.#port = port
  }

  text(from: string, to: string, words: string): void {
    const where = ['-H', '127.0.0.1', '-r', String(this.#port), '-i', '0.1', '-m', '1']
    const command = [...withUs, fakePhone, ...where, `${from} ${to} text ${words}`]
    const child = spawn('setpriv', command, { stdio: ['ignore', 'ignore', 'pipe'] })
    this.#child = child
    createInterface({ input: child.stderr }).on('line', (line) => {
      const [, heard] = /Got message \d+: <(.*)>/.exec(line) ?? []
      if (heard === undefined) return
      // Shown as it came: receiver, sender, kind, and the words as a URL has them.
      this.#heard.push(decodeURIComponent(heard.replaceAll('+', ' ')))
      this.#waiting?.()
    })
  }

  /** The first line heard that matches. */
  async hears(words: RegExp): Promise<RegExpExecArray> {
    for (;;) {
      for (const line of this.#heard) {
        const found = words.exec(line)
        if (found) return found
      }
      await new Promise<void>((resolve) => {
        this.#waiting = resolve
      })
    }
  }

  async hangUp(): Promise<void> {
    if (this.#child) await killed(this.#child)
  }
}

async function killed(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return
  const gone = once(child, 'exit')
  child.kill('SIGKILL')
  await gone
}

function configurationOf(
  { folder, gatewayUrl, password, centres, fakeNumber }: KannelSettings,
  ports: Readonly<Record<'admin' | 'smsbox' | 'send' | 'fake', number>>,
): string {
  const text = readFileSync(given, 'utf8')
    .replace('admin-port = 13000', `admin-port = ${ports.admin}`)
    .replace('smsbox-port = 13001', `smsbox-port = ${ports.smsbox}`)
    .replace('sendsms-port = 13013', `sendsms-port = ${ports.send}`)
    .replaceAll('http://127.0.0.1:8080/phones/SECRET/NAME', gatewayUrl)
    .replace('/var/spool/kannel/store', join(folder, 'store'))
    .replace('username = concilia\npassword = CHANGE', `username = concilia\npassword = ${password}`)
    .replaceAll('host = CARRIER', 'host = 127.0.0.1')
    .replaceAll('smsc-username = CHANGE', `smsc-username = ${centres.systemId}`)
    .replaceAll('smsc-password = CHANGE', `smsc-password = ${centres.password}`)
    .replace('port = 2775', `port = ${centres.texts}\ndenied-prefix = "${fakeNumber}"`)
    .replace('port = 2775', `port = ${centres.dialogues}`)
    .replace('accepted-smsc = texts', 'accepted-smsc = "texts;fake"')
  const fake = [
    'group = smsc',
    'smsc = fake',
    'smsc-id = fake',
    `port = ${ports.fake}`,
    // It has no choice of interface; others than this machine are turned away.
    'connect-allow-ip = 127.0.0.1',
    `allowed-prefix = "${fakeNumber}"`,
    '',
  ]
  return `${text}\n${fake.join('\n')}`
}
