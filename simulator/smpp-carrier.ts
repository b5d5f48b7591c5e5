// The carrier of simulated phones where the server is reached over SMPP: what phones say becomes deliveries
// of a simulated centre, the server's texts and screens come out of it, and every text is receipted.
import type { Clock } from '@concilia/protocol/clock.ts'
import { type Random, uuidFrom } from '@concilia/protocol/random.ts'
import { esm, type Tlvs, tag, ussdOperation } from '@concilia/protocol/smpp/commands.ts'
import { writeReceipt } from '@concilia/protocol/smpp/receipt.ts'
import { readWords, writeWords } from '@concilia/protocol/smpp/short-message.ts'
import type { Dialogue, PhoneLine } from './phone.ts'
import type { Shown } from './phone-gateway.ts'
import { SmppCentre, type Submitted } from './smpp-centre.ts'

export interface SmppCarrierSettings {
  readonly clock: Clock
  readonly random: Random
  readonly shortCode: string
  readonly ussdCode: string
  /** Where servers bind; 0 lets the system choose. */
  readonly port: number
  readonly systemId: string
  readonly password: string
  /** Key and certificate (PEM), when it is to speak TLS. */
  readonly tls?: { readonly key: string; readonly cert: string }
  /** A text has reached this phone. */
  readonly deliver: (to: string, text: string) => void
}

/** A dialogue that has no answer by then has ended (ms). */
const screenMs = 20_000
const alphabet = 'gsm7'

export class SmppCarrier {
  readonly centre: SmppCentre
  readonly #settings: SmppCarrierSettings
  /** By phone number and session, who waits for a screen. */
  readonly #screens = new Map<string, (shown: Shown) => void>()
  #reference = 0

  constructor(settings: SmppCarrierSettings) {
    this.#settings = settings
    this.centre = new SmppCentre({ ...settings, taken: (submitted) => this.#take(submitted) })
  }

  /** @returns the port on loopback */
  start(): Promise<number> {
    return this.centre.listen(this.#settings.port)
  }

  stop(): Promise<void> {
    return this.centre.close()
  }

  line(number: string): PhoneLine {
    const { ussdCode } = this.#settings
    return { ussdCode, text: (words) => this.#text(number, words), dialogue: () => this.#dialogue(number) }
  }

  async #text(number: string, words: string): Promise<void> {
    this.#reference = (this.#reference + 1) & 0xff
    const parts = writeWords(words, this.#reference, { alphabet, long: 'udh' })
    const { shortCode } = this.#settings
    await Promise.all(
      parts.map(({ tlvs, ...part }) =>
        this.centre.deliver({ ...addressed(number), destination: shortCode, ...part }, tlvs),
      ),
    )
  }

  #dialogue(number: string): Dialogue {
    const { random, ussdCode } = this.#settings
    const session = Buffer.from(uuidFrom(random).slice(0, 2), 'hex')[0] ?? 0
    let step = 0
    const take = async (operation: number, words: string): Promise<Shown> => {
      const info = Uint8Array.of(session, step)
      step = (step + 2) & 0xfe
      const screen = this.#screen(number, session)
      const [said] = writeWords(words, 0, { alphabet, long: 'payload' })
      const tlvs = new Map([
        [tag.ussdServiceOp, Uint8Array.of(operation)],
        [tag.itsSessionInfo, info],
      ])
      const body = { ...addressed(number), destination: ussdCode, shortMessage: said?.shortMessage ?? info }
      await this.centre.deliver(body, tlvs)
      return await screen
    }
    return {
      dialled: (code) => take(ussdOperation.begin, code),
      answered: (words) => take(ussdOperation.answer, words),
    }
  }

  #screen(number: string, session: number): Promise<Shown> {
    const key = `${number} ${session}`
    return new Promise((resolve, reject) => {
      const timer = this.#settings.clock.after(screenMs, () => {
        this.#screens.delete(key)
        reject(new Error('the carrier ended the dialogue: the server did not answer'))
      })
      this.#screens.set(key, (shown) => {
        this.#screens.delete(key)
        timer.cancel()
        resolve(shown)
      })
    })
  }

  #take(submitted: Submitted): void {
    const { body, tlvs } = submitted
    const text = readWords(body, tlvs, alphabet)?.text ?? ''
    const number = `+${body.destination}`
    const operation = tlvs.get(tag.ussdServiceOp)?.[0]
    if (operation !== undefined) this.#show(number, tlvs, { text, goesOn: operation === ussdOperation.menu })
    else {
      this.#settings.deliver(number, text)
      if ((body.registeredDelivery & 1) === 1) this.#receipt(submitted)
    }
  }

  /** A screen of a dialogue that nobody is in any more is shown to nobody. */
  #show(number: string, tlvs: Tlvs, shown: Shown): void {
    this.#screens.get(`${number} ${tlvs.get(tag.itsSessionInfo)?.[0] ?? 0}`)?.(shown)
  }

  /** It carries nothing that counts, so nobody waits for it. */
  #receipt({ body, messageId }: Submitted): void {
    const receipt = { messageId, what: 'delivered', state: 'DELIVRD', error: '000' } as const
    const shortMessage = Buffer.from(writeReceipt(receipt, '2601010000'))
    const back = { ...addressed(`+${body.destination}`), destination: body.source }
    this.centre.deliver({ ...back, esmClass: esm.receipt, shortMessage }).catch(() => {})
  }
}

function addressed(number: string) {
  return { source: number.replace('+', ''), sourceTon: 1, sourceNpi: 1 }
}
