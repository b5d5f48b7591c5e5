// Pages and date ranges of the lists that CAMARA lets a client ask for.
import {
  type ErrorCode,
  largestPage,
  pageHeaders,
  refundStatuses,
} from '@concilia/protocol/carrier-billing.ts'
import { z } from 'zod'
import type { RefundRecord } from '../books/records.ts'
import { DoorRefusal } from './refusal.ts'

const dateSchema = z.iso.datetime({ offset: true })

export const refundsQuerySchema = z.object({
  page: z.coerce.number().int().min(1).default(1),
  perPage: z.coerce.number().int().min(1).max(largestPage).default(10),
  'refundCreationDate.gte': z.exactOptional(dateSchema),
  'refundCreationDate.lte': z.exactOptional(dateSchema),
  order: z.enum(['asc', 'desc']).default('desc'),
  refundStatus: z.exactOptional(z.union([z.enum(refundStatuses), z.array(z.enum(refundStatuses))])),
  merchantIdentifier: z.exactOptional(z.string()),
})

/** @throws DoorRefusal when the end comes before the beginning */
export function dateRange(gte: string | undefined, lte: string | undefined, code: ErrorCode) {
  const [from, to] = [gte, lte].map((date) => (date === undefined ? undefined : Date.parse(date)))
  if (from !== undefined && to !== undefined && from > to) {
    throw new DoorRefusal(code, 'The end of the range comes before its beginning. Exchange gte and lte.')
  }
  return { ...(from === undefined ? {} : { from }), ...(to === undefined ? {} : { to }) }
}

/** @param refunds of one payment, oldest first: few, so they are picked here and not by the store */
export function refundsPage(refunds: readonly RefundRecord[], query: z.infer<typeof refundsQuerySchema>) {
  const { page, perPage, order, refundStatus } = query
  const range = dateRange(
    query['refundCreationDate.gte'],
    query['refundCreationDate.lte'],
    'CARRIER_BILLING_REFUND.INVALID_DATE_RANGE',
  )
  const statuses = refundStatus === undefined ? refundStatuses : [refundStatus].flat()
  const matching = refunds.filter(
    ({ createdAt, status }) =>
      statuses.includes(status) &&
      createdAt >= (range.from ?? 0) &&
      createdAt <= (range.to ?? Number.POSITIVE_INFINITY),
  )
  const sorted = order === 'asc' ? matching : matching.toReversed()
  const offset = (page - 1) * perPage
  const picked = sorted.slice(offset, offset + perPage)
  const headers = {
    [pageHeaders.lastKey]: String(offset + picked.length),
    [pageHeaders.totalCount]: String(matching.length),
  }
  return { page: picked, headers }
}
