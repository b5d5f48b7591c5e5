// From a topic and its bytes to an input of the engine. Pure and total: whatever a machine publishes becomes
// a message or a `malformed` that names the sale it belongs to, where that can be read.
import { auditMessageSchema } from '@concilia/protocol/audit.ts'
import { configurationAnswerSchema } from '@concilia/protocol/machine-configuration.ts'
import {
  birthSchema,
  instructionAnswerSchema,
  largestMessageBytes,
  parseMessage,
  presenceSchema,
  saleMessageSchema,
  telemetrySchema,
} from '@concilia/protocol/messages.ts'
import { sha256 } from '@concilia/protocol/random.ts'
import { type FromMachine, readTopic } from '@concilia/protocol/topics.ts'
import { z } from 'zod'
import type { MachineInput } from '../engine/inputs.ts'

type Channel = FromMachine['channel']
type Content = MachineInput extends infer Input
  ? Input extends MachineInput
    ? Omit<Input, 'kind' | 'automatonId' | 'at'>
    : never
  : never
type Read = (bytes: Uint8Array) => { ok: true; value: Content } | { ok: false; reason: string }

const reading =
  <T>(schema: z.ZodType<T>, content: (message: T, bytes: Uint8Array) => Content): Read =>
  (bytes) => {
    const parsed = parseMessage(schema, bytes)
    return parsed.ok ? { ok: true, value: content(parsed.value, bytes) } : parsed
  }

/** A code that was typed is money: it is kept nowhere, nor anything it could be found from. */
const sale = reading(saleMessageSchema, (message, bytes) => {
  const body = 'code' in message ? JSON.stringify({ ...message, code: '' }) : textOf(bytes)
  return { type: 'sale', message, body, bodyHash: sha256('code' in message ? body : bytes) }
})

/** Channel to schema to input: everything that a machine can say. */
const channels: Record<Channel, Read> = {
  birth: reading(birthSchema, (birth) => ({ type: 'birth', birth })),
  offer: sale,
  code: sale,
  withdrawal: sale,
  outcome: sale,
  stored: reading(instructionAnswerSchema, (answer) => ({ type: 'answered', answer })),
  presence: reading(presenceSchema, (presence) => ({ type: 'presence', presence })),
  telemetry: reading(telemetrySchema, (telemetry) => ({ type: 'telemetry', telemetry })),
  audit: reading(auditMessageSchema, (message, bytes) => ({
    type: 'audit',
    message,
    body: textOf(bytes),
    bodyHash: sha256(bytes),
  })),
  configuration: reading(configurationAnswerSchema, (answer) => ({ type: 'configured', answer })),
}

/**
 * @param at epoch ms of its arrival
 * @returns undefined for what is nobody's message: another topic, or a retained one being cleared
 */
export function readMessage(topic: string, bytes: Uint8Array, at: number): MachineInput | undefined {
  const from = readTopic(topic)
  const read = from && channels[from.channel]
  if (!read || bytes.length === 0) return undefined
  const result = read(bytes)
  const content = result.ok ? result.value : malformed(result.reason, bytes)
  return { kind: 'machine', automatonId: from.automatonId, at, ...content } as MachineInput
}

const traceSchema = z.object({ journalId: z.uuid(), seq: z.int().min(1) })
const saleTraceSchema = z.object({ saleId: z.uuid() })

function malformed(reason: string, bytes: Uint8Array): Content {
  const trace = parseMessage(traceSchema, bytes)
  const saleTrace = parseMessage(saleTraceSchema, bytes)
  return {
    type: 'malformed',
    reason,
    body: textOf(bytes.subarray(0, largestMessageBytes)),
    bodyHash: sha256(bytes),
    ...(trace.ok ? trace.value : {}),
    ...(saleTrace.ok ? saleTrace.value : {}),
  }
}

/** Databases keep no NUL in a text, and in a JSON text there is none. */
function textOf(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('utf8').replaceAll('\0', '\uFFFD')
}
