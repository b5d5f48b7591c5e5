// A serial port of the system as a SerialLine. It opens the port again whenever it goes away, with growing
// pauses. The one place that knows what the `serialport` package says when something is wrong: its errors
// have words, not codes.
import { fstatSync, statSync } from 'node:fs'
import { OperatingError } from '@concilia/platform/operating-error.ts'
import type { Clock, Timer } from '@concilia/protocol/clock.ts'
import { SerialPort } from 'serialport'
import type { OpenSerialLine, SerialLine, SerialLineEvents } from './serial-line.ts'

export interface SerialPortSettings {
  /** Such as `/dev/serial/by-id/usb-Qibixx_MDB-HAT_0-if00`: a name that survives replugging. */
  readonly path: string
  readonly clock: Clock
  /** First pause before opening again (ms); doubled up to eight times. */
  readonly retryMs: number
  /** 115200 when left out, which a Qibixx box wants; always 8 data bits, no parity, 1 stop bit. */
  readonly baudRate?: number
}

export function serialPortLine(settings: SerialPortSettings): OpenSerialLine {
  return (events) => new SerialPortLine(settings, events)
}

class SerialPortLine implements SerialLine {
  readonly #settings: SerialPortSettings
  readonly #events: SerialLineEvents
  /** Undefined between a loss and the next attempt, and after `close`. */
  #port: SerialPort | undefined
  #retry: Timer | undefined
  #watch: Timer | undefined
  #attempts = 0
  #saidCode = ''

  constructor(settings: SerialPortSettings, events: SerialLineEvents) {
    this.#settings = settings
    this.#events = events
    this.#open()
  }

  write(text: string): void {
    const port = this.#port
    if (!port?.isOpen) return
    port.write(text, 'latin1', (error) => {
      if (error) this.#lose(port, error)
    })
  }

  async close(): Promise<void> {
    const port = this.#port
    this.#port = undefined
    this.#retry?.cancel()
    this.#watch?.cancel()
    if (!port?.isOpen) return
    await new Promise<void>((resolve) => port.drain(() => port.close(() => resolve())))
  }

  #open(): void {
    const { path, baudRate = 115_200 } = this.#settings
    const port = new SerialPort({ path, baudRate, autoOpen: false })
    this.#port = port
    port.on('data', (bytes: Buffer) => {
      if (this.#port === port) this.#events.received(bytes)
    })
    // An unplugged port says so up to three times, in either way.
    port.on('close', (error: Error | null) => this.#lose(port, error ?? new Error('closed')))
    port.on('error', (error) => this.#lose(port, error))
    port.open((error) => {
      if (error) return this.#lose(port, error)
      // Closed while it was being opened.
      if (this.#port !== port) return port.close()
      this.#attempts = 0
      this.#saidCode = ''
      this.#lookAfter(port)
      this.#events.opened()
    })
  }

  /**
   * The package misses about one unplugging in twenty: it waits for ever then on a device that is gone. So we
   * look whether the port's name still leads to what is open.
   */
  #lookAfter(port: SerialPort): void {
    this.#watch = this.#settings.clock.after(lookEveryMs, () => {
      if (this.#port !== port) return
      if (leadsTo(this.#settings.path, port)) this.#lookAfter(port)
      else this.#lose(port, new Error('no such device'))
    })
  }

  #lose(port: SerialPort, cause: Error): void {
    if (this.#port !== port) return
    this.#port = undefined
    if (port.isOpen) port.close(() => {})
    const error = serialError(this.#settings.path, cause)
    const pauseMs = this.#settings.retryMs * 2 ** Math.min(this.#attempts, 3)
    this.#attempts += 1
    this.#retry = this.#settings.clock.after(pauseMs, () => this.#open())
    if (error.code === this.#saidCode) return
    this.#saidCode = error.code
    this.#events.lost(error)
  }
}

const lookEveryMs = 500

function leadsTo(path: string, port: SerialPort): boolean {
  // Of the package's own object for this system; its types do not tell.
  const fd: unknown = Reflect.get(port.port ?? {}, 'fd')
  if (typeof fd !== 'number') return true
  try {
    const [open, there] = [fstatSync(fd), statSync(path)]
    return open.rdev === there.rdev && open.ino === there.ino
  } catch {
    return false
  }
}

interface Classified {
  readonly code: string
  readonly words: RegExp
  readonly says: string
  readonly advice: string
}

const classes: readonly Classified[] = [
  {
    code: 'serial-port-busy',
    words: /cannot lock port|temporarily unavailable|resource busy|access denied/i,
    says: 'is in use by another program',
    advice: 'Stop the other program that has it open; one automaton has one port for itself.',
  },
  {
    code: 'serial-port-not-allowed',
    words: /permission denied|EACCES/i,
    says: 'may not be opened by this user',
    advice: 'Add the user to the group that owns the port (often dialout) and log in again.',
  },
  {
    code: 'serial-port-missing',
    words: /no such file|file not found|ENOENT|ENODEV|ENXIO|no such device/i,
    says: 'is not there',
    advice:
      'Plug the box in, or correct the port in the configuration; /dev/serial/by-id lists what is there.',
  },
  {
    code: 'not-a-serial-port',
    words: /inappropriate ioctl|ENOTTY|not a (tty|typewriter)|is a directory/i,
    says: 'is not a serial port',
    advice: 'Correct the port in the configuration; /dev/serial/by-id lists what is there.',
  },
  {
    code: 'serial-port-unplugged',
    words: /bad file descriptor|EBADF|EIO|i\/o error|disconnected|^closed$/i,
    says: 'went away',
    advice: 'Check the cable and the power of the box; the automaton opens it again by itself.',
  },
]

/** The raw error stays inside as the cause. Every one may go away by itself, so every one is tried again. */
export function serialError(path: string, cause: Error): OperatingError {
  const found = classes.find(({ words }) => words.test(cause.message))
  return new OperatingError({
    code: found?.code ?? 'serial-port-failed',
    message: `The serial port ${path} ${found?.says ?? 'failed'}.`,
    advice: found?.advice ?? 'Check the port and the box; the automaton goes on trying.',
    retry: true,
    cause,
  })
}
