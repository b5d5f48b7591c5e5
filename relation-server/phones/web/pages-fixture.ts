// Machines' pages on a real port, over the engine in memory, for tests.
import fastify from 'fastify'
import { Conversation } from '../../conversation.ts'
import { Scenario } from '../../engine/scenario.ts'
import { MachineDirectory } from '../../machine-directory.ts'
import type { Pins } from '../../payments/pins.ts'
import { Screens } from '../../screens.ts'
import { readLanguages } from '../languages-adapter.ts'
import type { OutgoingText, Receive } from '../port.ts'
import { pagesPlugin } from './http-adapter.ts'
import { Visits } from './visits.ts'

const silent = { info: () => {}, warn: () => {}, error: () => {} } as never

export async function openPages() {
  const scenario = await Scenario.open({})
  const machine = await scenario.machine()
  const { store, clock, random, vault, engine } = scenario
  const texts: OutgoingText[] = []
  const directory = new MachineDirectory(store, clock)
  const languages = readLanguages('en')
  const house = { serviceName: 'Concilia', helpNumber: '3600' }
  const sender = {
    send: async (text: OutgoingText) => {
      texts.push(text)
      return { kind: 'sent' } as const
    },
    close: async () => {},
  }
  const served = { refused: [], served: [] }
  const manners = { house, languages, answerLimitMs: 4000, checkDigit: false, ...served, caps: [] }
  const conversation = new Conversation({
    ...{ store, directory, vault, clock, sender, log: silent, ...manners },
    engine: () => engine,
    screens: new Screens(clock),
  })
  scenario.speaker = conversation
  const visits = new Visits({
    ...{ store, vault, clock, random, provenMs: 30 * 86_400_000, codesPerHour: 5, served, caps: [] },
    engine: () => engine,
  })
  let refusal: Error | undefined
  const receive: Receive = async (incoming) => {
    if (refusal) throw refusal
    return await conversation.receive(incoming)
  }
  const app = fastify()
  // Known only once the port is: the plugin is registered before.
  const chosen: unknown[][] = []
  const pins: Pins = {
    choose: async (...given) => {
      chosen.push(given)
      return given[2] === '0000' ? 'wrong' : 'set'
    },
  }
  const options = { publicOrigin: '', pins, country: 'FR', visits, store, directory, languages, house }
  await app.register(pagesPlugin, Object.assign(options, { receive, clock, random, log: silent }))
  options.publicOrigin = await app.listen({ host: '127.0.0.1', port: 0 })
  return {
    ...{ scenario, machine, visits, texts, chosen, origin: options.publicOrigin },
    /** Nothing can be stored while this stands. */
    refuse: (error: Error | undefined) => {
      refusal = error
    },
    /** The code of the last text that proves a number. */
    code: () => /: (\d{6}) /.exec(texts.at(-1)?.text ?? '')?.[1] ?? '',
    close: () => app.close(),
  }
}
