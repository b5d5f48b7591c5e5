// What a sale runs on beyond the wiring: the automaton's own file, and over it what the server gave. Pure:
// judges a given configuration whole - all of it comes into force, or none.
import { brokenLimits, type Limits } from '@concilia/protocol/limits.ts'
import {
  type DisplayTextName,
  type MachineConfiguration,
  machineConfigurationSchema,
} from '@concilia/protocol/machine-configuration.ts'
import { parseMessage } from '@concilia/protocol/messages.ts'
import { type Currency, priceText } from '@concilia/protocol/money.ts'
import { sha256 } from '@concilia/protocol/random.ts'
import type { Language } from './display.ts'
import type { HardwareEvent } from './hardware/port.ts'
import type { KeptConfiguration } from './journal/port.ts'

export interface OwnConfiguration {
  readonly language: Language
  readonly limits: Limits
  readonly currency: Currency
  /** SHA-256 of the whole file's content. */
  readonly hash: string
}

export interface ConfigurationInForce {
  /** 0 while there is none but our own file. */
  readonly version: number
  readonly hash: string
  readonly language: Language
  readonly limits: Limits
  readonly texts: Partial<Readonly<Record<DisplayTextName, string>>>
  readonly items: ReadonlyMap<number, { readonly label: string; readonly amountMinor: number }>
}

export type Judged = { ok: true; inForce: ConfigurationInForce } | { ok: false; reason: string }

export function ownConfiguration({ language, limits, hash }: OwnConfiguration): ConfigurationInForce {
  return { version: 0, hash, language, limits, texts: {}, items: new Map() }
}

/** @returns what it would be in force, or the reason for the person who gave it */
export function judgeConfiguration(own: OwnConfiguration, given: KeptConfiguration): Judged {
  const { version, hash, text } = given
  if (sha256(text) !== hash) return { ok: false, reason: 'its hash is not that of its text' }
  const parsed = parseMessage(machineConfigurationSchema, Buffer.from(text))
  if (!parsed.ok) return parsed
  const { language, limits, texts, priceList } = parsed.value
  const merged = { ...own.limits, ...limits }
  const [broken] = brokenLimits(merged)
  if (broken !== undefined) return { ok: false, reason: broken }
  if (priceList && priceList.currency !== own.currency) {
    const reason = `priceList.currency is ${priceList.currency}, the machine counts in ${own.currency}`
    return { ok: false, reason }
  }
  const items = itemsOf(priceList)
  return {
    ok: true,
    inForce: { version, hash, language: language ?? own.language, limits: merged, texts: texts ?? {}, items },
  }
}

function itemsOf(priceList: MachineConfiguration['priceList']): ConfigurationInForce['items'] {
  return new Map((priceList?.items ?? []).map(({ item, ...rest }) => [item, rest]))
}

/**
 * What is odd about a request's price, in words; undefined when nothing is, or no list was given. The vending
 * machine's price is paid all the same: after coins it may rightly be lower (MDB 4.2, appendix 3).
 */
export function priceDifference(
  { items }: ConfigurationInForce,
  { item, price }: Extract<HardwareEvent, { type: 'vendRequested' }>,
): string | undefined {
  if (items.size === 0) return undefined
  const listed = items.get(item)
  if (!listed) return `item ${item} at ${priceText(price)} is not on the price list`
  if (listed.amountMinor === price.amountMinor) return undefined
  const wanted = priceText({ ...price, amountMinor: listed.amountMinor })
  return `item ${item} (${listed.label}) at ${priceText(price)}, on the price list ${wanted}`
}
