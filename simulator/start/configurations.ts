// The configuration files of every program on the bench, written before any of them starts. Typed by the
// programs' own schemas; the programs read and check them like any other.
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { automatonConfigurationSchema } from '@concilia/automaton/configuration.ts'
import type { centreConfigurationSchema } from '@concilia/payment-centre/configuration.ts'
import type { Limits } from '@concilia/protocol/limits.ts'
import { decimalText } from '@concilia/protocol/money.ts'
import type { serverConfigurationSchema } from '@concilia/relation-server/configuration.ts'
import { stringify } from 'smol-toml'
import type { z } from 'zod'
import type { SmppAccess } from '../phone-network.ts'
import { type BenchMachine, benchMachines, currency, shortCode, ussdCode, voiceNumber } from './buyers.ts'
import type { Places, Ports } from './places.ts'
import { keptSecret, secretFile, secretOf } from './secrets.ts'

/** The name of the server's gateway on the bench: it stands in its URLs. */
export const gatewayName = 'kannel'
/** And of its SMPP link, with our name at the carrier. */
const linkName = 'carrier'
const smppSystemId = 'concilia'
/** The relation server as the payment centre's client. */
export const clientId = 'relation-server'

/** Names of secrets (secrets.ts). */
export const clientSecret = 'centre-client'
export const gatewaySecret = 'gateway'
export const carrierPassword = 'carrier'
const smppPassword = 'smpp'
/** Eight characters: SMPP has no more. */
const smppPasswordBytes = 6

export interface BenchSettings {
  readonly limits: Limits
  readonly charge: 'debit' | 'hold'
  readonly linkMode: 'permanent' | 'onDemand'
  readonly bridge: 'qibixx' | 'raw'
  /** How phones reach the server. */
  readonly phones: 'http' | 'smpp'
  /** How much server and centre log; what they say by themselves when left out. */
  readonly logLevel?: 'debug'
  /** Server and centre show their figures. */
  readonly watched?: boolean
  readonly places: Places
  /** Where the programs listen. */
  readonly ports: Ports
  /** Where they are looked for: elsewhere only when somebody stands on the wire. */
  readonly reached: Ports
  /** A broker that is nobody's of ours; undefined: the server's own. */
  readonly broker: BrokerAccess | undefined
}

/** How an outside broker is reached. */
export interface BrokerAccess {
  /** URL for automata: the same for all, or for each by its id. */
  readonly machines: string | ((automatonId: string) => string)
  readonly servers: { readonly brokerUrl: string; readonly username?: string; readonly passwordFile?: string }
}

/** @returns the file */
export function writeConfiguration(places: Places, name: string, content: object): string {
  mkdirSync(places.configuration, { recursive: true })
  const file = join(places.configuration, `${name}.toml`)
  writeFileSync(file, `# Written by npm start; changes are lost at the next start.\n${stringify(content)}`)
  return file
}

export function automatonConfiguration(
  { places, reached, limits, linkMode, bridge, broker }: BenchSettings,
  { number, automatonId, alwaysIdle, items, kiosk }: BenchMachine,
  identity: string,
): z.input<typeof automatonConfigurationSchema> {
  return {
    machineNumber: number,
    identity,
    journal: join(places.journals, `${automatonId}.db`),
    currency,
    link: {
      url:
        (typeof broker?.machines === 'function' ? broker.machines(automatonId) : broker?.machines) ??
        `mqtt://127.0.0.1:${reached.serverMqtt}`,
      // A session is opened by the server, which must be able to reach the machine.
      mode: alwaysIdle ? linkMode : 'permanent',
    },
    serial: { path: lineOf(places, number) },
    reader: { bridge, alwaysIdle },
    ...(kiosk && {
      controller: {
        boardPath: boardLineOf(places, number),
        items: Object.entries(items).map(([item, amountMinor]) => ({ selection: Number(item), amountMinor })),
      },
    }),
    ...(!kiosk && {
      dex: { path: dexLineOf(places, number) },
      keypad: { path: keypadLineOf(places, number) },
    }),
    limits,
  }
}

export function lineOf(places: Places, machineNumber: string): string {
  return join(places.lines, machineNumber)
}

export function dexLineOf(places: Places, machineNumber: string): string {
  return join(places.lines, `${machineNumber}-dex`)
}

/** Of a kiosk's motor board. */
export function boardLineOf(places: Places, machineNumber: string): string {
  return `${lineOf(places, machineNumber)}-board`
}

export function keypadLineOf(places: Places, machineNumber: string): string {
  return join(places.lines, `${machineNumber}-keypad`)
}

/** The path by which the server knows the PBX of the bench. */
export const voiceSecretOf = (places: Places): string => secretOf(places, 'voice')

/** A number to call for each price of the house's machines. */
function voiceOf({ places, ports }: BenchSettings) {
  const prices = new Set(benchMachines.flatMap(({ items }) => Object.values(items)))
  const numbers = [...prices].map((priceMinor) => {
    const number = {
      called: voiceNumber(priceMinor),
      amount: decimalText(priceMinor, currency),
      currency,
      tariffMessage: `tariff-${priceMinor}`,
      sellerShareBps: 8000,
    } as const
    return [`pays-${priceMinor}`, number] as const
  })
  const platform = { form: 'fastagi', port: ports.voice, secret: voiceSecretOf(places) } as const
  return { numbers: Object.fromEntries(numbers), platforms: { pbx: platform } }
}

export function serverConfiguration(
  settings: BenchSettings,
  identity: string,
): z.input<typeof serverConfigurationSchema> {
  const { places, ports, reached, limits, charge, broker, phones } = settings
  return {
    identity,
    subscriberKeyFile: secretFile(places, 'subscriber.key'),
    ...(settings.logLevel && { logLevel: settings.logLevel }),
    ...(settings.watched && { metrics: { port: ports.serverMetrics } }),
    http: { port: ports.serverHttp },
    sales: { charge, unknownCapMachine: 1000, unknownCapSubscriber: 1000 },
    payments: {
      centreUrl: `http://127.0.0.1:${reached.centre}`,
      clientId,
      clientSecretFile: keptSecret(places, clientSecret),
    },
    machines: broker?.servers ?? { port: ports.serverMqtt },
    phones: {
      helpNumber: '0800 123 456',
      caps: [{ requestsPerHour: 10_000, failuresPerHour: 1000, strangersPerHour: 100_000 }],
      ...(phones === 'smpp' && { smpp: smppLink(places, reached), routes: [{ through: linkName }] }),
      web: { publicOrigin: pagesOrigin(reached) },
      gateways: {
        [gatewayName]: {
          form: 'kannel',
          secret: secretOf(places, gatewaySecret),
          addresses: ['127.0.0.1'],
          sendOrigin: `http://127.0.0.1:${reached.carrier}`,
          sender: shortCode,
          ussdCode,
          ussdVouched: true,
          username: 'concilia',
          password: secretOf(places, carrierPassword),
        },
      },
      voice: voiceOf(settings),
    },
    limits,
  }
}

function smppLink(places: Places, reached: Ports) {
  return {
    [linkName]: {
      host: '127.0.0.1',
      port: reached.carrierSmpp,
      tls: false,
      systemId: smppSystemId,
      passwordFile: keptSecret(places, smppPassword, smppPasswordBytes),
      sender: shortCode,
      ussd: { code: ussdCode, vouched: true },
    },
  }
}

/** The same link from the carrier's side. */
export function smppAccess({ places, ports }: BenchSettings): SmppAccess {
  const password = secretOf(places, smppPassword, smppPasswordBytes)
  return { port: ports.carrierSmpp, systemId: smppSystemId, password }
}

export function centreConfiguration(
  { places, ports, reached, limits, logLevel, watched }: BenchSettings,
  identity: string,
): z.input<typeof centreConfigurationSchema> {
  return {
    identity,
    ...(logLevel && { logLevel }),
    ...(watched && { metrics: { port: ports.centreMetrics } }),
    keyFile: secretFile(places, 'payment-centre-keys.json'),
    listen: { port: ports.centre },
    caps: {
      purchasesPerHour: 1000,
      currencies: { [currency]: { purchaseMinor: 50_00, dayMinor: 1000_00, monthMinor: 1000_00 } },
    },
    codes: {
      url: `http://127.0.0.1:${reached.carrier}/cgi-bin/sendsms`,
      username: 'concilia',
      passwordFile: keptSecret(places, carrierPassword),
      sender: shortCode,
    },
    limits,
  }
}

/** Where browsers find the machines' pages. */
export function pagesOrigin({ serverHttp }: Ports): string {
  return `http://127.0.0.1:${serverHttp}`
}

export function gatewayUrl({ places, reached }: BenchSettings): string {
  return `http://127.0.0.1:${reached.serverHttp}/phones/${secretOf(places, gatewaySecret)}/${gatewayName}`
}
