// The terminal of npm start: a person plays buyer, technician and bad luck, one command a line, and watches.
// Works on a pipe as well: lines in, lines out.
import { createInterface, type Interface } from 'node:readline'
import { nearestWord } from '@concilia/platform/nearest-word.ts'
import { OperatingError } from '@concilia/platform/operating-error.ts'
import { qrText } from '@concilia/relation-server/phones/links/qr-picture.ts'
import { behaviourNames } from '../behaviours.ts'
import { kioskActOf } from '../kiosk/kiosk-words.ts'
import type { Pressed } from '../vending-machine.ts'
import { doAt, payInCoins, press, pushLever, setLine } from './at-machine.ts'
import { placeCall } from './buyer-in-a-call.ts'
import { type BenchMachine, buyers, currency } from './buyers.ts'
import type { House } from './house.ts'
import { runCommand } from './one-command.ts'
import { screenText, showAccounts, showMachines, showSales } from './shows.ts'
import { behaviourNamed, buyerNamed, itemOf, Mistyped, machineNamed, oneOf } from './typed-words.ts'
import { wrapped } from './wrapped.ts'

interface Command {
  /** How it is typed. */
  readonly form: string
  readonly says: string
  /** @returns what to print, if anything */
  readonly run: (house: House, words: readonly string[]) => Promise<string | undefined>
}

const commands: Readonly<Record<string, Command>> = {
  machines: { form: 'machines', says: 'the machines, their items and displays', run: showMachines },
  page: {
    form: 'page MACHINE',
    says: "its page's address, for a browser, and as a QR code",
    async run(house, [number]) {
      const url = house.pageOf(machineNamed(house.machines, number))
      return process.stdout.isTTY ? `${url}\n${qrText(url)}` : url
    },
  },
  press: {
    form: 'press MACHINE ITEM',
    says: 'the buyer at the machine chooses phone payment and an item',
    async run(house, [number, item]) {
      const machine = machineNamed(house.machines, number)
      return pressedText[await press(house, machine, itemOf(machine, item))](machine)
    },
  },
  text: {
    form: 'text BUYER WORDS',
    says: 'a text to the service: text rich PAY 4021',
    async run({ simulator }, [who, ...words]) {
      await simulator.call('text', { number: buyerNamed(who).number, words: words.join(' ') })
      return undefined
    },
  },
  dial: {
    form: 'dial BUYER [CODE]',
    says: 'opens a dialogue: dial rich *123*4021#',
    async run({ simulator }, [who, code]) {
      const { number } = buyerNamed(who)
      return screenText(await simulator.call('dial', { number, ...(code !== undefined && { code }) }))
    },
  },
  type: {
    form: 'type BUYER WORDS',
    says: 'answers the screen of the dialogue: type rich 1',
    async run({ simulator }, [who, ...words]) {
      const { number } = buyerNamed(who)
      return screenText(await simulator.call('type', { number, words: words.join(' ') }))
    },
  },
  call: {
    form: 'call NUMBER MACHINE',
    says: 'a premium-rate call that buys a code: call 0899000150 4021 pays 1.50',
    async run(house, [called, number]) {
      if (!/^0899\d{6}$/.test(called ?? '')) throw new Mistyped('which number? 0899 and the price in cents')
      await placeCall(house, machineNamed(house.machines, number), called ?? '')
      return undefined
    },
  },
  keys: {
    form: 'keys MACHINE FIGURES',
    says: 'types a code on the keypad of the machine',
    async run({ simulator, machines }, [number, ...figures]) {
      await simulator.call('keys', { machine: machineNamed(machines, number).number, keys: figures.join('') })
      return undefined
    },
  },
  coins: {
    form: 'coins MACHINE ITEM',
    says: 'pays in coins instead',
    async run(house, [number, item]) {
      const machine = machineNamed(house.machines, number)
      const paid = await payInCoins(house, machine, itemOf(machine, item))
      return paid ? undefined : 'the machine takes no coins now'
    },
  },
  lever: {
    form: 'lever MACHINE',
    says: 'pushes the return lever',
    run: (house, [number]) => quiet(pushLever(house, machineNamed(house.machines, number))),
  },
  fault: {
    form: 'fault MACHINE [NAME ...]',
    says: `how its vends go from now on; none: well. ${behaviourNames.join(', ')}`,
    async run({ simulator, machines }, [number, ...names]) {
      const machine = machineNamed(machines, number)
      if (machine.kiosk)
        throw new Mistyped(`machine ${machine.number} is a kiosk: kiosk ${number} fault NAME`)
      const behaviours = names.map(behaviourNamed)
      await simulator.call('behave', { machine: machine.number, behaviours })
      return behaviours.length === 0 ? 'vends go well' : `vends go: ${behaviours.join(', ')}`
    },
  },
  unplug: {
    form: 'unplug MACHINE',
    says: 'pulls its serial line',
    run: (house, [number]) => quiet(setLine(house, machineNamed(house.machines, number), false)),
  },
  plug: {
    form: 'plug MACHINE',
    says: 'puts it back',
    run: (house, [number]) => quiet(setLine(house, machineNamed(house.machines, number), true)),
  },
  kiosk: {
    form: 'kiosk MACHINE WORDS',
    says: 'anything at a kiosk: kiosk 4023 coin 0.50; without words all that there is',
    async run(house, [number, ...words]) {
      const machine = machineNamed(house.machines, number)
      if (!machine.kiosk) throw new Mistyped(`machine ${machine.number} is no kiosk (npm start -- --kiosk)`)
      const act = kioskActOf(words.join(' '), currency)
      if (typeof act === 'string') return act
      await doAt(house, machine, act)
      return undefined
    },
  },
  audit: {
    form: 'audit MACHINE [now]',
    says: 'its own counters against what it reported; now: has them read over DEX',
    async run(house, [number, when]) {
      const { programs, places, machines } = house
      const server = programs.get('relation-server')
      if (!server) return 'there is no relation server'
      const id = ['--id', machineNamed(machines, number).automatonId]
      if (when !== 'now')
        return (await runCommand(server.program, places.root, ['machine', 'audit', ...id])).trimEnd()
      const who = ['--who', 'the terminal', '--why', 'typed']
      return (
        await runCommand(server.program, places.root, ['machine', 'read-audit', ...id, ...who])
      ).trimEnd()
    },
  },
  accounts: { form: 'accounts', says: "the buyers' accounts and the operator's", run: showAccounts },
  sales: { form: 'sales', says: 'the last sales, as the server closed them', run: showSales },
  kill: {
    form: 'kill PROGRAM',
    says: 'kill -9; it is started again and picks up where it was',
    async run({ programs }, [name]) {
      programs.get(oneOf('program', [...programs.keys()], name))?.kill()
      return undefined
    },
  },
}

const forms = [
  ...Object.values(commands),
  { form: 'help', says: 'this text' },
  { form: 'quit', says: 'stops everything (so does Ctrl-C); it is all there at the next start' },
]

function help({ machines }: House): string {
  const { columns } = process.stdout
  const names = ([title, all]: readonly [string, readonly string[]]) =>
    `  ${title.padEnd(26)} ${wrapped(all.join(', '), columns, 29)}`
  const words = [
    ['MACHINE', machines.map(({ number }) => number)],
    ['BUYER', Object.keys(buyers)],
  ] as const
  return [
    ...forms.map(({ form, says }) => `  ${form.padEnd(26)} ${wrapped(says, columns, 29)}`),
    '',
    ...words.map(names),
  ].join('\n')
}

export interface Terminal {
  /** A line from the house, without disturbing what is being typed. */
  print(text: string): void
  /** Resolves when the person has had enough, or the input has ended. */
  readonly quit: Promise<void>
  close(): void
}

export function openTerminal(house: House): Terminal {
  const { stdin: input, stdout: output } = process
  const isPerson = Boolean(input.isTTY && output.isTTY)
  const lines = createInterface({ input, output, terminal: isPerson, prompt: isPerson ? '> ' : '' })
  const print = (text: string) => printAbove(lines, isPerson, text)
  const { promise: quit, resolve } = Promise.withResolvers<void>()
  // One after the other: what is typed ahead waits.
  let turn = Promise.resolve()
  lines.on('line', (line) => {
    const words = line.trim().split(/\s+/).filter(Boolean)
    turn = turn.then(async () => {
      if (/^(quit|exit)$/i.test(words[0] ?? '')) return resolve()
      print(await answer(house, words))
    })
  })
  // On a pipe the end of the input is the end of the session, once all lines are done.
  lines.on('close', () => turn.then(resolve))
  // On a terminal Ctrl-C comes as a key, not as a signal.
  lines.on('SIGINT', () => resolve())
  print(`${help(house)}\n\nTry: press 4021 1, then text rich PAY 4021, then the answer it asks for.`)
  return {
    print,
    quit,
    close() {
      lines.close()
      if (isPerson) output.write(clearedLine)
    },
  }
}

async function answer(house: House, [typed = '', ...words]: readonly string[]): Promise<string> {
  const name = typed.toLowerCase()
  if (name === '') return ''
  if (name === 'help' || name === '?') return help(house)
  const command = Object.hasOwn(commands, name) ? commands[name] : undefined
  if (!command) {
    const nearest = nearestWord(name, [...Object.keys(commands), 'help', 'quit'])
    return `no command ${typed}${nearest ? `; did you mean ${nearest}?` : ''} (help shows all)`
  }
  try {
    return (await command.run(house, words)) ?? ''
  } catch (error) {
    if (error instanceof Mistyped) {
      return `${wrapped(error.message, process.stdout.columns)}\n  ${command.form}`
    }
    if (error instanceof OperatingError) return `${error.message} ${error.advice}`
    return error instanceof Error ? error.message : String(error)
  }
}

const clearedLine = '\r\x1b[K'

function printAbove(lines: Interface, isPerson: boolean, text: string): void {
  if (isPerson) process.stdout.write(clearedLine)
  if (text) process.stdout.write(`${text}\n`)
  if (isPerson) lines.prompt(true)
}

async function quiet(done: Promise<unknown>): Promise<undefined> {
  await done
}

const pressedText: Readonly<Record<Pressed, (machine: BenchMachine) => string | undefined>> = {
  asked: () => undefined,
  noSuchItem: ({ number }) => `machine ${number} has no such item`,
  busy: ({ number }) => `nothing happens: machine ${number} is busy with a sale`,
  noPhonePayment: ({ number, alwaysIdle }) =>
    alwaysIdle
      ? `nothing happens: machine ${number} sells for coins only now`
      : `nothing happens: no session is open on machine ${number}; first text rich PAY ${number}`,
}
