// How a vending machine may behave, as a list of "if this, then that, else not mine". A behaviour answers
// whether it has taken the moment in hand; the first of the machine's list that does is the only one. `good`
// stands at every end.
import type { VendingMachine } from './vending-machine.ts'

export interface Behaviour {
  /** The machine has just asked the reader for a vend. */
  readonly asked?: (machine: VendingMachine, item: number) => boolean
  /** The reader has just approved it. */
  readonly approved?: (machine: VendingMachine, item: number) => boolean
}

const behaviours = {
  /** The motor turns, the goods fall, the machine says so. */
  good: {
    approved(machine, item) {
      machine.after(machine.settings.motorMs, () => {
        machine.drop(item)
        machine.reportSuccess()
      })
      return true
    },
  },
  /** All goes well, and the machine says so twice. */
  twice: {
    approved(machine, item) {
      machine.after(machine.settings.motorMs, () => {
        machine.drop(item)
        machine.reportSuccess()
        machine.line.write('c,VEND,SUCCESS\r\n')
      })
      return true
    },
  },
  /** The motor turns, nothing falls, the machine says so. */
  jam: {
    approved(machine) {
      machine.after(machine.settings.motorMs, () => machine.reportFailure())
      return true
    },
  },
  /** The goods fall and nobody is told. */
  silent: {
    approved(machine, item) {
      machine.after(machine.settings.motorMs, () => {
        machine.drop(item)
        machine.forgetVend()
      })
      return true
    },
  },
  /** The goods fall, and the machine restarts before it has said so. */
  reset: {
    approved(machine, item) {
      machine.after(machine.settings.motorMs, () => {
        machine.drop(item)
        machine.resetReader()
      })
      return true
    },
  },
  /** The machine restarts while it waits for a decision. */
  resetAsking: {
    asked(machine) {
      machine.after(machine.settings.motorMs, () => machine.resetReader())
      return true
    },
  },
  /** The machine restarts with the approval in its hands, before anything falls. */
  resetVending: {
    approved(machine) {
      machine.after(machine.settings.motorMs, () => machine.resetReader())
      return true
    },
  },
  /** The machine loses its power while the motor turns, and nothing falls. */
  powerCut: {
    approved(machine) {
      machine.cutPower(machine.settings.awayMs)
      return true
    },
  },
  /** The machine polls nobody while its motor turns, as the standard lets it. */
  noPolls: {
    approved(machine, item) {
      machine.box.stopPolling(machine.settings.awayMs)
      machine.after(machine.settings.motorMs, () => {
        machine.drop(item)
        machine.reportSuccess()
      })
      return true
    },
  },
  /** Somebody opens the door in the vend and closes it after a while. */
  door: {
    approved(machine, item) {
      machine.door(true)
      machine.after(machine.settings.awayMs, () => machine.door(false))
      machine.after(machine.settings.motorMs, () => {
        machine.drop(item)
        machine.reportSuccess()
      })
      return true
    },
  },
  /** All goes well, but later than anybody waits for. */
  slow: {
    approved(machine, item) {
      machine.after(machine.settings.slowMs, () => {
        machine.drop(item)
        machine.reportSuccess()
      })
      return true
    },
  },
  /** Somebody pulls the serial line in the middle of the vend, and puts it back after a while. */
  unplugged: {
    approved(machine, item) {
      machine.line.unplug()
      machine.after(machine.settings.unpluggedMs, () => machine.line.plug())
      machine.after(machine.settings.motorMs, () => {
        machine.drop(item)
        machine.reportSuccess()
      })
      return true
    },
  },
  /** The buyer thinks better of it and pays in coins. */
  coins: {
    asked(machine, item) {
      machine.after(machine.settings.motorMs, () => machine.payInCoins(item))
      return true
    },
  },
  /** A bad cable: noise between the lines. What is said gets through. */
  garbage: {
    asked(machine) {
      machine.line.write('\u0000\u00ff~}c,STA\r\n')
      return false
    },
    approved(machine) {
      machine.line.write('c,VEND,SUCC\u0007\r\n\u00fe\u00fe\r\n')
      return false
    },
  },
  /** The box loses its power for a moment while the machine waits for a decision. */
  boxRestart: {
    asked(machine) {
      machine.after(machine.settings.motorMs, () => machine.box.restart())
      return false
    },
  },
} as const satisfies Record<string, Behaviour>

export type BehaviourName = keyof typeof behaviours
export const behaviourNames = Object.keys(behaviours) as BehaviourName[]

export function behaviourNamed(name: BehaviourName): Behaviour {
  return behaviours[name]
}
