// The terminal of npm start: a person plays buyer, technician and bad luck, one command a line, and watches.
// Works on a pipe as well: lines in, lines out.
import { createInterface, type Interface } from 'node:readline'
import { nearestWord } from '@concilia/platform/nearest-word.ts'
import { priceText } from '@concilia/protocol/money.ts'
import { type BehaviourName, behaviourNames } from '../behaviours.ts'
import { type BenchMachine, type Buyer, type BuyerName, benchMachines, buyers, priceOf } from './buyers.ts'
import type { House } from './house.ts'

interface Command {
  /** How it is typed. */
  readonly form: string
  readonly says: string
  /** @returns what to print, if anything */
  readonly run: (house: House, words: readonly string[]) => Promise<string | undefined>
}

/** Something typed that cannot be done, in words. */
class Mistyped extends Error {}

const commands: Readonly<Record<string, Command>> = {
  machines: { form: 'machines', says: 'the machines, their items and displays', run: showMachines },
  press: {
    form: 'press MACHINE ITEM',
    says: 'the buyer at the machine chooses phone payment and an item',
    async run({ simulator }, [number, item]) {
      const { number: machine } = machineNamed(number)
      const pressed = await simulator.call('press', { machine, item: Number(item) })
      return pressed === 'asked' ? undefined : `nothing happens (${pressed})`
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
  coins: {
    form: 'coins MACHINE ITEM',
    says: 'pays in coins instead',
    async run({ simulator }, [number, item]) {
      const { number: machine } = machineNamed(number)
      const paid = await simulator.call('payInCoins', { machine, item: Number(item) })
      return paid ? undefined : 'the machine takes no coins now'
    },
  },
  lever: {
    form: 'lever MACHINE',
    says: 'pushes the return lever',
    async run({ simulator }, [number]) {
      await simulator.call('pushLever', { machine: machineNamed(number).number })
      return undefined
    },
  },
  fault: {
    form: 'fault MACHINE [NAME ...]',
    says: `how its vends go from now on; none: well. ${behaviourNames.join(', ')}`,
    async run({ simulator }, [number, ...names]) {
      const behaviours = names.map(behaviourNamed)
      await simulator.call('behave', { machine: machineNamed(number).number, behaviours })
      return behaviours.length === 0 ? 'vends go well' : `vends go: ${behaviours.join(', ')}`
    },
  },
  unplug: {
    form: 'unplug MACHINE',
    says: 'pulls its serial line',
    run: ({ simulator }, [number]) =>
      quiet(simulator.call('unplug', { machine: machineNamed(number).number })),
  },
  plug: {
    form: 'plug MACHINE',
    says: 'puts it back',
    run: ({ simulator }, [number]) => quiet(simulator.call('plug', { machine: machineNamed(number).number })),
  },
  accounts: { form: 'accounts', says: "the buyers' accounts and the operator's", run: showAccounts },
  sales: { form: 'sales', says: 'the last sales, as the server closed them', run: showSales },
  kill: {
    form: 'kill PROGRAM',
    says: 'kill -9; it is started again and picks up where it was',
    async run({ programs }, [name = '']) {
      const program = programs.get(name)
      if (!program) throw new Mistyped(`no program ${name}; there are ${[...programs.keys()].join(', ')}`)
      program.kill()
      return undefined
    },
  },
}

const help = [
  ...Object.values(commands).map(({ form, says }) => `  ${form.padEnd(26)} ${says}`),
  `  ${'quit'.padEnd(26)} stops everything (so does Ctrl-C); it is all there at the next start`,
].join('\n')

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
      if (words[0] === 'quit' || words[0] === 'exit') return resolve()
      print(await answer(house, words))
    })
  })
  // On a pipe the end of the input is the end of the session, once all lines are done.
  lines.on('close', () => turn.then(resolve))
  // On a terminal Ctrl-C comes as a key, not as a signal.
  lines.on('SIGINT', () => resolve())
  print(`${help}\n\nTry: press 4021 1, then text rich PAY 4021, then the answer it asks for.`)
  return { print, quit, close: () => lines.close() }
}

async function answer(house: House, [name = '', ...words]: readonly string[]): Promise<string> {
  if (name === '') return ''
  if (name === 'help') return help
  const command = Object.hasOwn(commands, name) ? commands[name] : undefined
  if (!command) {
    const nearest = nearestWord(name, Object.keys(commands))
    return `no command ${name}${nearest ? `; did you mean ${nearest}?` : ''} (help shows all)`
  }
  try {
    return (await command.run(house, words)) ?? ''
  } catch (error) {
    if (error instanceof Mistyped) return `${error.message}\n  ${command.form}`
    return error instanceof Error ? error.message : String(error)
  }
}

function printAbove(lines: Interface, isPerson: boolean, text: string): void {
  if (isPerson) process.stdout.write('\r\x1b[K')
  if (text) process.stdout.write(`${text}\n`)
  if (isPerson) lines.prompt(true)
}

async function showMachines({ simulator }: House): Promise<string> {
  const rows = benchMachines.map(async (machine) => {
    const view = await simulator.call('look', { machine: machine.number })
    const items = Object.keys(machine.items).map((item) => {
      const price = priceOf(machine, Number(item))
      return `${item}: ${price ? priceText(price) : ''}`
    })
    const state = view.plugged ? (view.enabled ? 'sells by phone' : 'coins only') : 'unplugged'
    return `${machine.number}  ${state.padEnd(15)} [${view.display.padEnd(32)}]  ${items.join(', ')}`
  })
  return (await Promise.all(rows)).join('\n')
}

async function showAccounts({ centre }: House): Promise<string> {
  const rows = Object.values(buyers).map(async (buyer: Buyer) => {
    const { balance, held } = await centre.accountText(buyer)
    return `${buyer.name.padEnd(10)} ${balance.padStart(12)}  held ${held.padStart(10)}   ${buyer.says}`
  })
  const operator = await centre.operatorText()
  return [...(await Promise.all(rows)), operator].join('\n')
}

async function showSales({ serverStore }: House): Promise<string> {
  const rows = await serverStore.recentSales(10)
  if (rows.length === 0) return 'no sales yet'
  return rows
    .map(({ saleId, automatonId, state, aside }) => {
      return `${saleId}  ${automatonId}  ${state}${aside === null ? '' : `  waits for a person: ${aside}`}`
    })
    .join('\n')
}

function screenText({ text, goesOn }: { text: string; goesOn: boolean }): string {
  const lines = text.split('\n').map((line) => `  | ${line}`)
  return [...lines, goesOn ? '  (answer with type)' : '  (the dialogue has ended)'].join('\n')
}

async function quiet(done: Promise<unknown>): Promise<undefined> {
  await done
}

function machineNamed(number = ''): BenchMachine {
  const found = benchMachines.find((machine) => machine.number === number)
  if (found) return found
  throw new Mistyped(`no machine ${number}; there are ${benchMachines.map((each) => each.number).join(', ')}`)
}

function buyerNamed(name = ''): Buyer {
  if (Object.hasOwn(buyers, name)) return buyers[name as BuyerName]
  throw new Mistyped(`no buyer ${name}; there are ${Object.keys(buyers).join(', ')}`)
}

function behaviourNamed(name: string): BehaviourName {
  const found = behaviourNames.find((known) => known === name)
  if (found) return found
  throw new Mistyped(`no fault ${name}; there are ${behaviourNames.join(', ')}`)
}
