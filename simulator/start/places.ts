// Where everything lies below one data folder, and which ports the programs use. Nothing is anywhere else.

import { randomInt } from 'node:crypto'
import { once } from 'node:events'
import { type AddressInfo, createServer, type Server } from 'node:net'
import { join } from 'node:path'

export interface Places {
  /** Root of the tree: programs are started by their main.ts below it. */
  readonly root: string
  readonly data: string
  /** Notes about processes (owned-processes.ts). */
  readonly run: string
  readonly log: string
  readonly postgres: string
  readonly certificates: string
  readonly configuration: string
  readonly secrets: string
  /** Serial ports of the simulated machines. */
  readonly lines: string
  readonly journals: string
}

export function placesIn(data: string): Places {
  return {
    root: join(import.meta.dirname, '../..'),
    data,
    run: join(data, 'run'),
    log: join(data, 'log'),
    postgres: join(data, 'postgres'),
    certificates: join(data, 'certificates'),
    configuration: join(data, 'configuration'),
    secrets: join(data, 'secrets'),
    lines: join(data, 'lines'),
    journals: join(data, 'journals'),
  }
}

export interface Ports {
  readonly centre: number
  readonly serverHttp: number
  readonly serverMqtt: number
  /** Where the simulated carrier takes texts. */
  readonly carrier: number
}

/**
 * Free ports of loopback. They stay the same while the house stands, so that a restarted program is found
 * again.
 */
export async function choosePorts(): Promise<Ports> {
  const [centre = 0, serverHttp = 0, serverMqtt = 0, carrier = 0] = await freePorts(4)
  return { centre, serverHttp, serverMqtt, carrier }
}

/**
 * Below those that the system gives to outgoing connections (32768 and up on Linux): between choosing one and
 * listening on it nobody is given it by chance.
 */
const chosenFrom = [20_000, 32_768] as const

/** Held all at once before any is let go, so that they differ. */
async function freePorts(count: number): Promise<number[]> {
  const probes: Server[] = []
  while (probes.length < count) {
    const probe = await listening(randomInt(...chosenFrom))
    if (probe) probes.push(probe)
  }
  const ports = probes.map((probe) => (probe.address() as AddressInfo).port) // never a string for TCP
  await Promise.all(probes.map((probe) => once(probe.close(), 'close')))
  return ports
}

/** Undefined where somebody else is. */
async function listening(port: number): Promise<Server | undefined> {
  const server = createServer().listen(port, '127.0.0.1')
  try {
    await once(server, 'listening')
    return server
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EADDRINUSE') return undefined
    throw error
  }
}
