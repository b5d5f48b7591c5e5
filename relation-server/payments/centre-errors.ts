// What can be wrong between us and the payment centre outside a sale, for the person who runs the server.
// Within a sale the same troubles are values (refused, in doubt).
import { OperatingError } from '@concilia/platform/operating-error.ts'

export function centreAway(why: string): OperatingError {
  return new OperatingError({
    code: 'payment-centre-away',
    message: `the payment centre cannot be asked: ${why}`,
    advice: 'See that the payment centre runs and that centreUrl in the [payments] section leads to it.',
    retry: true,
  })
}

export function centreRefusesUs(status: 401 | 403): OperatingError {
  return new OperatingError({
    code: 'payment-centre-refuses-us',
    message: `the payment centre does not let us in (${status})`,
    advice:
      'Compare clientId and clientSecretFile in the [payments] section with what the centre has registered.',
  })
}

export function centreUnreadable(): OperatingError {
  return new OperatingError({
    code: 'payment-centre-unreadable',
    message: 'the payment centre gave an answer that cannot be read',
    advice: 'See that centreUrl leads to a payment centre and that both run versions that belong together.',
  })
}
