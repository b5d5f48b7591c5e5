// The kinds of fields of which MDB messages are made. A field knows how long it is in a dialect and how its
// bytes read and write; which fields a message has is in the tables (cashless.ts, coin-changer.ts).

/** What the two sides have agreed on, as far as it changes layouts (MDB 4.2, 7.4). */
export interface Dialect {
  /** The lower of the two sides' levels. */
  readonly level: 1 | 2 | 3
  /** EXPANDED CURRENCY MODE: 32-bit money or multi-currency was enabled. */
  readonly expanded: boolean
  /** Columns times rows of the machine's display as far as it is ours; 0: none. */
  readonly displayBytes: number
}

export interface Field<T> {
  /** Bytes it takes; undefined: all that is left. */
  size(dialect: Dialect): number | undefined
  /** @returns undefined where the bytes cannot be such a field */
  read(bytes: readonly number[], lead: number, dialect: Dialect): T | undefined
  /** The bytes, and what it adds to the first byte of its message. @throws RangeError when it does not fit */
  write(value: T, dialect: Dialect): { bytes: number[]; lead?: number }
}

export type Fields = Readonly<Record<string, Field<unknown>>>
export type ValuesOf<F extends Fields> = { readonly [N in keyof F]: F[N] extends Field<infer T> ? T : never }

/** An unsigned number, most significant byte first (MDB 4.2, 2). */
export function number(size: 1 | 2 | 3 | 4): Field<number> {
  return {
    size: () => size,
    read: numberOf,
    write: (value) => ({ bytes: bytesOf(value, size) }),
  }
}

/** Scaled money: two bytes, four in expanded currency mode. */
export const money: Field<number> = {
  size: moneySize,
  read: numberOf,
  write: (value, dialect) => ({ bytes: bytesOf(value, moneySize(dialect)) }),
}

/** Scaled money of which all bits set say something else than an amount. */
export function moneyOr<Word extends string>(word: Word): Field<number | Word> {
  const top = (dialect: Dialect) => 2 ** (8 * moneySize(dialect)) - 1
  return {
    size: moneySize,
    read: (bytes, _, dialect) => (numberOf(bytes) === top(dialect) ? word : numberOf(bytes)),
    write: (value, dialect) => {
      if (value === top(dialect)) throw new RangeError(`${value} would be read as ${word}`)
      return { bytes: bytesOf(value === word ? top(dialect) : Number(value), moneySize(dialect)) }
    },
  }
}

/** One byte of two decimal digits; FF: not available. */
export const decimal: Field<number | 'unknown'> = {
  size: () => 1,
  read: ([byte = 0]) => {
    if (byte === 0xff) return 'unknown'
    return byte >> 4 > 9 || (byte & 15) > 9 ? undefined : (byte >> 4) * 10 + (byte & 15)
  },
  write: (value) => {
    if (value === 'unknown') return { bytes: [0xff] }
    if (!Number.isInteger(value) || value < 0 || value > 99) throw new RangeError(`${value} is no two digits`)
    return { bytes: [(Math.floor(value / 10) << 4) | (value % 10)] }
  },
}

/** Hexadecimal digits as text, such as a currency (`1978`; `FFFF` unknown) or a version. */
export function digits(size: number): Field<string> {
  return {
    size: () => size,
    read: (bytes) => Buffer.from(bytes).toString('hex').toUpperCase(),
    write: (value) => {
      if (!/^[0-9A-F]*$/.test(value) || value.length !== 2 * size)
        throw new RangeError(`${value} is not ${2 * size} digits`)
      return { bytes: [...Buffer.from(value, 'hex')] }
    },
  }
}

/** Characters, filled up with spaces when written; read exactly as they stand. */
export function characters(size: number | ((dialect: Dialect) => number)): Field<string> {
  const sizeIn = (dialect: Dialect) => (typeof size === 'number' ? size : size(dialect))
  return {
    size: sizeIn,
    read: (bytes) => Buffer.from(bytes).toString('latin1'),
    write: (value, dialect) => {
      const bytes = [...Buffer.from(value.padEnd(sizeIn(dialect)), 'latin1')]
      if (bytes.length > sizeIn(dialect)) throw new RangeError(`"${value}" is too long`)
      return { bytes }
    },
  }
}

/** All bytes that are left, so many at most. */
export function rest(most: number): Field<readonly number[]> {
  return {
    size: () => undefined,
    read: (bytes) => (bytes.length <= most ? [...bytes] : undefined),
    write: (value) => {
      if (value.length > most) throw new RangeError(`more than ${most} bytes`)
      return { bytes: value.flatMap((byte) => bytesOf(byte, 1)) }
    },
  }
}

/** Bits of the message's first byte, so many from `shift` up. */
export function leadBits(shift: number, width: number): Field<number> {
  const most = 2 ** width - 1
  return {
    size: () => 0,
    read: (_, lead) => (lead >> shift) & most,
    write: (value) => {
      if (!Number.isInteger(value) || value < 0 || value > most)
        throw new RangeError(`${value} exceeds its bits`)
      return { bytes: [], lead: value << shift }
    },
  }
}

/** One byte of two halves, as of DISPENSE: how many coins of which type (MDB 4.2, 5). */
export const coins: Field<{ readonly count: number; readonly type: number }> = {
  size: () => 1,
  read: ([byte = 0]) => ({ count: byte >> 4, type: byte & 15 }),
  write: ({ count, type }) => {
    if (count < 0 || count > 15 || type < 0 || type > 15) throw new RangeError('more than four bits')
    return { bytes: [(count << 4) | type] }
  },
}

/** Pairs of bytes, up to eight (MDB 4.2, 5: SEND DIAGNOSTIC STATUS). */
export const pairs: Field<readonly (readonly [number, number])[]> = {
  size: () => undefined,
  read: (bytes) => {
    if (bytes.length % 2 !== 0 || bytes.length > 16 || bytes.length === 0) return undefined
    return bytes.flatMap((byte, at) => (at % 2 === 0 ? [[byte, bytes[at + 1] ?? 0] as const] : []))
  },
  write: (value) => {
    if (value.length > 8 || value.length === 0) throw new RangeError('one to eight pairs')
    return { bytes: value.flatMap((pair) => pair.flatMap((byte) => bytesOf(byte, 1))) }
  },
}

/** A field that only some dialects have; in the others it reads as `absent` and takes no byte. */
export function where<T>(has: (dialect: Dialect) => boolean, field: Field<T>, absent: T): Field<T> {
  return {
    size: (dialect) => (has(dialect) ? field.size(dialect) : 0),
    read: (bytes, lead, dialect) => (has(dialect) ? field.read(bytes, lead, dialect) : absent),
    write: (value, dialect) => (has(dialect) ? field.write(value, dialect) : { bytes: [] }),
  }
}

function moneySize({ expanded }: Dialect): 2 | 4 {
  return expanded ? 4 : 2
}

function numberOf(bytes: readonly number[]): number {
  return bytes.reduce((value, byte) => value * 256 + byte, 0)
}

function bytesOf(value: number, size: number): number[] {
  if (!Number.isInteger(value) || value < 0 || value >= 256 ** size) {
    throw new RangeError(`${value} does not fit into ${size} bytes`)
  }
  return Array.from({ length: size }, (_, at) => Math.floor(value / 256 ** (size - 1 - at)) % 256)
}
