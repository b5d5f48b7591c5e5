// The lines of a motor board, the vend mechanism of a machine that has no controller of its own: keys,
// display, door, a motor for each selection and one drop sensor. A small protocol of ours, in both
// directions; reading is total. Each line ends in a checksum, so that noise never turns another motor, and
// each vend has a number of the host's, so that a repeated command never turns one twice.
//
// What a board must do:
// - It keeps, where no power cut reaches, the number of the last vend that it began or barred and what
//   became of it, and writes it down before the motor turns. `VEND` of that number again, or `ASK`, says
//   only what became of it. It says `turning` when it begins, and the end by itself when there is one.
// - Numbers rise. A `VEND` below the last is `old` and turns nothing; of it the board knows nothing more.
// - `ASK` of a number above the last bars it: nothing has turned for it and nothing ever will (`never`),
//   even if its `VEND` was still on the way.
// - Started in the middle of a vend, it stops the motor and keeps that vend as `interrupted`.
// - At start, and on `HELLO`, it says who it is and the last number it has kept (0: none). A host that
//   finds another board asks it nothing about a vend of the one before, and goes on numbering above the
//   last.

/** Longest text that a board shows. */
export const boardDisplayWidth = 32
export const largestVendNumber = 0xffff_ffff
export const largestSelection = 65_534

/**
 * What became of a vend. `turning`: begun, no end yet. `dropped`: the drop sensor saw it. `notDropped`: a
 * whole turn, and the sensor saw nothing. `jam`: the motor was blocked, nothing seen. `homeLost`: the motor
 * turned and its home switch never came, nothing seen. `soldOut`, `doorOpen`: not turned. `interrupted`:
 * power went while it turned; nobody saw. `sensorBlind`: it turned while the drop sensor did not work;
 * nobody saw. Not kept, so that the same number may be tried again: `busy` (another vend turns). `never`:
 * not turned, barred. `old`: not turned now; what was earlier is not kept.
 */
export const vendFates = [
  'turning',
  'dropped',
  'notDropped',
  'jam',
  'homeLost',
  'soldOut',
  'doorOpen',
  'interrupted',
  'sensorBlind',
  'busy',
  'never',
  'old',
] as const
export type VendFate = (typeof vendFates)[number]

interface BoardShapes {
  /** Who it is, at its start and when asked. `boot` rises with each start. */
  board: { serial: string; boot: number; last: number }
  vend: { vend: number; fate: VendFate }
  /** The answer to `STATE`, and by itself when something of it has changed. */
  state: { door: 'open' | 'closed'; sensor: 'works' | 'blind'; soldOut: readonly number[] }
  /** A buyer pressed the button of a selection. Said once; a press that is lost is pressed again. */
  key: { selection: number }
  /** The last line could not be read; nothing was done. */
  unread: object
}

interface BoardHostShapes {
  hello: object
  askState: object
  /** Turn the motor of this selection, once for this number. */
  vend: { vend: number; selection: number }
  /** What became of it; bars a number that was not begun. */
  askVend: { vend: number }
  /** Up to 32 printable ASCII characters; nothing is answered. */
  show: { text: string }
}

type LineOf<Shapes, Type extends keyof Shapes> = { [T in Type]: { type: T } & Shapes[T] }[Type]
export type WritableBoardLine = LineOf<BoardShapes, keyof BoardShapes>
export type WritableBoardCommand = LineOf<BoardHostShapes, keyof BoardHostShapes>
type Unreadable = { type: 'unreadable'; text: string }
export type BoardLine = WritableBoardLine | Unreadable
export type BoardCommand = WritableBoardCommand | Unreadable

interface Form<Line> {
  readonly pattern: RegExp
  /** Undefined when a field is out of range: the line is then unreadable. */
  readonly read: (fields: readonly string[]) => Line | undefined
  readonly write: (line: Line) => string
}
type Forms<Shapes> = { readonly [T in keyof Shapes]: Form<LineOf<Shapes, T>> }

function fixed<T extends string>(type: T, text: string): Form<{ type: T }> {
  return { pattern: new RegExp(`^${text}$`), read: () => ({ type }), write: () => text }
}

const boardForms: Forms<BoardShapes> = {
  board: {
    pattern: /^board ([\w-]{1,16}) (\d{1,10}) (\d{1,10})$/,
    read: ([serial = '', boot, last]) => {
      if (Number(last) > largestVendNumber) return undefined
      return { type: 'board', serial, boot: Number(boot), last: Number(last) }
    },
    write: ({ serial, boot, last }) => `board ${serial} ${boot} ${last}`,
  },
  vend: {
    pattern: /^vend (\d{1,10}) (\w+)$/,
    read: ([number, word]) => {
      const vend = vendNumber(number)
      const fate = vendFates.find((name) => name === word)
      return vend === undefined || !fate ? undefined : { type: 'vend', vend, fate }
    },
    write: ({ vend, fate }) => `vend ${vend} ${fate}`,
  },
  state: {
    pattern: /^state (open|closed) (works|blind) (-|\d{1,5}(?:,\d{1,5})*)$/,
    read: ([door, sensor, list = '-']) => {
      const soldOut = list === '-' ? [] : list.split(',').map(Number)
      if (soldOut.some((selection) => selection > largestSelection)) return undefined
      return {
        type: 'state',
        door: door === 'open' ? 'open' : 'closed',
        sensor: sensor === 'works' ? 'works' : 'blind',
        soldOut,
      }
    },
    write: ({ door, sensor, soldOut }) => `state ${door} ${sensor} ${soldOut.join(',') || '-'}`,
  },
  key: {
    pattern: /^key (\d{1,5})$/,
    read: ([text]) => {
      const selection = Number(text)
      return selection <= largestSelection ? { type: 'key', selection } : undefined
    },
    write: ({ selection }) => `key ${selection}`,
  },
  unread: fixed('unread', 'unread'),
}

const hostForms: Forms<BoardHostShapes> = {
  hello: fixed('hello', 'HELLO'),
  askState: fixed('askState', 'STATE'),
  vend: {
    pattern: /^VEND (\d{1,10}) (\d{1,5})$/,
    read: ([number, text]) => {
      const vend = vendNumber(number)
      const selection = Number(text)
      return vend !== undefined && selection <= largestSelection
        ? { type: 'vend', vend, selection }
        : undefined
    },
    write: ({ vend, selection }) => `VEND ${vend} ${selection}`,
  },
  askVend: {
    pattern: /^ASK (\d{1,10})$/,
    read: ([number]) => {
      const vend = vendNumber(number)
      return vend === undefined ? undefined : { type: 'askVend', vend }
    },
    write: ({ vend }) => `ASK ${vend}`,
  },
  show: {
    pattern: /^SHOW ([ -~]{0,32})$/,
    read: ([text = '']) => ({ type: 'show', text }),
    write: ({ text }) => `SHOW ${text}`,
  },
}

/** Total: any text gives a line, if only `unreadable`. */
export function readBoardLine(text: string): BoardLine {
  return readLine<WritableBoardLine>(Object.values(boardForms), text)
}

export function readBoardCommand(text: string): BoardCommand {
  return readLine<WritableBoardCommand>(Object.values(hostForms), text)
}

/** With its checksum, without the line's end. */
export function writeBoardLine<T extends keyof BoardShapes>(line: LineOf<BoardShapes, T>): string {
  const form: Form<LineOf<BoardShapes, T>> = boardForms[line.type]
  return checked(form.write(line))
}

/** With its checksum, without the line's end. */
export function writeBoardCommand<T extends keyof BoardHostShapes>(line: LineOf<BoardHostShapes, T>): string {
  const form: Form<LineOf<BoardHostShapes, T>> = hostForms[line.type]
  return checked(form.write(line))
}

/** Longest line with its checksum; a longer one is unreadable. */
const longestLine = 160

function readLine<Line>(forms: readonly Pick<Form<Line>, 'pattern' | 'read'>[], text: string) {
  const said = text.slice(0, -3)
  if (text.length <= longestLine && checked(said) === text) {
    for (const { pattern, read } of forms) {
      const found = pattern.exec(said)
      const line = found && read(found.slice(1))
      if (line) return line
    }
  }
  return { type: 'unreadable', text: text.slice(0, longestLine) } as const
}

/** `VEND 17 5*A3`: the sum of what stands before the star, modulo 256. */
function checked(text: string): string {
  const sum = [...text].reduce((total, character) => total + (character.codePointAt(0) ?? 0), 0)
  return `${text}*${(sum & 0xff).toString(16).toUpperCase().padStart(2, '0')}`
}

/** From 1 on. */
function vendNumber(text: string | undefined): number | undefined {
  const vend = Number(text)
  return vend >= 1 && vend <= largestVendNumber ? vend : undefined
}
