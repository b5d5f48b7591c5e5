// What our reader is played as: by the automaton's own configuration file, or by flags where there is none
// yet.
import { automatonConfigurationSchema } from '@concilia/automaton/configuration.ts'
import { type CommandLine, usageError } from '@concilia/platform/command-line.ts'
import { readConfiguration } from '@concilia/platform/configuration.ts'
import { currencies } from '@concilia/protocol/money.ts'
import type { ReaderPlace } from './played-reader.ts'
import { isCurrency } from './typed-bench.ts'

interface PlaceFlags {
  readonly config: string | undefined
  readonly address: string | undefined
  readonly level: string | undefined
  readonly currency: string | undefined
}

export function configured(file: string | undefined) {
  return file === undefined ? undefined : readConfiguration(automatonConfigurationSchema, file)
}

/** A flag goes before the file. @throws OperatingError `usage` for a value that there is not */
export function readerPlace(
  description: CommandLine,
  flags: PlaceFlags,
  path: string,
): Omit<ReaderPlace, 'bridge'> {
  const file = configured(flags.config)
  const currency = flags.currency ?? file?.currency ?? 'EUR'
  if (!isCurrency(currency)) {
    const known = Object.keys(currencies).join(', ')
    throw usageError(description, `unknown currency ${currency}; known: ${known}`)
  }
  const usual = {
    address: '0x60',
    scaleFactor: 1,
    decimalPlaces: currencies[currency].digits,
    alwaysIdle: true,
  } as const
  const mdb = file?.reader ?? usual
  const address = flags.address ?? mdb.address
  if (address !== '0x10' && address !== '0x60')
    throw usageError(description, `--address ${address}: 0x10 or 0x60`)
  const wanted = flags.level ?? String(file?.reader.level ?? 3)
  const level = ([1, 2, 3] as const).find((number) => String(number) === wanted)
  if (!level) throw usageError(description, `--level ${wanted}: 1, 2 or 3`)
  return { path, mdb: { ...mdb, address }, level, currency }
}
