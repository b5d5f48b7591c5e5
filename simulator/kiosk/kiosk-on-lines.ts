// A kiosk with its two lines: pseudo-terminals on the bench, real serial ports on a laptop. A line that is
// pulled out can be put back.
import type { Clock } from '@concilia/protocol/clock.ts'
import type { HostLine } from '../vending-machine.ts'
import { Kiosk, type KioskEvent, type KioskPart, type KioskSettings } from './kiosk.ts'

/** Opens the line of a part; `received` is what its host wrote. */
export type OpenEnd = (part: KioskPart, received: (bytes: Uint8Array) => void) => HostLine

export class KioskOnLines {
  readonly kiosk: Kiosk

  constructor(settings: KioskSettings, clock: Clock, open: OpenEnd, see: (event: KioskEvent) => void) {
    const end = (part: KioskPart) => open(part, (bytes) => this.kiosk.receive(part, bytes))
    this.kiosk = new Kiosk(settings, clock, { changer: end('changer'), board: end('board') }, see)
  }

  unplug(): void {
    this.kiosk.lines.changer.unplug()
    this.kiosk.lines.board.unplug()
  }
}
