// The configuration in force, as the server's messages change it: judged, kept in one journal commit, then in
// force, then answered. A crash before the commit leaves the old one and no answer; after it, the next
// process begins with the new one; either way the server says it again. When to take one - never while a sale
// is in hand - is the sale shell's to say.
import type { Log } from '@concilia/platform/log.ts'
import type { Clock } from '@concilia/protocol/clock.ts'
import type { ConfigurationAnswer, ConfigurationMessage } from '@concilia/protocol/machine-configuration.ts'
import {
  type ConfigurationInForce,
  judgeConfiguration,
  type OwnConfiguration,
  ownConfiguration,
} from './configuration-in-force.ts'
import type { Journal } from './journal/port.ts'

export interface GivenConfigurationPorts {
  readonly journal: Journal
  readonly clock: Clock
  readonly log: Log
}

export class GivenConfiguration {
  readonly #ports: GivenConfigurationPorts
  readonly #own: OwnConfiguration
  #inForce: ConfigurationInForce

  /** Begins with what the process before had in force; with our own file when that fits no longer. */
  constructor(ports: GivenConfigurationPorts, own: OwnConfiguration) {
    this.#ports = ports
    this.#own = own
    this.#inForce = ownConfiguration(own)
    const kept = ports.journal.configuration
    if (!kept) return
    const judged = judgeConfiguration(own, kept)
    if (judged.ok) this.#inForce = judged.inForce
    else {
      const { version } = kept
      const { reason } = judged
      ports.log.warn({ version, reason }, 'the kept configuration fits no longer; our own file counts')
    }
  }

  get inForce(): ConfigurationInForce {
    return this.#inForce
  }

  /**
   * Between two sales.
   * @param changed called when another one has come into force, before the answer is given
   * @throws JournalError when it could not be kept; nothing has changed then
   */
  take(given: ConfigurationMessage, changed: () => void): ConfigurationAnswer {
    const { journal, clock, log } = this.#ports
    const { version, hash, configuration: text } = given
    const before = this.#inForce
    if (version === before.version && hash === before.hash) return this.#answer(given)
    if (version <= before.version) {
      return this.#answer(given, `version ${before.version} is in force already`)
    }
    const judged = judgeConfiguration(this.#own, { version, hash, text })
    if (!judged.ok) {
      log.warn({ version, reason: judged.reason }, "the server's configuration is rejected")
      return this.#answer(given, judged.reason)
    }
    journal.keepConfiguration({ version, hash, text }, clock.now())
    this.#inForce = judged.inForce
    log.info({ version }, "the server's configuration is in force")
    changed()
    return this.#answer(given)
  }

  #answer({ version, hash }: ConfigurationMessage, reason?: string): ConfigurationAnswer {
    const inForce = this.#inForce.version
    if (reason === undefined) return { version, hash, answer: 'accepted', inForce }
    return { version, hash, answer: 'rejected', reason: reason.slice(0, 200), inForce }
  }
}
