// The four signed words: each is believed only in its own form, of its own kind, from a party of the right
// role whose chain was checked and has not run out.

import { makeAuthority, makeCredentials } from '@concilia/platform/certificate-making.ts'
import { type Identity, identityFrom } from '@concilia/platform/identity.ts'
import { KnownParties, type Role } from '@concilia/protocol/certificates.ts'
import {
  acknowledgementKind,
  check,
  outcomeKind,
  promise,
  slipKind,
  tokenSchema,
  withdrawalKind,
} from '@concilia/protocol/promises.ts'
import { sha256 } from '@concilia/protocol/random.ts'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'

const at = Date.UTC(2030, 0, 1)
const offerHash = sha256('the offer')
const saleId = '0199c1de-1111-4222-8333-444455556666'
const terms = { offerHash, amountMinor: 150, currency: 'EUR', seller: 'snacks-and-co' } as const
const words = {
  slip: { ...terms, waitMs: 180_000 },
  acknowledgement: { ...terms, paymentId: 'p1', charge: 'debit', at },
  withdrawal: { saleId, offerHash, reason: 'waitLimit', at },
  outcome: { saleId, offerHash, result: 'delivered', detail: 'vend-success', at },
} as const
const kinds = {
  slip: slipKind,
  acknowledgement: acknowledgementKind,
  withdrawal: withdrawalKind,
  outcome: outcomeKind,
} as const
const names = Object.keys(kinds) as (keyof typeof kinds)[]

const authority = await makeAuthority(at)

async function enrolled(id: string, role: Role): Promise<Identity> {
  const identity = identityFrom(await makeCredentials(authority, { id, role, seller: '' }, at))
  if (typeof identity === 'string') throw new Error(identity)
  return identity
}

function known(...identities: Identity[]): KnownParties {
  const parties = new KnownParties(authority.rootPem)
  for (const { chain } of identities) expect(parties.admit(chain, at).ok).toBe(true)
  return parties
}

const automaton = await enrolled('automaton-4021', 'automaton')
const centre = await enrolled('centre', 'payment-centre')
const server = await enrolled('server', 'relation-server')
const impostor = await enrolled('automaton-4021', 'automaton')
const parties = known(automaton, centre, server)
const right = { slip: automaton, withdrawal: automaton, outcome: automaton, acknowledgement: centre } as const
const sign = (name: keyof typeof kinds, by: Pick<Identity, 'signer'>) =>
  promise<unknown>(kinds[name], by.signer, words[name])

describe.each(names)('%s', (name) => {
  const kind = kinds[name]
  const token = sign(name, right[name])

  test('comes back with its signer', () => {
    expect(check<unknown>(kind, token, parties, at)).toEqual({
      ok: true,
      payload: words[name],
      by: expect.objectContaining({ id: right[name].id, kid: right[name].kid }),
    })
    expect(tokenSchema.safeParse(token).success).toBe(true)
  })

  test('is not believed from another role', () => {
    for (const other of [automaton, centre, server].filter((each) => each !== right[name])) {
      expect(check<unknown>(kind, sign(name, other), parties, at)).toEqual({
        ok: false,
        refusal: 'unknownSigner',
      })
    }
  })

  test('is not taken for another kind', () => {
    for (const other of names.filter((each) => each !== name)) {
      expect(check<unknown>(kinds[other], token, parties, at).ok).toBe(false)
    }
  })

  test('is not believed before or after its signer’s certificate, nor from a stranger', () => {
    const { validFrom, validTo, signer } = right[name]
    const unknown = { ok: false, refusal: 'unknownSigner' }
    expect(check<unknown>(kind, token, parties, validFrom - 1)).toEqual(unknown)
    // What a machine signed about a sale while it could stays good.
    const lasts = name === 'withdrawal' || name === 'outcome'
    expect(check<unknown>(kind, token, parties, validTo)).toMatchObject(lasts ? { ok: true } : unknown)
    const late = 'at' in words[name] ? { ...words[name], at: validTo } : words[name]
    expect(check<unknown>(kind, promise<unknown>(kind, signer, late), parties, validTo)).toEqual(unknown)
    expect(check<unknown>(kind, token, parties, validTo - 1).ok).toBe(true)
    expect(check<unknown>(kind, token, known(), at)).toEqual({ ok: false, refusal: 'unknownSigner' })
    const borrowed = { signer: { kid: right[name].kid, privateKey: impostor.signer.privateKey } }
    expect(check<unknown>(kind, sign(name, borrowed), parties, at)).toEqual({
      ok: false,
      refusal: 'notValid',
    })
  })

  test('is never made in the wrong form', () => {
    const wrong = { ...words[name], offerHash: 'short' }
    expect(() => promise<unknown>(kind, right[name].signer, wrong)).toThrow()
    expect(() => promise<unknown>(kind, right[name].signer, { ...words[name], more: 1 })).toThrow()
  })
})

test('only an outcome `unknown` may lack the hash', () => {
  const { signer } = automaton
  const lacking = (result: 'unknown' | 'delivered' | 'failed') =>
    promise(outcomeKind, signer, { ...words.outcome, offerHash: '', result })
  expect(check(outcomeKind, lacking('unknown'), parties, at).ok).toBe(true)
  expect(() => lacking('failed')).toThrow()
  expect(() => lacking('delivered')).toThrow()
})

test('no text is mistaken for a promise', () => {
  fc.assert(
    fc.property(fc.string(), fc.constantFrom(...names), (text, name) => {
      expect(check<unknown>(kinds[name], text, parties, at)).toEqual({ ok: false, refusal: 'notValid' })
    }),
  )
})
