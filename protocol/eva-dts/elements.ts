// The elements of EVA-DTS 6.1 that we know: what each says, and what its fields are, in their order. One
// table for reading strictly, for the picture of counters and for the page about them (docs/eva-dts.md).
// An element that is not here is carried along and not understood.

/**
 * `count`: digits. `money`: digits in the file's own decimals. `signed`: digits that may have a minus.
 * `date`: YYMMDD or YYYYMMDD. `time`: HHMM or HHMMSS. `flag`: 0 or 1. `text`: anything.
 */
export type FieldKind = 'text' | 'count' | 'money' | 'signed' | 'date' | 'time' | 'flag'
export type Field = readonly [name: string, kind: FieldKind]

export interface Element {
  readonly about: string
  readonly fields: readonly Field[]
  /** What becomes of it in our counters; left out where it is only kept in the text. */
  readonly used?: string
}

const device: readonly Field[] = [
  ['serial', 'text'],
  ['model', 'text'],
  ['software', 'text'],
]
const valueAndNumber: readonly Field[] = [
  ['value init', 'money'],
  ['number init', 'count'],
  ['value reset', 'money'],
  ['number reset', 'count'],
]
const numberAndValue: readonly Field[] = [
  ['number init', 'count'],
  ['value init', 'money'],
  ['number reset', 'count'],
  ['value reset', 'money'],
]
const discounted: readonly Field[] = ['discounts', 'surcharges'].flatMap((what) =>
  ['value reset', 'value init', 'number reset', 'number init'].map(
    (which): Field => [`${what} ${which}`, which.startsWith('value') ? 'money' : 'count'],
  ),
)
const resetFirst = (...names: string[]): Field[] =>
  names.flatMap((name): Field[] => [
    [`${name} reset`, 'money'],
    [`${name} init`, 'money'],
  ])
const texts = (...names: string[]): Field[] => names.map((name) => [name, 'text'])

const known = {
  DXS: { about: 'begin of the file', fields: texts('id', 'function', 'version', 'number') },
  ST: { about: 'begin of a set', fields: texts('code', 'control number') },
  ID1: {
    about: 'the machine',
    fields: texts('serial', 'model', 'build', 'location', '', 'asset'),
    used: 'its name; another serial is another machine',
  },
  ID4: {
    about: 'decimals and currency',
    fields: [
      ['decimals', 'count'],
      ['numeric code', 'count'],
      ['alphabetic code', 'text'],
    ],
    used: 'what all amounts are read by',
  },
  ID5: {
    about: 'date and time of the machine',
    fields: [
      ['date', 'date'],
      ['time', 'time'],
    ],
  },
  CB1: { about: 'control board', fields: device },
  CA1: { about: 'coin changer', fields: device },
  BA1: { about: 'bill validator', fields: device },
  DA1: { about: 'cashless 1', fields: device },
  DB1: { about: 'cashless 2', fields: device },
  AM1: { about: 'audit module', fields: device },
  VA1: { about: 'all paid vends', fields: [...valueAndNumber, ...discounted], used: 'paid' },
  VA2: { about: 'test vends', fields: valueAndNumber, used: 'test' },
  VA3: { about: 'free vends', fields: valueAndNumber, used: 'free' },
  CA2: { about: 'vends for cash', fields: valueAndNumber, used: 'cash' },
  CA3: {
    about: 'cash in',
    fields: [
      ...['all', 'to box', 'to tubes', 'bills'].map((name): Field => [`${name} reset`, 'money']),
      ...['all', 'to box', 'to tubes', 'bills'].map((name): Field => [`${name} init`, 'money']),
      ['bill value reset', 'money'],
      ['bill value init', 'money'],
      ['to recycler reset', 'money'],
      ['to recycler init', 'money'],
    ],
    used: 'cash in, since initialisation',
  },
  CA4: {
    about: 'cash out',
    fields: [
      ['paid out reset', 'money'],
      ['by hand reset', 'money'],
      ['paid out init', 'money'],
      ['by hand init', 'money'],
      ...['bills reset', 'bills init', 'bills by hand reset', 'bills by hand init'].map(
        (name): Field => [name, 'money'],
      ),
      ['bill value reset', 'money'],
      ['bill value init', 'money'],
    ],
    used: 'cash out, since initialisation',
  },
  CA8: { about: 'paid too much', fields: resetFirst('overpaid') },
  CA9: { about: 'exchanged without a vend', fields: resetFirst('exchanged') },
  CA10: { about: 'filled into the tubes', fields: resetFirst('filled') },
  CA15: { about: 'value in the tubes', fields: [['value', 'money']], used: 'in the tubes' },
  CA17: {
    about: 'one tube',
    fields: [
      ['type', 'count'],
      ['value', 'money'],
      ['count', 'count'],
      ['filled by hand', 'count'],
      ['dispensed by hand', 'count'],
      ['full', 'flag'],
    ],
  },
  DA2: { about: 'vends by cashless 1 (address 0x10)', fields: valueAndNumber, used: 'cashless 1' },
  DB2: { about: 'vends by cashless 2 (address 0x60)', fields: valueAndNumber, used: 'cashless 2' },
  DA4: { about: 'credit to the medium, cashless 1', fields: resetFirst('value') },
  DB4: { about: 'credit to the medium, cashless 2', fields: resetFirst('value') },
  DA10: { about: 'vends paid with cash too, cashless 1', fields: numberAndValue },
  DB10: { about: 'vends paid with cash too, cashless 2', fields: numberAndValue },
  TA2: { about: 'vends for tokens', fields: valueAndNumber, used: 'tokens' },
  PA1: {
    about: 'a product',
    fields: [
      ['product', 'text'],
      ['price', 'money'],
      ['name', 'text'],
      ...texts('maximum', 'standard filling', 'filled'),
      ['status', 'text'],
      ['level', 'count'],
      ['minimum', 'count'],
    ],
    used: 'the product that the PA lines after it are about',
  },
  PA2: {
    about: 'paid vends of the product',
    fields: [...numberAndValue, ...discounted],
    used: 'number and value of the product',
  },
  PA3: { about: 'test vends of the product', fields: numberAndValue },
  PA4: { about: 'free vends of the product', fields: numberAndValue },
  PA5: {
    about: 'last sale of the product',
    fields: [
      ['date', 'date'],
      ['time', 'time'],
      ['sold out', 'count'],
    ],
  },
  PA7: {
    about: 'paid vends of a product by what they were paid with',
    fields: [...texts('product', 'device'), ['price list', 'count'], ['price', 'money'], ...numberAndValue],
    used: 'of the product: by cash, cashless 1, cashless 2',
  },
  PA8: { about: 'cash part of mixed payments for the product', fields: numberAndValue },
  EA1: {
    about: 'an event',
    fields: [
      ['event', 'text'],
      ['date', 'date'],
      ['time', 'time'],
      ['minutes', 'count'],
    ],
  },
  EA2: {
    about: 'how often an event came',
    fields: [
      ['event', 'text'],
      ['number reset', 'count'],
      ['number init', 'count'],
      ['', 'text'],
      ['active', 'flag'],
      ['minutes', 'count'],
    ],
    used: 'events',
  },
  EA3: {
    about: 'readings',
    fields: [
      ['number', 'count'],
      ['date', 'date'],
      ['time', 'time'],
      ['terminal', 'text'],
      ['date before', 'date'],
      ['time before', 'time'],
      ...texts('terminal before', ''),
      ['number init', 'count'],
      ['resets init', 'count'],
    ],
  },
  EA7: {
    about: 'power outages',
    fields: [
      ['reset', 'count'],
      ['init', 'count'],
    ],
  },
  MA5: { about: "the maker's own", fields: texts('error', 'block') },
  SD1: { about: 'control of the reading', fields: texts('', '', '', '', 'reset all', 'reset events') },
  G85: { about: 'check sum', fields: [['crc', 'text']] },
  SE: {
    about: 'end of a set',
    fields: [
      ['lines', 'count'],
      ['control number', 'text'],
    ],
  },
  DXE: { about: 'end of the file', fields: texts('number', 'sets') },
} satisfies Record<string, Element>

export type ElementName = keyof typeof known
export const elements: Readonly<Record<string, Element>> = known

/** Whether a field's text is of its kind. An empty field is of every kind. */
export function isOfKind(text: string, kind: FieldKind): boolean {
  if (text === '') return true
  switch (kind) {
    case 'text':
      return true
    case 'count':
    case 'money':
      return /^\d{1,12}$/.test(text)
    case 'signed':
      return /^-?\d{1,12}$/.test(text)
    case 'flag':
      return /^[01]$/.test(text)
    case 'date':
      return /^(\d\d)?\d\d(0[1-9]|1[0-2])(0[1-9]|[12]\d|3[01])$/.test(text)
    case 'time':
      return /^([01]\d|2[0-3])[0-5]\d([0-5]\d)?$/.test(text)
  }
}
