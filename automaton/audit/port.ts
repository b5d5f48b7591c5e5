// The audit port: where a machine's own counters can be read, whatever carries them. A reading asks the
// machine for its file of EVA-DTS, beside whatever is being sold.

import type { Audit } from '@concilia/protocol/audit.ts'

export type AuditFile =
  /** `text`: one character a byte, as it came. `from`: what the other end calls itself. */
  | { readonly ok: true; readonly text: string; readonly from: string }
  | { readonly ok: false; readonly why: string }

export interface AuditSource {
  readonly source: Audit['source']
  /** One reading, in bounded time. Never rejects; one at a time. */
  read(): Promise<AuditFile>
  /** Ends a reading that is under way: it fails. */
  stop(): Promise<void>
}
