// The calls of the bench that are for kiosks, by name: each on two pseudo-terminals, worked by acts.
import { OperatingError } from '@concilia/platform/operating-error.ts'
import type { Clock } from '@concilia/protocol/clock.ts'
import type { Calls } from '../control.ts'
import { Pty } from '../pty.ts'
import { unknownMachine } from '../unknown-machine.ts'
import { type KioskEvent, usualKiosk } from './kiosk.ts'
import { perform } from './kiosk-acts.ts'
import { KioskOnLines } from './kiosk-on-lines.ts'
import { type KioskView, viewOf } from './kiosk-view.ts'

interface KioskParts {
  readonly clock: Clock
  readonly seeKiosk: (machine: string, event: KioskEvent) => void
}

export function kioskCalls({ clock, seeKiosk }: KioskParts) {
  const kiosks = new Map<string, KioskOnLines>()
  const find = (name: string): KioskOnLines => {
    const found = kiosks.get(name)
    if (!found) throw unknownMachine(name, [...kiosks.keys()])
    return found
  }
  return {
    calls: {
      createKiosk(takes: Calls['createKiosk']['takes']): KioskView {
        const { name, link, boardLink, currency, items, bridge, changer } = takes
        kiosks.get(name)?.unplug()
        const usual = usualKiosk(currency, items)
        const made = new KioskOnLines(
          { ...usual, ...(bridge && { bridge }), changer: { ...usual.changer, ...changer } },
          clock,
          (part, received) => new Pty(part === 'changer' ? link : boardLink, received),
          (event) => seeKiosk(name, event),
        )
        kiosks.set(name, made)
        return viewOf(made.kiosk)
      },
      kiosk({ machine, act }: Calls['kiosk']['takes']): KioskView {
        const { kiosk } = find(machine)
        const why = perform(kiosk, act)
        if (why) throw notPossible(why)
        return viewOf(kiosk)
      },
      lookAtKiosk: ({ machine }: Calls['lookAtKiosk']['takes']) => viewOf(find(machine).kiosk),
    },
    close() {
      for (const kiosk of kiosks.values()) kiosk.unplug()
    },
  }
}

function notPossible(why: string): OperatingError {
  return new OperatingError({
    code: 'kiosk-cannot',
    message: `The kiosk cannot do that: ${why}.`,
    advice: 'Look at it: `lookAtKiosk` shows its coins and goods.',
  })
}
