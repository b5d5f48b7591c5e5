// What the commands of this program share: their flags, what they are given, and how they ask for what is
// missing.
import { OperatingError } from '@concilia/platform/operating-error.ts'
import type { Limits } from '@concilia/protocol/limits.ts'
import { automatonIdSchema } from '@concilia/protocol/topics.ts'
import type { z } from 'zod'
import type { Engine } from './engine/engine.ts'
import type { PersonInput } from './engine/inputs.ts'
import type { Offered } from './phones/links/machine-links.ts'
import type { MachineRow, Store } from './store/port.ts'
import type { SubscriberVault } from './subscriber-vault.ts'

export const commandFlags = {
  id: { value: 'AUTOMATON', says: 'automaton id, as in its certificate' },
  number: { value: 'NUMBER', says: 'machine number, as painted on the machine' },
  seller: { value: 'SELLER', says: "the operator's id, as in the automaton's certificate" },
  'trade-name': { value: 'NAME', says: 'what receipts call the operator' },
  admit: { says: 'with `machine enrol`: admit it as well' },
  file: {
    value: 'FILE',
    says: 'with `machine configure`: its words, prices and waits; see machine-configuration.example.toml',
  },
  text: { says: 'with `machine audit`: the file itself, as the machine gave it' },
  out: { value: 'FOLDER', says: 'with `machine links`: QR codes are written there, as SVG and PNG' },
  sale: { value: 'SALE', says: 'sale id' },
  as: {
    value: 'recredit|write-off',
    says: 'with `sale close`: give the money back, or close the books without',
  },
  who: { value: 'NAME', says: 'who decides this' },
  why: { value: 'WORDS', says: 'and why; both are kept' },
} as const

export type FlagValues = { readonly [Name in keyof typeof commandFlags]: string | boolean | undefined }

export interface CommandParts {
  readonly store: Store
  readonly engine: Engine
  /** The server's own. */
  readonly limits: Limits
  /** Machine numbers end in their check digit. */
  readonly checkDigit: boolean
  /** Where buyers text to, what they dial and where pages are, as configured. */
  readonly offered: Offered
  /** What begins a text that names a machine: `PAY`. */
  readonly payWord: () => string
  /** @returns where it is now */
  readonly writePicture: (folder: string, name: string, picture: string | Buffer) => string
  readonly vault: SubscriberVault
  /** Of a buyer whom nobody has heard yet. */
  readonly language: string
  readonly now: () => number
  readonly mint: () => string
  /** One line of standard input. */
  readonly readLine: (prompt: string) => Promise<string>
  readonly print: (line: string) => void
  /** A machine configuration's file, checked, as JSON. @throws OperatingError that names what is wrong */
  readonly readMachineConfiguration: (file: string) => object
}

/** An input of the engine with who and why. */
export async function person(
  flags: FlagValues,
  { engine, now }: CommandParts,
  automatonId: string,
  action: PersonInput['action'],
): Promise<void> {
  const { who, why } = flags
  if (typeof who !== 'string' || typeof why !== 'string') {
    throw usage('--who and --why are needed: both are kept')
  }
  await engine.submit({ kind: 'person', automatonId, who, why, action, at: now() })
}

/** The machine of `--id`. */
export async function machineNamed(flags: FlagValues, store: Store): Promise<MachineRow> {
  const automatonId = needed(flags, 'id', automatonIdSchema)
  const row = (await store.machines()).find((machine) => machine.automatonId === automatonId)
  if (row) return row
  throw new OperatingError({
    code: 'no-such-machine',
    message: `There is no machine ${automatonId}.`,
    advice: 'See `machine list`; a new one is added by `machine enrol`.',
  })
}

export function needed<T>(flags: FlagValues, name: keyof typeof commandFlags, schema: z.ZodType<T>): T {
  const value = flags[name]
  const parsed = schema.safeParse(value)
  if (parsed.success) return parsed.data
  const { value: placeholder, says } = commandFlags[name] as { value?: string; says: string }
  if (value === undefined) throw usage(`--${name} ${placeholder ?? ''} is needed: ${says}`)
  throw usage(`--${name} ${String(value)}: ${parsed.error.issues[0]?.message ?? 'not in form'}`)
}

export function usage(message: string): OperatingError {
  return new OperatingError({
    code: 'usage',
    message: `relation-server: ${message}.`,
    advice: 'See `node relation-server/main.ts --help`.',
  })
}
