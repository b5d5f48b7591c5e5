// Everything simulated that one process holds: vending machines by name, and the phones with their carrier.
// Each call of control.ts is one function here.
import { OperatingError } from '@concilia/platform/operating-error.ts'
import type { Clock } from '@concilia/protocol/clock.ts'
import type { Random } from '@concilia/protocol/random.ts'
import { placeCall } from './caller.ts'
import type { CallName, Calls, MachineView } from './control.ts'
import { type DexPlug, dexOnPty } from './dex-plug.ts'
import { disturb } from './disturb.ts'
import type { KioskEvent } from './kiosk/kiosk.ts'
import { kioskCalls } from './kiosk/kiosk-calls.ts'
import { MachineOnPty } from './machine-on-pty.ts'
import type { Screen } from './phone.ts'
import { PhoneNetwork } from './phone-network.ts'
import { Pty } from './pty.ts'
import { unknownMachine } from './unknown-machine.ts'
import { type MachineEvent, usualMachine } from './vending-machine.ts'

export interface BenchParts {
  readonly clock: Clock
  readonly random: Random
  readonly see: (machine: string, event: MachineEvent) => void
  readonly seeKiosk: (machine: string, event: KioskEvent) => void
}

type Answer<Name extends CallName> = Calls[Name]['answers'] | Promise<Calls[Name]['answers']>

export interface Bench {
  readonly calls: { readonly [Name in CallName]: (takes: Calls[Name]['takes']) => Answer<Name> }
  close(): Promise<void>
}

export function openBench(parts: BenchParts): Bench {
  const machines = machineCalls(parts)
  const kiosks = kioskCalls(parts)
  const phones = phoneCalls(parts)
  return {
    calls: { ...machines.calls, ...kiosks.calls, ...phones.calls },
    async close() {
      machines.close()
      kiosks.close()
      await phones.close()
    },
  }
}

function machineCalls({ clock, see }: BenchParts) {
  const machines = new Map<string, MachineOnPty>()
  const keypads = new Map<string, Pty>()
  const plugs = new Map<string, DexPlug>()
  const find = (name: string): MachineOnPty => {
    const found = machines.get(name)
    if (!found) throw unknownMachine(name, [...machines.keys()])
    return found
  }
  /** For calls that change something and then show what has become of the machine. */
  const doing =
    <Takes extends { machine: string }>(act: (machine: MachineOnPty, takes: Takes) => void) =>
    (takes: Takes): MachineView => {
      const found = find(takes.machine)
      act(found, takes)
      return viewOf(found)
    }
  return {
    calls: {
      createMachine(takes: Calls['createMachine']['takes']) {
        const { name, link, dexLink, keypadLink, behaviours = [], ...settings } = takes
        machines.get(name)?.unplug()
        plugs.get(name)?.close()
        keypads.get(name)?.unplug()
        // A keypad shows nothing: what is written to it goes nowhere.
        if (keypadLink) keypads.set(name, new Pty(keypadLink, () => {}))
        const made = new MachineOnPty(link, { ...usualMachine, ...settings }, clock, (event) =>
          see(name, event),
        )
        made.machine.behave(behaviours)
        machines.set(name, made)
        if (dexLink) plugs.set(name, dexOnPty(dexLink, { counters: made.machine.counters, clock }))
        return viewOf(made)
      },
      press: ({ machine, item }: Calls['press']['takes']) => find(machine).machine.press(item),
      pushLever: doing(({ machine }) => machine.pushLever()),
      payInCoins: ({ machine, item }: Calls['payInCoins']['takes']) => find(machine).machine.payInCoins(item),
      behave: doing<Calls['behave']['takes']>(({ machine }, { behaviours }) => machine.behave(behaviours)),
      unplug: doing((found) => found.unplug()),
      plug: doing((found) => found.plug()),
      disturbDex: doing<Calls['disturbDex']['takes']>(({ machine: _ }, { machine, faults }) =>
        plugs.get(machine)?.device.disturb(...faults),
      ),
      restartBox: doing(({ machine }) => machine.box.restart()),
      disturb: doing<Calls['disturb']['takes']>(({ machine }, { fault }) => disturb(machine, fault)),
      door: doing<Calls['door']['takes']>(({ machine }, { open }) => machine.door(open)),
      cutPower: doing<Calls['cutPower']['takes']>(({ machine }, { forMs }) => machine.cutPower(forMs)),
      stopPolling: doing<Calls['stopPolling']['takes']>(({ machine }, { forMs }) =>
        machine.box.stopPolling(forMs),
      ),
      keys: doing<Calls['keys']['takes']>((_, { machine, keys }) => {
        const keypad = keypads.get(machine)
        if (!keypad) throw noKeypad(machine)
        keypad.write(keys)
      }),
      look: doing(() => {}),
    },
    close() {
      for (const machine of machines.values()) machine.unplug()
      for (const keypad of keypads.values()) keypad.unplug()
      for (const plug of plugs.values()) plug.close()
    },
  }
}

function viewOf({ machine, plugged }: MachineOnPty): MachineView {
  const { coinsMinor, display, enabled } = machine
  return { dropped: Object.fromEntries(machine.dropped), coinsMinor, display, enabled, plugged }
}

function noKeypad(name: string): OperatingError {
  return new OperatingError({
    code: 'no-keypad',
    message: `Machine ${name} has no keypad.`,
    advice: 'Make it with one: keypadLink, or --keypad PATH.',
  })
}

function phoneCalls({ clock, random }: BenchParts) {
  let network: PhoneNetwork | undefined
  const dialogues = new Map<string, Screen>()
  const phone = ({ number, form }: Calls['inbox']['takes']) => started(network).phone(number, form)
  const shown = (number: string, screen: Screen) => {
    dialogues.set(number, screen)
    return { text: screen.text, goesOn: screen.goesOn }
  }
  return {
    calls: {
      async startPhones(settings: Calls['startPhones']['takes']) {
        await network?.stop()
        network = new PhoneNetwork({ ...settings, clock, random })
        return network.start()
      },
      reachServer({ form, url }: Calls['reachServer']['takes']) {
        started(network).reach(form, url)
        return null
      },
      async text(takes: Calls['text']['takes']) {
        await phone(takes).text(takes.words)
        return null
      },
      dial: async (takes: Calls['dial']['takes']) => shown(takes.number, await phone(takes).dial(takes.code)),
      async type({ number, words }: Calls['type']['takes']) {
        const screen = dialogues.get(number)
        if (!screen) throw new OperatingError(noDialogue)
        return shown(number, await screen.answer(words))
      },
      nextText: (takes: Calls['nextText']['takes']) => phone(takes).nextText(takes.timeoutMs),
      inbox: (takes: Calls['inbox']['takes']) => phone(takes).texts,
      call: (takes: Calls['call']['takes']) => placeCall(takes),
    },
    async close() {
      await network?.stop()
    },
  }
}

const noDialogue = {
  code: 'no-dialogue',
  message: 'This phone has no dialogue to type into.',
  advice: 'Dial first.',
}

function started(network: PhoneNetwork | undefined): PhoneNetwork {
  if (network) return network
  throw new OperatingError({
    code: 'phones-not-started',
    message: 'The phones have no carrier yet.',
    advice: 'Call startPhones first.',
  })
}
