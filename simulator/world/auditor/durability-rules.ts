// Rules 9 and 10 on the wires: nothing is said that was not stored first, and a key's answer is always the
// same.
import type { Observation } from '../observations.ts'
import type { Breaks, Rules } from './auditor.ts'

const aboutMoney = ['receipt', 'refundNotice', 'unknownClosedNotice', 'owedNotice']
const saleChannels = ['offer', 'withdrawal', 'outcome']

interface Answered {
  readonly body: string
  readonly answer: string
}

export class DurabilityRules implements Rules {
  readonly #breaks: Breaks
  readonly #words = new Set<string>()
  readonly #answers = new Set<string>()
  readonly #outbox = new Set<string>()
  readonly #keys = new Set<string>()
  readonly #payments = new Set<string>()
  readonly #texts = new Set<string>()
  /** What buyers are to be told of their money, until a carrier has it. */
  readonly #untold = new Map<string, string>()
  /** Numbers in the inbox, by journal. */
  readonly #inbox = new Map<string, Set<number>>()
  readonly #asked = new Map<number, { key: string; body: string }>()
  readonly #answered = new Map<string, Answered>()

  constructor(breaks: Breaks) {
    this.#breaks = breaks
  }

  after(observation: Observation): void {
    switch (observation.type) {
      case 'wordStored':
        this.#words.add(observation.text)
        return
      case 'answerStored':
        this.#answers.add(observation.instructionId)
        return
      case 'outboxCommitted': {
        this.#outbox.add(observation.id)
        const { say } = JSON.parse(observation.body)
        if (aboutMoney.includes(say?.kind)) this.#untold.set(observation.id, say.kind)
        const key = JSON.parse(observation.body).operation?.key
        if (key) this.#keys.add(key)
        return
      }
      case 'inboxCommitted':
        this.#stored(observation.source, observation.key)
        return
      case 'paymentCommitted':
        this.#payments.add(observation.payment.id)
        return
      case 'published':
        this.#published(observation)
        return
      case 'sent':
        this.#sent(observation)
        return
      case 'textHandedOver':
        if (!this.#outbox.has(observation.key)) this.#breaks(9, `a text goes out that no outbox holds`)
        return
      case 'textAccepted':
        this.#untold.delete(observation.key)
        return
      case 'textTaken':
        if (!this.#texts.has(`phone ${observation.gateway} ${observation.key}`))
          this.#breaks(9, `a gateway hears that text ${observation.key} is stored, and it is not`)
        return
      case 'asked':
        this.#ask(observation)
        return
      case 'answered':
        this.#answer(observation)
        return
      default:
        return
    }
  }

  /** All is quiet: what a buyer must know was said. */
  end(): void {
    for (const [key, kind] of this.#untold)
      this.#breaks(9, `text ${key} (${kind}) left the outbox, and no carrier ever took it`)
  }

  #stored(source: string, key: string): void {
    if (source.startsWith('phone ')) this.#texts.add(`${source} ${key}`)
    const journal = /^machine \S+ (\S+)$/.exec(source)?.[1]
    if (!journal) return
    const numbers = this.#inbox.get(journal) ?? new Set()
    numbers.add(Number(key))
    this.#inbox.set(journal, numbers)
  }

  #published({ automatonId, channel, text }: Extract<Observation, { type: 'published' }>): void {
    if (saleChannels.includes(channel) && !this.#words.has(text) && JSON.parse(text).kind !== 'gone') {
      this.#breaks(9, `${automatonId} publishes on ${channel} what its journal does not hold`)
    }
    if (channel !== 'stored') return
    const { instructionId, reason } = JSON.parse(text)
    if (reason !== 'malformed' && !this.#answers.has(instructionId)) {
      this.#breaks(9, `${automatonId} answers instruction ${instructionId} before it has stored the answer`)
    }
  }

  #sent({ server, automatonId, channel, text }: Extract<Observation, { type: 'sent' }>): void {
    const body = JSON.parse(text)
    if (channel === 'instruction' && !this.#outbox.has(body.id)) {
      this.#breaks(9, `${server} sends ${automatonId} an instruction that no outbox holds`)
    }
    const stored = channel === 'stored' ? body : channel === 'admission' ? body.stored : undefined
    if (stored) this.#marks(server, automatonId, stored)
  }

  #marks(
    server: string,
    automatonId: string,
    { journalId, upTo, beyond }: { journalId: string; upTo: number; beyond: number[] },
  ): void {
    const has = this.#inbox.get(journalId) ?? new Set()
    for (let seq = upTo; seq > Math.max(0, upTo - 50); seq--) {
      if (!has.has(seq)) {
        this.#breaks(9, `${server} tells ${automatonId} that ${seq} is stored, and it is not`)
        return
      }
    }
    const lacking = beyond.find((seq) => !has.has(seq))
    if (lacking) this.#breaks(9, `${server} tells ${automatonId} that ${lacking} is stored, and it is not`)
  }

  #ask({ exchange, method, path, body }: Extract<Observation, { type: 'asked' }>): void {
    if (method !== 'POST' || body === '') return
    const correlator = /"clientCorrelator":"([^"]+)"/.exec(body)?.[1]
    const isKeyed = /\/payments(\/prepare)?$|\/refunds$/.test(path)
    if (!correlator || !isKeyed) return
    if (!this.#keys.has(correlator))
      this.#breaks(9, `the centre is asked under a key that no outbox holds: ${path}`)
    this.#asked.set(exchange, { key: correlator, body })
  }

  #answer({ exchange, status, body }: Extract<Observation, { type: 'answered' }>): void {
    const asked = this.#asked.get(exchange)
    if (!asked) return
    if (status >= 300) {
      this.#refused(asked, status, body)
      return
    }
    const paymentId = /"paymentId":"([^"]+)"/.exec(body)?.[1]
    if (paymentId && !this.#payments.has(paymentId)) {
      this.#breaks(9, `the centre answers with payment ${paymentId}, which its books do not hold`)
    }
    const before = this.#answered.get(asked.key)
    if (!before) this.#answered.set(asked.key, { body: asked.body, answer: body })
    else if (before.body !== asked.body)
      this.#breaks(10, `key ${asked.key} was accepted with two different bodies`)
    else if (before.answer !== body)
      this.#breaks(10, `key ${asked.key} was answered with other bytes than before`)
  }

  /** After a yes to a key there is no refusal of it any more, unless it was voided since. */
  #refused({ key, body }: { key: string; body: string }, status: number, answer: string): void {
    const isDefinite = status >= 400 && status < 500 && status !== 429
    const isVoided = answer.includes('"CONCILIA.VOIDED"')
    if (isDefinite && !isVoided && this.#answered.get(key)?.body === body)
      this.#breaks(10, `key ${key} was accepted, and is refused now: ${answer.slice(0, 120)}`)
  }
}
