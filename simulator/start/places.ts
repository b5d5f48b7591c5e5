// Where everything lies below one data folder, and which ports the programs use. Nothing is anywhere else.

import { join } from 'node:path'
import { freePorts } from '@concilia/platform/free-ports.ts'

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
  /** Where servers bind to it over SMPP. */
  readonly carrierSmpp: number
  /** Where the relation server waits for the PBX. */
  readonly voice: number
  /** Where the figures of centre and server are shown, in a house that is watched. */
  readonly centreMetrics: number
  readonly serverMetrics: number
}

/**
 * Free ports of loopback. They stay the same while the house stands, so that a restarted program is found
 * again.
 */
export async function choosePorts(): Promise<Ports> {
  const [centre = 0, serverHttp = 0, serverMqtt = 0, carrier = 0, carrierSmpp = 0, ...more] =
    await freePorts(8)
  const [voice = 0, centreMetrics = 0, serverMetrics = 0] = more
  return { centre, serverHttp, serverMqtt, carrier, carrierSmpp, voice, centreMetrics, serverMetrics }
}
