// `npm run bus -- test-vend`: our reader is played on the machine's bus, and one vend is led from the choice
// to the machine's own word about it. A key takes the place of the payment: no money moves, nobody is
// charged, nothing is booked.
import type { Hardware, HardwareEvent } from '@concilia/automaton/hardware/port.ts'
import type { Clock } from '@concilia/protocol/clock.ts'
import { decimalText } from '@concilia/protocol/money.ts'
import type { Print } from './doctor.ts'
import { identified } from './identified.ts'
import { playedReader, type ReaderPlace } from './played-reader.ts'

export interface TestVendParts {
  readonly place: Omit<ReaderPlace, 'bridge'>
  readonly seconds: number
  readonly clock: Clock
  readonly print: Print
  /** Asked once, when an item was chosen. */
  readonly mayFall: () => Promise<boolean>
}

type Ending = Extract<HardwareEvent, { type: 'vendConcluded' }>['result'] | 'refused' | 'none'

const endings: Readonly<Record<Ending, string>> = {
  delivered: 'DELIVERED: the machine says that the item fell. Look whether it did.',
  failed: 'NOT DELIVERED: the machine says that nothing fell. A buyer gets the money back.',
  unknown: 'UNKNOWN: the machine did not say how it ended. Look whether the item fell.',
  refused: 'REFUSED by you: nothing should have fallen.',
  none: 'NO VEND: nothing was chosen in time, or it was taken back. Run the doctor.',
}

/** @returns whether the machine says that it delivered */
export async function testVend(parts: TestVendParts): Promise<boolean> {
  const { place, clock, print } = parts
  print('TEST VEND: no money moves. The item that falls is paid by nobody.')
  const found = await identified(place.path, clock)
  for (const line of found.lines.slice(0, 1)) print(line)
  if (found.is === 'nothing' || found.is === 'noise') return false
  const hardware = playedReader({ ...place, bridge: found.is }, clock, {
    lost: (error) => print(`${error.message}\n${error.advice}`),
  })
  const ending = await led(hardware, parts)
  await hardware.stop()
  print(endings[ending])
  return ending === 'delivered'
}

function led(hardware: Hardware, { seconds, clock, print, mayFall }: TestVendParts): Promise<Ending> {
  const ended = Promise.withResolvers<Ending>()
  /** An approval that was given has its own time. */
  let approved = false
  clock.after(seconds * 1000, () => approved || ended.resolve('none'))
  const decide = async (price: Extract<HardwareEvent, { type: 'vendRequested' }>['price']) => {
    if (await mayFall()) {
      approved = true
      print('approved; waiting for what the machine says')
      return hardware.approve(price)
    }
    hardware.deny()
    ended.resolve('refused')
  }
  hardware.start(false, (event) => {
    switch (event.type) {
      case 'ready':
        print('The machine has our reader enabled. Choose an item on it.')
        if (event.reader === 'session') hardware.attend(seconds * 1000)
        return
      case 'notReady':
        return print(`our reader: ${event.why}`)
      case 'vendRequested': {
        const { amountMinor, currency } = event.price
        print(`item ${event.item} was chosen, for ${decimalText(amountMinor, currency)} ${currency}`)
        void decide(event.price)
        return
      }
      case 'vendCancelled':
        print('the choice was taken back')
        return ended.resolve('none')
      case 'vendConcluded':
        return ended.resolve(event.result)
      case 'sessionEnded':
        return
      case 'noticed':
        return print(`noticed: ${event.what}, ${event.detail}`)
    }
  })
  return ended.promise
}
