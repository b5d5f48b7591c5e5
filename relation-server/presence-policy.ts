// At which machines a buyer has to prove standing there, and the secret that each of them shares with its
// servers. The secrets are derived from the subscriber key: nothing is stored, and all servers know them.
import { isPresent, longestNumberWithPresence, presenceFigures } from '@concilia/protocol/presence-code.ts'
import type { MachineRow } from './store/port.ts'
import type { SubscriberVault } from './subscriber-vault.ts'

type Named = Pick<MachineRow, 'automatonId' | 'machineNumber'>

export interface PresencePolicy {
  /** Undefined where the number alone will do. */
  secretOf(machine: Named): string | undefined
}

/** @param machines machine numbers; `*` for all that are short enough */
export function presencePolicy(machines: readonly string[], vault: SubscriberVault): PresencePolicy {
  const numbers = new Set(machines)
  return {
    secretOf({ automatonId, machineNumber }) {
      if (machineNumber === null || machineNumber.length > longestNumberWithPresence) return undefined
      const isWanted = numbers.has('*') || numbers.has(machineNumber)
      return isWanted ? vault.presenceSecretOf(automatonId) : undefined
    },
  }
}

/** What was typed, as a machine number with the figures behind it. */
export function splitPresence(typed: string): { machineNumber: string; figures: string } {
  return { machineNumber: typed.slice(0, -presenceFigures), figures: typed.slice(-presenceFigures) }
}

export function standsThere(policy: PresencePolicy, machine: Named, figures: string, at: number): boolean {
  const secret = policy.secretOf(machine)
  return secret !== undefined && isPresent(secret, figures, at)
}
