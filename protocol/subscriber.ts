// Who a phone is: an opaque key with the realm that gives it meaning. Some carriers hide the number behind an
// alias of their own, so the key is not always a telephone number.
import { z } from 'zod'

export const e164Schema = z.string().regex(/^\+[1-9][0-9]{4,14}$/)

export const subscriberSchema = z
  .object({
    /**
     * `e164` for a telephone number; otherwise the carrier that vouches for the alias, such as `orange-fr`.
     */
    realm: z.string().regex(/^[a-z0-9-]{2,32}$/),
    key: z.string().min(1).max(64),
  })
  .refine((subscriber) => subscriber.realm !== 'e164' || e164Schema.safeParse(subscriber.key).success, {
    message: 'in realm e164 the key is a telephone number such as +33612345678',
  })

export type Subscriber = z.infer<typeof subscriberSchema>

/** What people and logs may see: `+33•••••678`, or the realm and the last three characters of an alias. */
export function maskedSubscriber({ realm, key }: Subscriber): string {
  const tail = key.length > 6 ? key.slice(-3) : ''
  return realm === 'e164' ? `${key.slice(0, 3)}•••••${tail}` : `${realm}:•••••${tail}`
}
