// From a channel and its bytes to what the server says. Pure and total: what cannot be read says why, and
// whom its rejection should name where that much could be read.
import {
  type ConfigurationMessage,
  configurationMessageSchema,
} from '@concilia/protocol/machine-configuration.ts'
import {
  type Admission,
  admissionSchema,
  type Instruction,
  instructionSchema,
  type Parsed,
  parseMessage,
  type Stored,
  storedSchema,
} from '@concilia/protocol/messages.ts'
import type { DownChannel } from '@concilia/protocol/topics.ts'
import { z } from 'zod'

export type DownMessage =
  | { type: 'admission'; admission: Admission }
  | { type: 'stored'; stored: Stored }
  | { type: 'instruction'; instruction: Instruction }
  | { type: 'configuration'; given: ConfigurationMessage }
  | { type: 'unreadable'; reason: string }
  | { type: 'unreadableInstruction'; reason: string; instructionId: string }
  | { type: 'unreadableConfiguration'; reason: string; version: number; hash: string }

/** The least of an instruction, and of a configuration, that can be answered at all. */
const namedInstructionSchema = z.object({ id: z.uuid() })
const namedConfigurationSchema = configurationMessageSchema.pick({ version: true, hash: true }).loose()

export function readDownMessage(channel: DownChannel, bytes: Uint8Array): DownMessage {
  switch (channel) {
    case 'admission':
      return read(parseMessage(admissionSchema, bytes), (admission) => ({ type: 'admission', admission }))
    case 'stored':
      return read(parseMessage(storedSchema, bytes), (stored) => ({ type: 'stored', stored }))
    case 'instruction':
      return read(
        parseMessage(instructionSchema, bytes),
        (instruction) => ({ type: 'instruction', instruction }),
        (reason) => {
          const named = parseMessage(namedInstructionSchema, bytes)
          return named.ok
            ? { type: 'unreadableInstruction', reason, instructionId: named.value.id }
            : undefined
        },
      )
    case 'configuration':
      return read(
        parseMessage(configurationMessageSchema, bytes),
        (given) => ({ type: 'configuration', given }),
        (reason) => {
          const named = parseMessage(namedConfigurationSchema, bytes)
          if (!named.ok) return undefined
          const { version, hash } = named.value
          return { type: 'unreadableConfiguration', reason, version, hash }
        },
      )
  }
}

function read<T>(
  parsed: Parsed<T>,
  whole: (message: T) => DownMessage,
  traced: (reason: string) => DownMessage | undefined = () => undefined,
): DownMessage {
  if (parsed.ok) return whole(parsed.value)
  return traced(parsed.reason) ?? { type: 'unreadable', reason: parsed.reason }
}
