// The access token of link 8 (OAuth 2 client credentials, RFC 6749, 4.4): fetched when first needed, renewed
// before it ends, one renewal in flight whoever asks. Knows neither HTTP nor the credentials; both are behind
// `fetchToken`.
import type { Clock } from '@concilia/protocol/clock.ts'

/** A token, or what `Refusal` says of why there is none. */
export type Fetched<Refusal> =
  | { kind: 'token'; value: string; livesMs: number }
  | { kind: 'none'; refusal: Refusal }

interface Held {
  readonly value: string
  /** Monotonic ms. Between the two a new one is fetched while this one still serves. */
  readonly renewAt: number
  readonly endsAt: number
}

export class AccessToken<Refusal> {
  readonly #clock: Clock
  readonly #fetchToken: () => Promise<Fetched<Refusal>>
  #held: Held | undefined
  #renewal: Promise<Fetched<Refusal>> | undefined

  /** @param fetchToken must not reject */
  constructor(clock: Clock, fetchToken: () => Promise<Fetched<Refusal>>) {
    this.#clock = clock
    this.#fetchToken = fetchToken
  }

  async current(): Promise<Fetched<Refusal>> {
    const now = this.#clock.monotonic()
    const held = this.#held
    if (!held || now >= held.endsAt) return this.#renew()
    if (now >= held.renewAt) void this.#renew()
    return { kind: 'token', value: held.value, livesMs: held.endsAt - now }
  }

  /** After a 401: a new token, unless somebody has fetched one since `refusedValue` was handed out. */
  async instead(refusedValue: string): Promise<Fetched<Refusal>> {
    if (this.#held?.value === refusedValue) this.#held = undefined
    return this.current()
  }

  #renew(): Promise<Fetched<Refusal>> {
    this.#renewal ??= this.#fetch().finally(() => {
      this.#renewal = undefined
    })
    return this.#renewal
  }

  async #fetch(): Promise<Fetched<Refusal>> {
    const askedAt = this.#clock.monotonic()
    const fetched = await this.#fetchToken()
    if (fetched.kind === 'token') {
      const { value, livesMs } = fetched
      this.#held = { value, renewAt: askedAt + livesMs * 0.8, endsAt: askedAt + livesMs * 0.95 }
    }
    return fetched
  }
}
