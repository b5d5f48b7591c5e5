// Where buyers text to, what they dial and where pages are, read from the [phones] section, for whoever tells
// them.
import type { PhonesConfiguration } from './configuration.ts'
import type { Offered } from './links/machine-links.ts'

/** In the order of the configuration; a way whose dialled code is not configured has none. */
export function offeredTo({ gateways, smpp, web }: PhonesConfiguration): Offered {
  const ways = [
    ...Object.entries(gateways).map(([name, settings]) => ({
      name,
      sender: settings.sender,
      ussdCode: 'ussdCode' in settings ? settings.ussdCode : undefined,
    })),
    ...Object.entries(smpp).map(([name, { sender, ussd }]) => ({ name, sender, ussdCode: ussd?.code })),
  ]
  return { ways, pageOrigin: web?.publicOrigin }
}
