// The look beforehand must never spare a text that the whole way through would change.
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { redactedText, redactedValue, thoroughlyRedacted } from './redaction.ts'

const telling = fc.constantFrom(
  ...['+33612345678', '%2b33612345678', '+1 415 555', 'from 336123456', 'MSISDN="33612345678'],
  ...['bearer abcdef', 'BASIC abcdef', 'postgres://me:word@host', 'params: 4021\n at x', 'Params: 4021'],
  ...['to=', '336123456', 'phone_number: ', '://', ' params: ', '%2', 'B336123', ':', '@', '\n', ' '],
)
const text = fc.array(fc.oneof(telling, fc.string({ maxLength: 8 })), { maxLength: 6 })

test('a text comes out the same with and without the look beforehand', () => {
  fc.assert(
    fc.property(text, (parts) => {
      expect(redactedText(parts.join(''))).toBe(thoroughlyRedacted(parts.join('')))
    }),
    { numRuns: 2000 },
  )
})

test('figures under a telling name are hidden, whatever their kind', () => {
  expect(redactedValue({ msisdn: 33612345678, sender: '336123456', boot: 7 })).toEqual({
    msisdn: '33•••••678',
    sender: '33•••••456',
    boot: 7,
  })
})
