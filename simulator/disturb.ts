// A fault of the raw bus brought about at a machine, once; behind a box there is no bus that we could touch.
import { OperatingError } from '@concilia/platform/operating-error.ts'
import type { BusFault } from './bus-faults.ts'
import { BusMaster } from './bus-master.ts'
import type { VendingMachine } from './vending-machine.ts'

/** @throws OperatingError `no-raw-bus` for a machine behind a box */
export function disturb({ box }: VendingMachine, fault: BusFault) {
  if (box instanceof BusMaster) return box.disturb(fault)
  throw new OperatingError({
    code: 'no-raw-bus',
    message: `The fault ${fault} is one of the raw bus, and this machine has a box on it.`,
    advice: 'Make the machine with the raw bus (--bus, or without --box), or choose a behaviour.',
  })
}
