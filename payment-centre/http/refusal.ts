// A request that is refused at the door, before the books are asked: thrown by whoever reads it, answered by
// server.ts with CAMARA's three fields.
import type { ErrorCode } from '@concilia/protocol/carrier-billing.ts'
import type { z } from 'zod'

export class DoorRefusal extends Error {
  readonly code: ErrorCode

  constructor(code: ErrorCode, message: string) {
    super(message)
    this.name = 'DoorRefusal'
    this.code = code
  }
}

/** @throws DoorRefusal that names the first field that is wrong, and how */
export function read<T>(schema: z.ZodType<T>, value: unknown): T {
  const result = schema.safeParse(value)
  if (result.success) return result.data
  const [issue] = result.error.issues
  const field = issue?.path.join('.') || 'the request'
  const isPage = field === 'page' || field === 'perPage'
  const isRange = issue?.code === 'too_big' || issue?.code === 'too_small'
  throw new DoorRefusal(
    isPage && isRange ? 'OUT_OF_RANGE' : 'INVALID_ARGUMENT',
    `${field}: ${issue?.message ?? 'is not valid'}. Correct it and send it again.`,
  )
}
