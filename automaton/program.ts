// The automaton's composition root: reads the command line and the configuration, opens the real journal,
// serial port and link, and puts them together. The only place that knows which adapters are used.

import { usageError } from '@concilia/platform/command-line.ts'
import { assertLimits, readConfiguration } from '@concilia/platform/configuration.ts'
import { type Identity, readIdentity } from '@concilia/platform/identity.ts'
import { type Log, makeLog } from '@concilia/platform/log.ts'
import { OperatingError } from '@concilia/platform/operating-error.ts'
import { runMain } from '@concilia/platform/run-main.ts'
import { systemClock } from '@concilia/platform/system-clock.ts'
import { systemRandom } from '@concilia/platform/system-random.ts'
import { sha256 } from '@concilia/protocol/random.ts'
import { DexSource } from './audit/dex-source.ts'
import type { AuditSource } from './audit/port.ts'
import { Automaton } from './automaton.ts'
import { automatonConfigurationSchema } from './configuration.ts'
import { BareBusWire, BoxWire } from './controller/changer-wire.ts'
import { ControllerHardware, type ControllerParts } from './controller/controller-hardware.ts'
import { TillSource } from './controller/till-source.ts'
import { BusHardware } from './hardware/bus-hardware.ts'
import { SerialKeypad } from './hardware/keypad.ts'
import type { Hardware } from './hardware/port.ts'
import { QibixxHardware } from './hardware/qibixx-hardware.ts'
import { serialPortLine } from './hardware/serialport-adapter.ts'
import { openSqliteJournal } from './journal/open-sqlite-journal.ts'
import type { Journal } from './journal/port.ts'
import { MqttLink } from './link/mqtt-link-adapter.ts'
import packageJson from './package.json' with { type: 'json' }

/** How long one attempt to reach the broker may take (ms). */
const connectMs = 10_000

const description = {
  program: 'automaton',
  summary: 'the agent in a vending machine: offers, verifies, delivers, reports',
  usage: ['node automaton/main.ts --config FILE'],
  flags: {
    config: { value: 'FILE', says: 'the configuration; example.toml beside main.ts explains every key' },
  },
} as const

await runMain(description, async ({ flags }) => {
  if (flags.config === undefined) throw usageError(description, '--config FILE is needed')
  const automaton = compose(flags.config)
  automaton.start()
  return { stop: () => automaton.stop() }
})

function compose(file: string): Automaton {
  const configuration = readAutomatonConfiguration(file)
  const { limits, currency, reader, link, machineNumber, language, controller } = configuration
  assertLimits(limits, file)
  const identity = readIdentity(configuration.identity)
  assertRole(identity, configuration.identity)
  const log = makeLog('automaton', { level: configuration.logLevel }).child({ automatonId: identity.id })
  const clock = systemClock
  const random = systemRandom
  const mqttLink = new MqttLink({ url: link.url, automatonId: identity.id, tls: identity, connectMs })
  const { journal, setAside } = openSqliteJournal(configuration.journal, random, clock.now())
  if (setAside) {
    log.error(
      { journalId: journal.journalId, ...setAside },
      'the journal could not be used and was set aside; a new one begins, which the server must admit anew',
    )
  }
  const { hardware, audit } = openMachine(configuration, journal, log)
  const { keypad: keypadAt } = configuration
  const keypad =
    keypadAt &&
    new SerialKeypad({
      openLine: serialPortLine({ path: keypadAt.path, clock, retryMs: limits.retryMs }),
      clock,
      log,
    })
  return new Automaton(
    { hardware, ...(keypad && { keypad }), link: mqttLink, journal, audit, clock, random, log },
    {
      seller: { automatonId: identity.id, machineNumber, seller: identity.seller, signer: identity.signer },
      identity: { version: packageJson.version, chain: identity.chain },
      configurationHash: sha256(JSON.stringify(configuration)),
      currency,
      reader: reader.alwaysIdle || controller.boardPath !== undefined ? 'alwaysIdle' : 'session',
      rootPem: identity.rootPem,
      linkMode: link.mode,
      language,
      limits,
      journalLimitBytes: configuration.journalLimitBytes,
      audit: {
        schedule: configuration.dex,
        reader: readerOf(reader),
      },
    },
  )
}

type Configuration = ReturnType<typeof readAutomatonConfiguration>

function readAutomatonConfiguration(file: string) {
  return readConfiguration(automatonConfigurationSchema, file)
}

interface Machine {
  readonly hardware: Hardware
  readonly audit: AuditSource | undefined
}

/** As the machine's controller where it has a motor board for us, otherwise as a reader on its bus. */
function openMachine(configuration: Configuration, journal: Journal, log: Log): Machine {
  const { limits, currency, reader, serial, machineNumber, controller, dex } = configuration
  const { retryMs } = limits
  const clock = systemClock
  const openLine = serialPortLine({ path: serial.path, clock, retryMs })
  if (controller.boardPath !== undefined) {
    const openBoard = serialPortLine({ path: controller.boardPath, clock, retryMs })
    return controlledMachine(configuration, { openBus: openLine, openBoard, journal, log })
  }
  const parts = { openLine, clock, limits, currency, mdb: reader, log }
  const hardware =
    reader.bridge === 'raw'
      ? new BusHardware({ ...parts, level: reader.level, serial: machineNumber })
      : new QibixxHardware(parts)
  if (dex.path === undefined) return { hardware, audit: undefined }
  const openDex = serialPortLine({ path: dex.path, clock, retryMs, baudRate: 9600 })
  return { hardware, audit: new DexSource({ openLine: openDex, clock, id: dex.id }) }
}

/** Its counters are our own: there is nobody else to read them from. */
function controlledMachine(
  configuration: Configuration,
  parts: Pick<ControllerParts, 'openBus' | 'openBoard' | 'journal' | 'log'>,
): Machine {
  const { limits, currency, reader, machineNumber, language, controller } = configuration
  const { items, mostCreditMinor, creditReturnMs } = controller
  const prices = new Map(items.map(({ selection, amountMinor }) => [selection, amountMinor]))
  const hardware = new ControllerHardware({
    ...parts,
    wire: reader.bridge === 'raw' ? new BareBusWire() : new BoxWire(),
    clock: systemClock,
    retryMs: limits.retryMs,
    settings: { currency, language, prices, mostCreditMinor, creditReturnMs, limits },
  })
  const { version } = packageJson
  const named = { currency, machineNumber, version, reader: readerOf(reader) }
  return {
    hardware,
    audit: new TillSource({ till: () => hardware.till, prices: () => hardware.prices, ...named }),
  }
}

function readerOf({ address }: Configuration['reader']): 'cashless1' | 'cashless2' {
  return address === '0x10' ? 'cashless1' : 'cashless2'
}

function assertRole({ role, seller }: Identity, folder: string): void {
  if (role === 'automaton' && seller !== '') return
  throw new OperatingError({
    code: 'identity-of-another-role',
    message: `The certificate in ${folder} is that of a ${role}${seller ? '' : ' without an operator'}.`,
    advice: "Name the folder of this automaton's own identity, enrolled as an automaton of its operator.",
  })
}
