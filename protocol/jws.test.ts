// Our compact JWS against an independent implementation, and against everything that is not one of our
// tokens.
import { generateKeyPairSync } from 'node:crypto'
import fc from 'fast-check'
import { CompactSign, compactVerify } from 'jose'
import { describe, expect, test } from 'vitest'
import { z } from 'zod'
import { kidOf, signJws, verifyJws } from './jws.ts'

const { privateKey, publicKey } = generateKeyPairSync('ed25519')
const stranger = generateKeyPairSync('ed25519')
const signer = { kid: 'k'.repeat(43), privateKey }
const schema = z.strictObject({ amountMinor: z.int(), words: z.string() })
const payload = { amountMinor: 150, words: 'café €' }
const token = signJws(signer, 'slip', payload)

describe('the form', () => {
  test('jose verifies ours', async () => {
    const { payload: bytes, protectedHeader } = await compactVerify(token, publicKey)
    expect(JSON.parse(Buffer.from(bytes).toString('utf8'))).toEqual(payload)
    expect(protectedHeader).toEqual({ alg: 'EdDSA', kid: signer.kid, typ: 'slip' })
    await expect(compactVerify(token, stranger.publicKey)).rejects.toThrow()
  })

  test('ours verifies jose’s', async () => {
    const theirs = await new CompactSign(Buffer.from(JSON.stringify(payload)))
      .setProtectedHeader({ alg: 'EdDSA', kid: signer.kid, typ: 'slip' })
      .sign(privateKey)
    expect(verifyJws(theirs, 'slip', publicKey, schema)).toEqual(payload)
  })

  test('the same key and payload give the same bytes', () => {
    expect(signJws(signer, 'slip', payload)).toBe(token)
  })

  test('any payload comes back as it went', () => {
    const any = z.unknown()
    fc.assert(
      fc.property(fc.jsonValue({ maxDepth: 3 }), (value) => {
        const there = JSON.parse(JSON.stringify({ value }))
        expect(verifyJws(signJws(signer, 'slip', { value }), 'slip', publicKey, any)).toEqual(there)
      }),
    )
  })
})

describe('what is not believed', () => {
  const believed = (text: string) => verifyJws(text, 'slip', publicKey, schema)

  test('another key, another kind, another form of payload', () => {
    expect(believed(token)).toEqual(payload)
    expect(verifyJws(token, 'slip', stranger.publicKey, schema)).toBeUndefined()
    expect(verifyJws(token, 'acknowledgement', publicKey, schema)).toBeUndefined()
    expect(believed(signJws(signer, 'slip', { ...payload, more: 1 }))).toBeUndefined()
    expect(believed(signJws(signer, 'slip', { amountMinor: 1.5, words: '' }))).toBeUndefined()
  })

  test('any changed character', () => {
    const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_.='
    fc.assert(
      fc.property(fc.nat(token.length - 1), fc.constantFrom(...alphabet), (index, character) => {
        const changed = `${token.slice(0, index)}${character}${token.slice(index + 1)}`
        fc.pre(changed !== token)
        // The last character of the signature carries two bits that base64url leaves unused.
        fc.pre(index !== token.length - 1)
        expect(believed(changed)).toBeUndefined()
      }),
    )
  })

  test('a payload or header exchanged for that of another token', () => {
    const [head = '', body = '', signature = ''] = token.split('.')
    const [, otherBody = '', otherSignature = ''] = signJws(signer, 'slip', {
      amountMinor: 1,
      words: '',
    }).split('.')
    expect(believed(`${head}.${otherBody}.${signature}`)).toBeUndefined()
    expect(believed(`${head}.${body}.${otherSignature}`)).toBeUndefined()
  })

  test.each([
    ['no algorithm', { alg: 'none', kid: 'k', typ: 'slip' }],
    ['another algorithm', { alg: 'HS256', kid: 'k', typ: 'slip' }],
    ['a critical extension', { alg: 'EdDSA', kid: 'k', typ: 'slip', crit: ['exp'] }],
    ['no kid', { alg: 'EdDSA', typ: 'slip' }],
  ])('a header with %s', (_, header) => {
    const head = Buffer.from(JSON.stringify(header)).toString('base64url')
    const [, body = '', signature = ''] = token.split('.')
    expect(kidOf(`${head}.${body}.${signature}`)).toBeUndefined()
    expect(believed(`${head}.${body}.${signature}`)).toBeUndefined()
  })

  test('any text at all', () => {
    const segments = fc.array(fc.base64String({ maxLength: 90 }), { maxLength: 4 })
    fc.assert(
      fc.property(
        fc.oneof(
          fc.string(),
          segments.map((each) => each.join('.')),
        ),
        (text) => {
          expect(believed(text)).toBeUndefined()
          expect(kidOf(text)).toBeUndefined()
        },
      ),
    )
  })
})
