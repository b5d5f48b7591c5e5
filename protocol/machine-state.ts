// The machine's own state on the wire: whether the vending machine behind the automaton can sell by phone,
// in the words of OPC 30210-1 (OPC UA for unattended retail), and its faults as EVA-DTS event codes. One
// table of each; docs/machine-state.md is made from them. It decides nothing and carries no money.
import { z } from 'zod'

/**
 * OPC 30210-1: `PaymentModeOrDeviceStatusEnum` of our reader as a standalone cashless device, and its
 * `IsEnabled`. Only Available and enabled can it sell.
 */
export const hardwareStateSchema = z.strictObject({
  status: z.enum(['Available', 'Offline', 'OutOfOrder']),
  isEnabled: z.boolean(),
})
export type HardwareState = z.infer<typeof hardwareStateSchema>

interface StateRow {
  readonly state: HardwareState
  readonly about: string
  /** States of MDB 4.2, 7.2 that are this; the pairs are those of OPC 30210-1, 7.21.3. */
  readonly mdb: string
}

/** What the hardware port says, as the state that presence says. */
export const hardwareStates = {
  ready: {
    state: { status: 'Available', isEnabled: true },
    about: 'the vending machine has our reader enabled: a buyer can choose',
    mdb: 'Enabled, Session Idle, Vend',
  },
  disabled: {
    state: { status: 'Available', isEnabled: false },
    about: 'the vending machine has it disabled: door open, out of order, or sold out',
    mdb: 'Disabled',
  },
  configuring: {
    state: { status: 'Offline', isEnabled: false },
    about: 'it is being set up, or the vending machine has not begun to; or an outcome is still listened for',
    mdb: 'Inactive',
  },
  lost: {
    state: { status: 'OutOfOrder', isEnabled: false },
    about: 'serial line, bridge or vending machine are gone',
    mdb: 'Inactive',
  },
  journalFailed: {
    state: { status: 'OutOfOrder', isEnabled: false },
    about: 'the automaton cannot write its journal, and sells nothing by phone',
    mdb: 'any',
  },
} as const satisfies Record<string, StateRow>
export type HardwareStateName = keyof typeof hardwareStates

/** A machine that has never said counts as able: the offer it makes, or not, will tell. */
export function canSell(state: HardwareState | null | undefined): boolean {
  return state == null || (state.status === 'Available' && state.isEnabled)
}

/** Three letters of EVA-DTS 6.1.1, and what they are about, such as the selection in `ELB_A3`. */
export const eventCodeSchema = z.string().regex(/^[A-Z][A-Z0-9]{2,5}(_[A-Z0-9]{1,4})?$/)

interface EventRow {
  /** EVA-DTS event; null where that has none: it is then no fault of the machine. */
  readonly code: string | null
  /** `true`: stands from now on. `false`: is over. Without it, it happened and that is all. */
  readonly active?: boolean
  readonly about: string
}

/** Everything that an automaton notices which is no sale by phone. */
export const machineEvents = {
  hardwareLost: {
    code: 'EKB',
    active: true,
    about: 'the way to the vending machine is gone, or it is silent',
  },
  hardwareBack: { code: 'EKB', active: false, about: 'it is back' },
  boxRestarted: { code: 'ECA', about: 'the bridge lost its power, which it has from the machine' },
  doorOpened: { code: 'EGS', active: true, about: 'the door was opened' },
  doorClosed: { code: 'EGS', active: false, about: 'the door was closed (EGT in audit data)' },
  notDelivered: { code: 'ELA', about: 'the vending machine reported that a product did not fall' },
  fault: { code: null, about: 'coin changer or motor board; with the code of the event, such as EAA' },
  vendFailed: { code: 'ELA', about: 'sold for coins, and nothing fell: the buyer has the credit' },
  vendUnknown: { code: null, about: 'sold for coins, and nobody knows what fell: the buyer has the credit' },
  payoutInDoubt: { code: null, about: 'coins that may have come out; they are not paid again' },
  payoutOwed: { code: null, about: 'coins that certainly did not come out and cannot: a buyer is owed' },
  garbage: { code: null, about: 'bytes that are no line or block' },
  surprise: { code: null, about: 'a known word in the wrong place' },
  cashSale: { code: null, about: 'the machine sold for cash' },
  journalFailed: { code: null, about: 'nothing is sold by phone until the disk can be written again' },
  priceDiffers: { code: null, about: 'the machine asks another price than its list says' },
  auditFailed: { code: null, about: "the machine's audit data could not be read" },
} as const satisfies Record<string, EventRow>
export type MachineEventKind = keyof typeof machineEvents
export const machineEventKinds = Object.keys(machineEvents) as MachineEventKind[]

/** What telemetry says of an event besides its words. */
export function eventCode(kind: MachineEventKind): { code?: string; active?: boolean } {
  const { code, active }: EventRow = machineEvents[kind]
  return { ...(code === null ? {} : { code }), ...(active === undefined ? {} : { active }) }
}
