// The buyer's part of a sale that a phone call pays: calls the number of that price, names the machine, hears
// the code, and types it on the machine's keypad.
import { systemClock } from '@concilia/platform/system-clock.ts'
import { systemRandom } from '@concilia/platform/system-random.ts'
import { uuidFrom } from '@concilia/protocol/random.ts'
import type { Visit } from './buyer-at-phone.ts'
import { type BenchMachine, voiceNumber } from './buyers.ts'
import { voiceSecretOf } from './configurations.ts'
import type { House } from './house.ts'

/** @returns the code that was read out */
export async function buyCode({ house, machine, item }: Visit): Promise<string> {
  const { code } = await placeCall(house, machine, voiceNumber(machine.items[item] ?? 0))
  if (code === undefined) throw new Error('no code was read out')
  return code
}

export async function typeCode({ house, machine }: Visit, code: string): Promise<void> {
  act(house, `types ${code} on the keypad`)
  await house.simulator.call('keys', { machine: machine.number, keys: code })
}

/** A whole call, told as it goes. */
export async function placeCall(house: House, machine: BenchMachine, called: string) {
  act(house, `calls ${called}, and types ${machine.number}`)
  const heard = await house.simulator.call('call', {
    port: house.voicePort,
    secret: voiceSecretOf(house.places),
    id: uuidFrom(systemRandom),
    called,
    machineNumber: machine.number,
  })
  act(house, heard.code ? `hears the code ${heard.code}` : 'hears no code')
  return heard
}

function act(house: House, words: string): void {
  house.happenings.tell({ kind: 'act', at: systemClock.now(), party: 'caller', words })
}
