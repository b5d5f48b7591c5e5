// `machine links`: what brings a phone to a machine in one touch, printed, and as pictures for stickers.
import { OperatingError } from '@concilia/platform/operating-error.ts'
import { machineNumberSchema } from '@concilia/protocol/topics.ts'
import { type CommandParts, type FlagValues, needed } from './command-parts.ts'
import { type MachineLink, machineLinks } from './phones/links/machine-links.ts'
import { qrPng, qrSvg } from './phones/links/qr-picture.ts'

const hints: Record<MachineLink['kind'], string> = {
  page: 'opens its page: price, payment and receipt in the browser',
  text: 'opens the messages with the text ready, on iPhones and on Android',
  dial: 'dials, on Android; iPhones dial no code with * and #',
}

export async function links(flags: FlagValues, parts: CommandParts): Promise<void> {
  const { store, offered, payWord, print, writePicture } = parts
  const machineNumber = needed(flags, 'number', machineNumberSchema)
  const machines = await store.machines()
  if (!machines.some((row) => row.machineNumber === machineNumber)) throw noMachine(machineNumber)
  const found = machineLinks(machineNumber, offered, payWord())
  if (found.length === 0) throw noWay()
  for (const [index, { kind, url, ways }] of found.entries()) {
    print(`${kind.padEnd(5)} ${url}`)
    print(`      ${hints[kind]} (through ${ways.join(', ')})`)
    if (typeof flags.out !== 'string') continue
    const before = found.slice(0, index).filter((each) => each.kind === kind).length
    const name = `machine-${machineNumber}-${kind}${before === 0 ? '' : `-${before + 1}`}`
    for (const [ending, picture] of [['svg', qrSvg(url)] as const, ['png', qrPng(url)] as const]) {
      print(`      ${writePicture(flags.out, `${name}.${ending}`, picture)}`)
    }
  }
  if (flags.out === undefined)
    print('With --out FOLDER each is written as a QR code. On an NFC tag: as a URI record.')
}

function noMachine(machineNumber: string): OperatingError {
  return new OperatingError({
    code: 'no-such-machine',
    message: `No machine has the number ${machineNumber}.`,
    advice: 'See `machine list`; a new one is added by `machine enrol`.',
  })
}

function noWay(): OperatingError {
  return new OperatingError({
    code: 'no-link',
    message: 'The configuration has no page, no number to text and no code to dial.',
    advice: 'Give a gateway a number as its sender (letters cannot be answered), or add [phones.web].',
  })
}
