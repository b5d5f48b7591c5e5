// Every way to phones that the configuration names, opened: gateways that send over HTTP and SMPP links, with
// the rules by which a text finds its way.
import { OperatingError } from '@concilia/platform/operating-error.ts'
import type { Figures } from '../figures.ts'
import { gatewaysFrom, type PhonesConfiguration } from './configuration.ts'
import type { TextSender } from './port.ts'
import { linkFrom, type ServedBy } from './smpp/configuration.ts'
import type { SmppLink } from './smpp/link.ts'
import { routedSender, type Way } from './text-route.ts'
import { textSender } from './text-sender-adapter.ts'

export interface Ways {
  /** Closes all of them. */
  readonly sender: TextSender
  /** Not started yet: what they hear must find a server. */
  readonly links: readonly SmppLink[]
}

/** @throws OperatingError `no-gateway`, `ambiguous-way`, `route-to-nowhere`, and those of a link */
export function openWays(
  phones: PhonesConfiguration,
  parts: Omit<ServedBy, 'sendLimitMs' | 'answerLimitMs'>,
  figures?: Figures,
): Ways {
  const { sendLimitMs, answerLimitMs, routes } = phones
  check(phones)
  const links = Object.entries(phones.smpp).map(([name, settings]) => ({
    link: linkFrom(name, settings, { ...parts, sendLimitMs, answerLimitMs }),
    aliasRealm: settings.aliasRealm,
  }))
  const byHttp = gatewaysFrom(phones).map(({ gateway }): Way => {
    const settings = phones.gateways[gateway.name]
    const aliasRealm = settings && 'aliasRealm' in settings ? settings.aliasRealm : undefined
    return { name: gateway.name, sender: textSender(gateway.sending, sendLimitMs), aliasRealm }
  })
  const bySmpp = links.map(({ link, aliasRealm }): Way => {
    return { name: link.name, sender: link, aliasRealm, isUp: () => link.isUp }
  })
  const ways = [...byHttp, ...bySmpp].map((way) => (figures ? counted(way, figures) : way))
  return { sender: routedSender(routes, ways), links: links.map(({ link }) => link) }
}

function counted({ sender, ...way }: Way, figures: Figures): Way {
  const send: TextSender['send'] = async (text) => {
    const result = await sender.send(text)
    figures.texted(way.name, result.kind)
    return result
  }
  return { ...way, sender: { send, close: () => sender.close() } }
}

function check({ gateways, smpp, routes }: PhonesConfiguration): void {
  const names = [...Object.keys(gateways), ...Object.keys(smpp)]
  if (names.length === 0) {
    throw new OperatingError({
      code: 'no-gateway',
      message: 'No phone gateway is configured, so no buyer could reach this server.',
      advice: 'Add a section [phones.gateways.NAME] or [phones.smpp.NAME]; example.toml has one of each.',
    })
  }
  const twice = names.find((name, index) => names.indexOf(name) !== index)
  if (twice !== undefined) {
    throw new OperatingError({
      code: 'ambiguous-way',
      message: `A gateway and an SMPP link are both called ${twice}.`,
      advice: 'Give one of them another name.',
    })
  }
  const lost = routes.find(({ through }) => !names.includes(through))
  if (lost) {
    throw new OperatingError({
      code: 'route-to-nowhere',
      message: `A route leads through ${lost.through}, which is no gateway and no SMPP link.`,
      advice: `There are: ${names.join(', ')}.`,
    })
  }
}
