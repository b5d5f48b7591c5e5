// An operating error: the port was lost, the database is away, a key is wrong. Somebody can do something
// about it, so it says what. Outcomes of a sale are values, never errors; broken invariants are assertions,
// never this.

export interface OperatingErrorDetails {
  /** Stable, kebab-case; documented and tested. */
  readonly code: string
  /** What happened, in words. Never a phone number, never a secret. */
  readonly message: string
  /** What the person should do now. */
  readonly advice: string
  /** Whether the same call may succeed later without anybody doing anything. */
  readonly retry?: boolean
  readonly cause?: unknown
}

export class OperatingError extends Error {
  readonly code: string
  readonly advice: string
  readonly retry: boolean

  constructor({ code, message, advice, retry = false, cause }: OperatingErrorDetails) {
    super(message, cause === undefined ? undefined : { cause })
    this.name = 'OperatingError'
    this.code = code
    this.advice = advice
    this.retry = retry
  }
}
