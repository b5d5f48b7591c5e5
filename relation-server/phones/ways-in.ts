// Where buyers text to and what they dial, read from the [phones] section, for whoever tells them.
import type { PhonesConfiguration } from './configuration.ts'
import type { WayIn } from './links/machine-links.ts'

/** In the order of the configuration; a way whose dialled code is not configured has none. */
export function waysIn({ gateways, smpp }: Pick<PhonesConfiguration, 'gateways' | 'smpp'>): WayIn[] {
  return [
    ...Object.entries(gateways).map(([name, settings]) => ({
      name,
      sender: settings.sender,
      ussdCode: 'ussdCode' in settings ? settings.ussdCode : undefined,
    })),
    ...Object.entries(smpp).map(([name, { sender, ussd }]) => ({ name, sender, ussdCode: ussd?.code })),
  ]
}
