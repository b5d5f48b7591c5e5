// The operator's person at the desk: enrols the machines, admits one that came back with another journal, and
// closes sales that were set aside, each after a while, by the same commands' inputs as the relation server's
// command line, in a process of its own.

import { Engine } from '@concilia/relation-server/engine/engine.ts'
import type { PersonInput } from '@concilia/relation-server/engine/inputs.ts'
import type { Settings } from '@concilia/relation-server/engine/world.ts'
import { newMachine } from '@concilia/relation-server/machine-commands.ts'
import { seller } from './identities.ts'
import type { SeededRandom } from './seeded-random.ts'
import type { ServerBooks } from './server-store.ts'
import { SimulatedProcess } from './simulated-process.ts'
import type { Story } from './story.ts'
import type { Timeline } from './timeline.ts'

const looksEveryMs = 20_000

interface Parts {
  readonly timeline: Timeline
  readonly random: SeededRandom
  readonly books: ServerBooks
  readonly settings: Settings
  readonly story: Story
}

export class Person {
  readonly #parts: Parts

  constructor(parts: Parts) {
    this.#parts = parts
  }

  /** Binds a machine number to an automaton, and admits it. */
  async enrol(automatonId: string, machineNumber: string): Promise<void> {
    const { books, timeline } = this.#parts
    await books.rows.ensureMachine(newMachine(automatonId, '', timeline.now()))
    const action = { type: 'enrol', machineNumber, seller, tradeName: 'Snacks & Co' } as const
    await this.#decide(automatonId, action)
    await this.#decide(automatonId, { type: 'admit' })
  }

  /** Looks at what waits, again and again. */
  watch(): void {
    const { timeline, random } = this.#parts
    timeline.after(random.around(looksEveryMs), () => {
      this.#look().catch((error: unknown) => this.#parts.story.tell('person', `could not: ${String(error)}`))
      this.watch()
    })
  }

  async #look(): Promise<void> {
    const { rows } = this.#parts.books
    for (const { automatonId, newJournalId } of await rows.machines()) {
      if (newJournalId !== null) await this.#decide(automatonId, { type: 'admit' })
    }
    for (const { automatonId, saleId } of await rows.salesAside()) {
      await this.#decide(automatonId, { type: 'closeSale', saleId, as: 'recredit' })
    }
  }

  async #decide(automatonId: string, action: PersonInput['action']): Promise<void> {
    const { timeline, random, books, settings, story } = this.#parts
    const stream = random.stream(`command ${timeline.monotonic()} ${automatonId} ${action.type}`)
    const process = new SimulatedProcess('person', timeline, { offsetMs: 0, rate: 1 }, (error) => {
      throw error
    })
    const log = story.logOf(process)
    const store = books.storeOf(process)
    const engine = new Engine({ store, settings, clock: process, random: stream, log, letOut: () => {} })
    story.tell('person', `${action.type} ${automatonId}`)
    const who = 'the simulated operator'
    await engine.submit({ kind: 'person', automatonId, who, why: 'it waits', action, at: process.now() })
    process.kill()
  }
}
