// The machines port: what the engine hears from vending machines and says to them, whatever carries it.
// Nothing here is a promise of delivery: what must arrive stands in an outbox and is sent again until it is
// answered.
import type { OperatingError } from '@concilia/platform/operating-error.ts'
import type { DownChannel } from '@concilia/protocol/topics.ts'
import type { MachineInput } from '../engine/inputs.ts'

export interface MachinesHear {
  /**
   * One message, in order of arrival for each machine. Must not throw; what it cannot use, it quarantines.
   */
  receive(input: MachineInput): void
  /** Every machine can be heard from now on (and what they said meanwhile will be said again). */
  up(): void
  /** No machine can be heard. Said once for each outage; the way back is being tried all the time. */
  down(error: OperatingError): void
}

export interface Machines {
  start(hear: MachinesHear): void
  /**
   * In the order of the calls, for each machine.
   * @returns whether the broker took it; false when there is no way now or too much is waiting for this
   *   machine
   */
  send(automatonId: string, channel: DownChannel, body: object): Promise<boolean>
  stop(): Promise<void>
}
