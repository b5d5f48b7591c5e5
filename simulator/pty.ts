// A pseudo-terminal: a serial port that exists only in software, with real termios under it. A symbolic link
// gives it a name that stays while it is unplugged and plugged in again. The process that holds it must start
// no programs: a child that inherited a descriptor would keep the line up after the unplug.
import { closeSync, constants, lstatSync, openSync, renameSync, rmSync, symlinkSync } from 'node:fs'
import { ReadStream } from 'node:tty'
import { OperatingError } from '@concilia/platform/operating-error.ts'
import koffi from 'koffi'

const libc = koffi.load('libc.so.6')
const posixOpenpt = libc.func('int posix_openpt(int flags)')
const grantpt = libc.func('int grantpt(int fd)')
const unlockpt = libc.func('int unlockpt(int fd)')
const ptsname = libc.func('const char *ptsname(int fd)')
const tcgetattr = libc.func('int tcgetattr(int fd, _Out_ uint8_t *termios)')
const cfmakeraw = libc.func('void cfmakeraw(_Inout_ uint8_t *termios)')
const tcsetattr = libc.func('int tcsetattr(int fd, int when, const uint8_t *termios)')

/** O_CLOEXEC, which Node does not name. Linux, all its machines of today. */
const closeOnExec = 0o2_000_000
/** More than any libc's struct termios. */
const termiosBytes = 256

export class Pty {
  readonly link: string
  readonly #received: (bytes: Buffer) => void
  #master: ReadStream | undefined
  #hold: number | undefined

  /** @param received what the port's owner wrote */
  constructor(link: string, received: (bytes: Buffer) => void) {
    this.link = link
    this.#received = received
    this.plug()
  }

  get plugged(): boolean {
    return this.#master !== undefined
  }

  plug(): void {
    if (this.#master) return
    const fd = checked(posixOpenpt(constants.O_RDWR | constants.O_NOCTTY | closeOnExec), 'posix_openpt')
    checked(grantpt(fd), 'grantpt')
    checked(unlockpt(fd), 'unlockpt')
    const path: string = ptsname(fd)
    // Held open so that the line stays up while nobody else has it.
    this.#hold = openSync(path, constants.O_RDWR | constants.O_NOCTTY)
    makeRaw(this.#hold)
    const master = new ReadStream(fd)
    master.on('data', this.#received)
    master.on('error', () => this.#master === master && this.unplug())
    this.#master = master
    try {
      linkTo(path, this.link)
    } catch (error) {
      this.#hangUp()
      throw error
    }
  }

  /** The other end sees its port go away at once. */
  unplug(): void {
    if (!this.#master) return
    this.#hangUp()
    rmSync(this.link, { force: true })
  }

  #hangUp(): void {
    this.#master?.destroy()
    if (this.#hold !== undefined) closeSync(this.#hold)
    this.#master = undefined
    this.#hold = undefined
  }

  /** Lost when unplugged, as on a wire. */
  write(text: string): void {
    this.#master?.write(Buffer.from(text, 'latin1'))
  }
}

/** In one step, so that nobody ever finds half a link; and never in the place of anything but a link. */
function linkTo(path: string, link: string): void {
  const fresh = `${link}.new`
  try {
    if (lstatSync(link, { throwIfNoEntry: false })?.isSymbolicLink() === false) throw new Error('not a link')
    rmSync(fresh, { force: true })
    symlinkSync(path, fresh)
    renameSync(fresh, link)
  } catch (cause) {
    throw new OperatingError({
      code: 'serial-link-not-made',
      message: `The serial port cannot appear at ${link}.`,
      advice: 'Choose a path in a folder that exists, where nothing is or only a link made here before.',
      cause,
    })
  }
}

function makeRaw(fd: number): void {
  const termios = Buffer.alloc(termiosBytes)
  checked(tcgetattr(fd, termios), 'tcgetattr')
  cfmakeraw(termios)
  checked(tcsetattr(fd, 0, termios), 'tcsetattr')
}

function checked(result: number, call: string): number {
  if (result < 0) throw new Error(`${call} failed (errno ${koffi.errno()})`)
  return result
}
