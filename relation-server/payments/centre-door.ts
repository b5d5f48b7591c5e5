// The way to a payment centre as CAMARA's requests see it: one request, and what came back as a value. An
// adapter brings the connection, the token and nothing of what a request means.
import type { Answer } from './classify.ts'
import type { CentreRequest } from './requests.ts'

export interface CentreDoor {
  /** Never rejects; when the signal is aborted the answer is `silent`. */
  exchange(request: CentreRequest, signal: AbortSignal): Promise<Answer>
  close(): Promise<void>
}
