// The lines of a Qibixx MDB bridge ("the box") on its serial side, in both directions, as two tables: one
// form a kind of line, each with its reader and its writer. Only what a cashless reader needs: cashless
// slave, `V`, `H` and `F,RESET`. Meaning and order of the lines are the driver's; cutting bytes into lines is
// qibixx-splitter.ts.
import { amountMinorOf, type Currency, currencies, decimalText, largestAmountMinor } from './money.ts'

/** A longer line is unreadable whatever it says: no line of either side comes near. */
export const longestLine = 160
/** MDB's FFFF: the machine does not say which item. */
export const unknownItem = 65_535

interface BoxShapes {
  /** Bus activity; comes all the time and means nothing to us. */
  busActivity: object
  version: { text: string }
  hardware: { text: string }
  /** The reader was switched on or off. */
  switched: { on: boolean }
  settingKept: object
  /** What the machine does with the reader. `online` and `offline` come from older firmware only. */
  status: { status: 'inactive' | 'disabled' | 'enabled' | 'online' | 'offline' }
  /** A session is open. */
  sessionIdle: { funds?: number }
  vendRequested: { priceMinor: number; item: number }
  vendSucceeded: object
  /** The machine ended the vend otherwise: 1 cancelled, 3 product not dispensed, 5 the machine was reset. */
  vendEnded: { how: 'cancelled' | 'failed' | 'reset' }
  /** Settings are taken only while off. */
  refusedAsOn: object
  refusedAsOff: object
  /** A command that does not fit the moment, such as `VEND -3`: nothing is requested. */
  refused: { command: 'START' | 'VEND' | 'STOP' | 'unnamed'; code: number }
  unknownCommand: { text: string }
  cashSale: { priceMinor: number; item: number }
}

interface HostShapes {
  askVersion: object
  askHardware: object
  resetBox: object
  switch: { on: boolean }
  setting: { name: string; value: string }
  /** Without funds the machine shows no credit: "just choose". */
  startSession: { funds?: number }
  approve: { amountMinor: number; item?: number }
  deny: object
  stopSession: object
  /** Up to 32 printable ASCII characters. */
  display: { text: string }
}

type LineOf<Shapes, Type extends keyof Shapes> = { [T in Type]: { type: T } & Shapes[T] }[Type]
export type BoxLine = LineOf<BoxShapes, keyof BoxShapes> | { type: 'unreadable'; text: string }
export type HostLine = LineOf<HostShapes, keyof HostShapes> | { type: 'unreadable'; text: string }
export type WritableBoxLine = Exclude<BoxLine, { type: 'unreadable' }>
export type WritableHostLine = Exclude<HostLine, { type: 'unreadable' }>

interface Form<Line> {
  readonly pattern: RegExp
  /** Undefined when a field is out of range: the line is then unreadable. */
  readonly read: (fields: readonly (string | undefined)[], currency: Currency) => Line | undefined
  readonly write: (line: Line, currency: Currency) => string
}
type Forms<Shapes> = { readonly [T in keyof Shapes]: Form<LineOf<Shapes, T>> }

/** A line that is always the same. */
function fixed<T extends string>(type: T, text: string): Form<{ type: T }> {
  return { pattern: new RegExp(`^${text}$`), read: () => ({ type }), write: () => text }
}

/** Quotes around what is wrong come and go between firmware versions. */
function fixedError<T extends string>(type: T, text: string): Form<{ type: T }> {
  return {
    pattern: new RegExp(`^c,ERR,"?${text}"?$`),
    read: () => ({ type }),
    write: () => `c,ERR,"${text}"`,
  }
}

const statuses = ['inactive', 'disabled', 'enabled', 'online', 'offline'] as const
const endings = { cancelled: 1, failed: 3, reset: 5 } as const

const boxForms: Forms<BoxShapes> = {
  busActivity: fixed('busActivity', 'r,ACK'),
  version: {
    pattern: /^v,(.+)$/,
    read: ([, text = '']) => ({ type: 'version', text }),
    write: ({ text }) => `v,${text}`,
  },
  hardware: {
    pattern: /^h,(.+)$/,
    read: ([, text = '']) => ({ type: 'hardware', text }),
    write: ({ text }) => `h,${text}`,
  },
  switched: {
    pattern: /^c,([01])$/,
    read: ([, on]) => ({ type: 'switched', on: on === '1' }),
    write: ({ on }) => `c,${on ? 1 : 0}`,
  },
  settingKept: fixed('settingKept', 'c,SET,OK'),
  status: {
    pattern: /^c,STATUS,(INACTIVE|DISABLED|ENABLED|ONLINE|OFFLINE)$/,
    read: ([, word]) => {
      const status = statuses.find((name) => name.toUpperCase() === word)
      return status && { type: 'status', status }
    },
    write: ({ status }) => `c,STATUS,${status.toUpperCase()}`,
  },
  sessionIdle: {
    // Funds may be FFFF in any clothing: what is no amount says nothing, and the session is open all the
    // same.
    pattern: /^c,STATUS,IDLE(?:,([^,]*)(?:,.*)?)?$/,
    read: ([, text = ''], currency) => {
      const funds = amountMinorOf(text, currency)
      return funds === undefined ? { type: 'sessionIdle' } : { type: 'sessionIdle', funds }
    },
    write: ({ funds }, currency) =>
      funds === undefined ? 'c,STATUS,IDLE' : `c,STATUS,IDLE,${decimalText(funds, currency)}`,
  },
  vendRequested: {
    pattern: /^c,STATUS,VEND,([^,]+)(?:,(\d{1,5}))?$/,
    read: (fields, currency) => withPriceAndItem('vendRequested', fields, currency),
    write: ({ priceMinor, item }, currency) => `c,STATUS,VEND,${decimalText(priceMinor, currency)},${item}`,
  },
  vendSucceeded: fixed('vendSucceeded', 'c,VEND,SUCCESS'),
  vendEnded: {
    pattern: /^c,ERR,"?VEND ([135])"?$/,
    read: ([, code]) => {
      const how = (['cancelled', 'failed', 'reset'] as const).find((name) => endings[name] === Number(code))
      return how && { type: 'vendEnded', how }
    },
    write: ({ how }) => `c,ERR,"VEND ${endings[how]}"`,
  },
  refusedAsOn: fixedError('refusedAsOn', 'cashless is on'),
  refusedAsOff: fixedError('refusedAsOff', 'cashless is off'),
  refused: {
    pattern: /^c,ERR,"?(?:(START|VEND|STOP) )?-(\d{1,2})"?$/,
    read: ([, command = 'unnamed', code]) => ({
      type: 'refused',
      command: command === 'START' || command === 'VEND' || command === 'STOP' ? command : 'unnamed',
      code: 0 - Number(code),
    }),
    write: ({ command, code }) =>
      command === 'unnamed' ? `c,ERR,-${-code}` : `c,ERR,"${command} -${-code}"`,
  },
  unknownCommand: {
    pattern: /^c,UNKNOWN(?:,"?([^"]*)"?)?$/,
    read: ([, text = '']) => ({ type: 'unknownCommand', text }),
    write: ({ text }) => `c,UNKNOWN,"${text}"`,
  },
  cashSale: {
    pattern: /^c,SALE,([^,]+)(?:,(\d{1,5}))?$/,
    read: (fields, currency) => withPriceAndItem('cashSale', fields, currency),
    write: ({ priceMinor, item }, currency) => `c,SALE,${decimalText(priceMinor, currency)},${item}`,
  },
}

const hostForms: Forms<HostShapes> = {
  askVersion: fixed('askVersion', 'V'),
  askHardware: fixed('askHardware', 'H'),
  resetBox: fixed('resetBox', 'F,RESET'),
  switch: {
    pattern: /^C,([01])$/,
    read: ([, on]) => ({ type: 'switch', on: on === '1' }),
    write: ({ on }) => `C,${on ? 1 : 0}`,
  },
  setting: {
    pattern: /^C,SETCONF,([a-z][a-z-]*)=([\w.]+)$/,
    read: ([, name = '', value = '']) => ({ type: 'setting', name, value }),
    write: ({ name, value }) => `C,SETCONF,${name}=${value}`,
  },
  startSession: {
    pattern: /^C,START,([^,]+)(?:,.*)?$/,
    read: ([, text = ''], currency) => {
      const funds = amountMinorOf(text, currency)
      if (funds === undefined || funds < 0) return undefined
      return funds === 0 ? { type: 'startSession' } : { type: 'startSession', funds }
    },
    write: ({ funds }, currency) => `C,START,${funds === undefined ? '0' : decimalText(funds, currency)}`,
  },
  deny: fixed('deny', 'C,VEND,-1'),
  approve: {
    pattern: /^C,VEND,([^,]+)(?:,(\d{1,5}))?$/,
    read: ([, text = '', item], currency) => {
      const amountMinor = amountMinorOf(text, currency)
      if (amountMinor === undefined || amountMinor < 0 || Number(item ?? 0) > unknownItem) return undefined
      return item === undefined
        ? { type: 'approve', amountMinor }
        : { type: 'approve', amountMinor, item: Number(item) }
    },
    write: ({ amountMinor, item }, currency) =>
      `C,VEND,${decimalText(amountMinor, currency)}${item === undefined ? '' : `,${item}`}`,
  },
  stopSession: fixed('stopSession', 'C,STOP'),
  display: {
    pattern: /^C,DISPLAY,([ -~]{0,32})$/,
    read: ([, text = '']) => ({ type: 'display', text }),
    write: ({ text }) => `C,DISPLAY,${text}`,
  },
}

/** Total: any text gives a line, if only `unreadable`. Amounts are read exactly or not at all. */
export function readBoxLine(text: string, currency: Currency): BoxLine {
  return readLine<WritableBoxLine>(Object.values(boxForms), text, currency)
}

export function readHostLine(text: string, currency: Currency): HostLine {
  return readLine<WritableHostLine>(Object.values(hostForms), text, currency)
}

/** Without the line's end. */
export function writeBoxLine<T extends keyof BoxShapes>(
  line: LineOf<BoxShapes, T>,
  currency: Currency,
): string {
  const form: Form<LineOf<BoxShapes, T>> = boxForms[line.type]
  return form.write(line, currency)
}

/** Without the line's end. */
export function writeHostLine<T extends keyof HostShapes>(
  line: LineOf<HostShapes, T>,
  currency: Currency,
): string {
  const form: Form<LineOf<HostShapes, T>> = hostForms[line.type]
  return form.write(line, currency)
}

/** The currency as MDB writes it: ISO 4217 number in BCD with a leading 1. */
export function mdbCurrencyCode(currency: Currency): string {
  return `0x1${String(currencies[currency].numeric).padStart(3, '0')}`
}

function readLine<Line>(
  forms: readonly Pick<Form<Line>, 'pattern' | 'read'>[],
  text: string,
  currency: Currency,
): Line | { type: 'unreadable'; text: string } {
  if (text.length <= longestLine) {
    for (const { pattern, read } of forms) {
      const fields = pattern.exec(text)
      const line = fields && read(fields, currency)
      if (line) return line
    }
  }
  return { type: 'unreadable', text: text.slice(0, longestLine) }
}

function withPriceAndItem<T extends string>(
  type: T,
  [, price = '', item = String(unknownItem)]: readonly (string | undefined)[],
  currency: Currency,
) {
  const priceMinor = amountMinorOf(price, currency)
  if (priceMinor === undefined || priceMinor < 0 || priceMinor > largestAmountMinor) return undefined
  return Number(item) <= unknownItem ? { type, priceMinor, item: Number(item) } : undefined
}
