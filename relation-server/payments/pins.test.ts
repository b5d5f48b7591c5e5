// What the centre's answers to a chosen PIN mean to its buyer, and that nothing else is said.
import { ManualClock } from '@concilia/protocol/manual-clock.ts'
import { expect, test } from 'vitest'
import type { Answer } from './classify.ts'
import { CentrePins } from './pins.ts'
import type { CentreRequest } from './requests.ts'

const subscriber = { realm: 'e164', key: '+33612345678' }
const error = (status: number, code: string): Answer => ({
  kind: 'answered',
  status,
  body: { status, code, message: '' },
})

test.each<[Answer, string]>([
  [{ kind: 'answered', status: 200, body: { pin: 'set' } }, 'set'],
  [error(400, 'CARRIER_BILLING.INVALID_CODE'), 'wrong'],
  [error(422, 'CONCILIA.NO_PIN'), 'notNow'],
  [error(404, 'IDENTIFIER_NOT_FOUND'), 'noAccount'],
  [error(503, 'UNAVAILABLE'), 'failed'],
  [{ kind: 'silent', why: 'nobody' }, 'failed'],
])('%j: %s', async (answer, expected) => {
  const asked: CentreRequest[] = []
  const http = {
    exchange: async (request: CentreRequest) => {
      asked.push(request)
      return answer
    },
    close: async () => {},
  }
  const pins = new CentrePins(http, new ManualClock(), 1000)
  expect(await pins.choose(subscriber, '4711', '0815')).toBe(expected)
  expect(asked).toEqual([
    {
      method: 'POST',
      path: '/concilia/v1/pins',
      body: '{"phoneNumber":"+33612345678","pin":"4711","currentPin":"0815"}',
    },
  ])
})
