// The house of a chaos run: two relation servers, the centre, several automata, a broker of nobody's, each
// on a wire of its own that can be broken, and buyers with accounts.
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { startEmbeddedPostgres } from '@concilia/platform/embedded-postgres.ts'
import { type BenchMachine, type Buyer, buyers as benchBuyers } from '@concilia/simulator/start/buyers.ts'
import type { Happenings } from '@concilia/simulator/start/happenings.ts'
import { House } from '@concilia/simulator/start/house.ts'
import { runCommand } from '@concilia/simulator/start/one-command.ts'
import type { SupervisedProgram } from '@concilia/simulator/start/supervised-program.ts'
import { OutsideBroker } from '../outside-broker.ts'
import { secondServer, secondServerName } from '../second-server.ts'
import { TcpProxy } from '../tcp-proxy.ts'
import { chaosLimits, type HousePlan } from './plan.ts'

export const brokerName = 'broker'
const phonesWire = 'phones'
const carrierWire = 'carrier'
const serverNames = ['relation-server', secondServerName] as const
const toBroker = (program: string) => `${program} to broker`
const toCentre = (program: string) => `${program} to centre`

/** Besides the four of `npm start`. */
export const moreBuyers: readonly Buyer[] = ['ann', 'bob', 'cid', 'dot'].map((name, index) => ({
  name,
  number: `+4670174060${index}`,
  says: 'prepaid',
  account: { kind: 'prepaid', balance: `${300 + index}.00` },
}))

export class World {
  readonly house: House
  readonly machines: readonly BenchMachine[]
  readonly buyers: readonly Buyer[] = [...Object.values(benchBuyers), ...moreBuyers]
  readonly broker = new OutsideBroker()
  readonly wires = new Map<string, TcpProxy>()
  /** Numbers of phones with a dialogue on their screen: a phone has one at a time. */
  readonly inDialogue = new Set<string>()
  /** Where each program finds the broker. */
  readonly #brokerPorts = new Map<string, number>()
  readonly #httpPorts: number[] = []
  #centrePort = 0
  #heard = 0
  #second: SupervisedProgram | undefined

  constructor(data: string, plan: HousePlan, machines: readonly BenchMachine[], happenings: Happenings) {
    this.machines = machines
    const atBroker = [...machines.map(({ automatonId }) => automatonId), ...serverNames]
    const names = [...atBroker.map(toBroker), ...serverNames.map(toCentre), phonesWire, carrierWire]
    for (const name of names) this.wires.set(name, new TcpProxy())
    const brokerUrl = () => this.#brokerUrl(serverNames[0])
    this.house = new House(
      {
        data,
        limits: chaosLimits,
        ...plan,
        slowMs: chaosLimits.vendMs + 1000,
        machines,
        broker: {
          machines: (automatonId) => this.#brokerUrl(automatonId),
          servers: {
            // Asked for once the wires are there.
            get brokerUrl() {
              return brokerUrl()
            },
          },
        },
        detour: async ({ centre, serverHttp, carrier }) => {
          for (const program of atBroker) {
            this.#brokerPorts.set(program, await this.wire(toBroker(program)).start(this.broker.port))
          }
          this.#httpPorts.push(serverHttp)
          this.#centrePort = centre
          return {
            centre: await this.wire(toCentre(serverNames[0])).start(centre),
            serverHttp: await this.wire(phonesWire).start(serverHttp),
            carrier: await this.wire(carrierWire).start(carrier),
          }
        },
      },
      happenings,
    )
  }

  async start(): Promise<void> {
    await this.broker.start()
    await this.house.start()
    await this.#startSecond()
    for (const buyer of moreBuyers) await this.#openAccount(buyer)
  }

  wire(name: string): TcpProxy {
    const found = this.wires.get(name)
    if (!found) throw new Error(`no wire ${name}; there are ${[...this.wires.keys()].join(', ')}`)
    return found
  }

  get httpWires(): string[] {
    return [...serverNames.map(toCentre), phonesWire, carrierWire]
  }

  get programNames(): string[] {
    return [...this.machines.map(({ automatonId }) => automatonId), ...serverNames, 'payment-centre']
  }

  program(name: string): SupervisedProgram {
    const found = name === secondServerName ? this.#second : this.house.programs.get(name)
    if (!found) throw new Error(`no program ${name}`)
    return found
  }

  /** The gateway hands what phones do to the other server from now on. */
  phonesReachTheOther(): void {
    this.#heard = 1 - this.#heard
    this.wire(phonesWire).retarget(this.#httpPorts[this.#heard] ?? 0)
  }

  crashDatabase(): void {
    const [pid] = readFileSync(join(this.house.places.postgres, 'cluster/postmaster.pid'), 'utf8').split('\n')
    process.kill(Number(pid), 'SIGQUIT')
  }

  /** Once the one that crashed has gone. */
  async startDatabase(): Promise<void> {
    const { port } = new URL(this.databaseUrl('relation-server'))
    await startEmbeddedPostgres({ directory: this.house.places.postgres, port: Number(port) })
  }

  databaseUrl(program: 'relation-server' | 'payment-centre'): string {
    return this.program(program).program.environment?.DATABASE_URL ?? ''
  }

  async stopAutomata(): Promise<void> {
    await Promise.all(this.machines.map(({ automatonId }) => this.program(automatonId).stop()))
  }

  async stop(): Promise<void> {
    await this.#second?.stop()
    await this.house.stop()
    await this.broker.kill()
    await Promise.all([...this.wires.values()].map((wire) => wire.stop()))
  }

  #brokerUrl(program: string): string {
    return `mqtt://127.0.0.1:${this.#brokerPorts.get(program)}`
  }

  async #startSecond(): Promise<void> {
    const spare = new TcpProxy()
    const httpPort = await spare.start(0)
    await spare.stop()
    this.#httpPorts.push(httpPort)
    this.#second = secondServer(this.house, {
      httpPort,
      brokerPort: this.#brokerPorts.get(secondServerName) ?? 0,
      centrePort: await this.wire(toCentre(secondServerName)).start(this.#centrePort),
    })
    await this.#second.start()
  }

  async #openAccount({ number, account }: Buyer): Promise<void> {
    const { program } = this.program('payment-centre')
    const balance = account.kind === 'prepaid' ? account.balance : '0'
    const words = ['account', 'open', '--subscriber', number, '--balance', balance]
    await runCommand(program, this.house.places.root, words)
  }
}
