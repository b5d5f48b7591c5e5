// How a supervisor or a test works the simulator's process over Node's IPC channel: calls with answers, and
// events. Both ends are ours and of one version, so the shapes are types only.
import type { Currency } from '@concilia/protocol/money.ts'
import type { BehaviourName } from './behaviours.ts'
import type { BusFault } from './bus-faults.ts'
import type { Call, Heard } from './caller.ts'
import type { DexFault } from './dex-device.ts'
import type { ChangerSettings } from './kiosk/changer-settings.ts'
import type { KioskEvent } from './kiosk/kiosk.ts'
import type { KioskAct } from './kiosk/kiosk-acts.ts'
import type { KioskView } from './kiosk/kiosk-view.ts'
import type { GatewayForm, Shown } from './phone-gateway.ts'
import type { PhoneWay, SmppAccess } from './phone-network.ts'
import type { MachineEvent, MachineSettings, Pressed } from './vending-machine.ts'

/** What is left out is as in `usualMachine`. */
export interface NewMachine extends Partial<Omit<MachineSettings, 'currency' | 'items'>> {
  readonly name: string
  /** The path that the automaton opens. */
  readonly link: string
  /** Where its DEX plug appears; it has none when left out. */
  readonly dexLink?: string
  /** Where its keypad for the codes of calls appears; it has none when left out. */
  readonly keypadLink?: string
  readonly currency: Currency
  /** Item number to price in minor units. */
  readonly items: Readonly<Record<number, number>>
  readonly behaviours?: readonly BehaviourName[]
}

/** Of each item there is plenty. */
export interface NewKiosk {
  readonly name: string
  /** The paths that the automaton opens: the changer's bridge, and the motor board. */
  readonly link: string
  readonly boardLink: string
  readonly currency: Currency
  readonly items: readonly number[]
  /** As in `usualKiosk` when left out. */
  readonly bridge?: 'qibixx' | 'raw'
  readonly changer?: Partial<Omit<ChangerSettings, 'currency'>>
}

/** What can be seen of a machine from outside. */
export interface MachineView {
  /** Goods that fell, by item: the physical truth. */
  readonly dropped: Readonly<Record<number, number>>
  readonly coinsMinor: number
  readonly display: string
  /** The machine would let a buyer pay by phone now. */
  readonly enabled: boolean
  readonly plugged: boolean
}

interface OfMachine {
  readonly machine: string
}
interface OfPhone {
  readonly number: string
  readonly form?: PhoneWay
}

/** Name of a call: what it takes and what it answers. */
export interface Calls {
  createMachine: { takes: NewMachine; answers: MachineView }
  press: { takes: OfMachine & { item: number }; answers: Pressed }
  pushLever: { takes: OfMachine; answers: MachineView }
  payInCoins: { takes: OfMachine & { item: number }; answers: boolean }
  /** How vends go from now on; none: well. */
  behave: { takes: OfMachine & { behaviours: readonly BehaviourName[] }; answers: MachineView }
  unplug: { takes: OfMachine; answers: MachineView }
  plug: { takes: OfMachine; answers: MachineView }
  /** At the next reading, once. */
  disturbDex: { takes: OfMachine & { faults: readonly DexFault[] }; answers: MachineView }
  restartBox: { takes: OfMachine; answers: MachineView }
  /** Something goes wrong on the raw bus, once. */
  disturb: { takes: OfMachine & { fault: BusFault }; answers: MachineView }
  door: { takes: OfMachine & { open: boolean }; answers: MachineView }
  cutPower: { takes: OfMachine & { forMs: number }; answers: MachineView }
  stopPolling: { takes: OfMachine & { forMs: number }; answers: MachineView }
  /** On the keypad. */
  keys: { takes: OfMachine & { keys: string }; answers: MachineView }
  look: { takes: OfMachine; answers: MachineView }
  createKiosk: { takes: NewKiosk; answers: KioskView }
  /** Rejects where it cannot be done. */
  kiosk: { takes: OfMachine & { act: KioskAct }; answers: KioskView }
  lookAtKiosk: { takes: OfMachine; answers: KioskView }
  /** A whole call; answered when it is over. */
  call: { takes: Call; answers: Heard }
  /** Port 0 lets the system choose. */
  startPhones: {
    takes: { port: number; shortCode: string; ussdCode: string; twice?: boolean; smpp?: SmppAccess }
    answers: { port: number; smppPort: number | undefined }
  }
  /** Where the server takes what a gateway brings. */
  reachServer: { takes: { form: GatewayForm; url: string }; answers: null }
  /** Answered once the server has taken it. */
  text: { takes: OfPhone & { words: string }; answers: null }
  dial: { takes: OfPhone & { code?: string }; answers: Shown }
  /** Types into the phone's running dialogue. */
  type: { takes: OfPhone & { words: string }; answers: Shown }
  /** The oldest text not yet read; waits for one. */
  nextText: { takes: OfPhone & { timeoutMs: number }; answers: string }
  inbox: { takes: OfPhone; answers: readonly string[] }
}

export type CallName = keyof Calls

export interface CallMessage {
  readonly id: number
  readonly call: CallName
  readonly takes: unknown
}

/** From the simulator: answers by id, and what happened on the machines. `ready` is the first of all. */
export type FromSimulator =
  | { readonly type: 'ready' }
  | { readonly type: 'answer'; readonly id: number; readonly answer: unknown }
  | { readonly type: 'failed'; readonly id: number; readonly why: string }
  | ({ readonly type: 'machine' } & OfMachine & MachineEvent)
  | ({ readonly type: 'kiosk' } & OfMachine & KioskEvent)
