// The premium-rate numbers of the simulated world: one for each price that its machines have. The dearest is
// direct: a call pays what stands open on the machine that it names. Whoever runs a server has the same.
import { readLanguages } from '@concilia/relation-server/phones/languages-adapter.ts'
import { voiceRulesOf, voiceSchema } from '@concilia/relation-server/phones/voice/configuration.ts'
import { VoiceCodes } from '@concilia/relation-server/phones/voice/voice-codes.ts'

export const languages = readLanguages('en')
export const voiceCodes = new VoiceCodes(Buffer.alloc(32, 9))

const calledFor: Readonly<Record<number, string>> = {
  150: '0899000150',
  200: '0899000200',
  350: '0899000350',
}
const directMinor = 350

/** Shorter than in the field, as all limits of a world: a code is good for two minutes. */
export const voice = voiceSchema.parse({
  codeLifeMs: 120_000,
  wrongCodesMachine: 30,
  numbers: Object.fromEntries(
    Object.entries(calledFor).map(([amountMinor, called]) => [
      `for-${amountMinor}`,
      {
        called,
        amount: (Number(amountMinor) / 100).toFixed(2),
        currency: 'EUR',
        tariffMessage: `tariff-${amountMinor}`,
        sellerShareBps: 6000,
        way: Number(amountMinor) === directMinor ? 'direct' : 'code',
      },
    ]),
  ),
  platforms: {},
})
/** The centre's vouchers live but a little longer, so that some lapse while a world lasts. */
export const voiceRules = { ...voiceRulesOf(voice, voiceCodes, languages), voucherLifeMs: 330_000 }

export function numberCalledFor(amountMinor: number): { readonly called: string; readonly direct: boolean } {
  const called = calledFor[amountMinor]
  if (called === undefined) throw new Error(`no number is called for ${amountMinor}`)
  return { called, direct: amountMinor === directMinor }
}
