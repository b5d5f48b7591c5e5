// Real certificates, real folders, and the real checks of protocol/certificates.ts on both.
import { spawnSync } from 'node:child_process'
import { X509Certificate } from 'node:crypto'
import { once } from 'node:events'
import { mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import tls from 'node:tls'
import { checkChain, KnownParties } from '@concilia/protocol/certificates.ts'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type Authority, makeAuthority, makeCredentials } from './certificate-making.ts'
import { ensureRoot, issue } from './enrolment.ts'
import { identityFrom, readIdentity } from './identity.ts'

const day = 24 * 60 * 60 * 1000
const at = Date.UTC(2030, 0, 1)
const automaton = { id: 'automaton-4021', role: 'automaton', seller: 'snacks-and-co' } as const

describe('chains', () => {
  let authority: Authority
  let leaf: { keyPem: string; chainPem: string; rootPem: string }
  beforeAll(async () => {
    authority = await makeAuthority(at)
    leaf = await makeCredentials(authority, automaton, at)
  })

  test('a good one gives the party, with or without the root at its end', () => {
    for (const chain of [leaf.chainPem, leaf.chainPem + authority.rootPem]) {
      const checked = checkChain(chain, authority.rootPem, at)
      expect(checked).toMatchObject({ ok: true, party: automaton })
      if (!checked.ok) return
      expect(checked.party.validFrom).toBeLessThan(at)
      expect(checked.party.validTo).toBeGreaterThan(at + 365 * day)
      expect(checked.party.kid).toMatch(/^[\w-]{43}$/)
    }
  })

  test('each role is read, and a centre belongs to no seller', async () => {
    const centre = await makeCredentials(authority, { id: 'centre', role: 'payment-centre', seller: '' }, at)
    const server = await makeCredentials(authority, { id: 'server', role: 'relation-server', seller: '' }, at)
    expect(checkChain(centre.chainPem, authority.rootPem, at)).toMatchObject({
      party: { id: 'centre', role: 'payment-centre', seller: '' },
    })
    expect(checkChain(server.chainPem, authority.rootPem, at)).toMatchObject({
      party: { role: 'relation-server' },
    })
  })

  test('dates are judged at the moment given', () => {
    expect(checkChain(leaf.chainPem, authority.rootPem, at - 2 * day)).toMatchObject({
      refusal: 'not-yet-valid',
    })
    expect(checkChain(leaf.chainPem, authority.rootPem, at + 400 * day)).toMatchObject({ refusal: 'expired' })
  })

  test('a foreign root is refused, even one of the same name', async () => {
    const foreign = await makeAuthority(at)
    expect(checkChain(leaf.chainPem, foreign.rootPem, at).ok).toBe(false)
    expect(checkChain(leaf.chainPem + authority.rootPem, foreign.rootPem, at).ok).toBe(false)
    expect(checkChain(foreign.rootPem, authority.rootPem, at).ok).toBe(false)
  })

  test('a leaf is no authority', async () => {
    const posing = { ...authority, operationsPem: leaf.chainPem, operationsKeyPem: leaf.keyPem }
    const forged = await makeCredentials(posing, { ...automaton, id: 'automaton-4022' }, at)
    expect(checkChain(forged.chainPem, authority.rootPem, at)).toEqual({
      ok: false,
      refusal: 'issuer-is-no-authority',
    })
  })

  test('a certificate signed by another key than its issuer’s is refused', async () => {
    const { operationsKeyPem } = await makeAuthority(at)
    const forged = await makeCredentials({ ...authority, operationsKeyPem }, automaton, at)
    expect(checkChain(forged.chainPem, authority.rootPem, at)).toEqual({
      ok: false,
      refusal: 'bad-signature',
    })
  })

  test('a chain without its intermediate, in the wrong order, too long or no chain at all', () => {
    const [first = '', second = ''] = leaf.chainPem.split(/(?<=-----END CERTIFICATE-----\n)/)
    expect(checkChain(first, authority.rootPem, at)).toMatchObject({ refusal: 'not-our-root' })
    expect(checkChain(second + first, authority.rootPem, at).ok).toBe(false)
    expect(checkChain(leaf.chainPem.repeat(3), authority.rootPem, at)).toMatchObject({ refusal: 'too-long' })
    expect(checkChain('', authority.rootPem, at)).toMatchObject({ refusal: 'unreadable' })
    expect(checkChain(first.replace(/[A-Z]/g, 'Q'), authority.rootPem, at)).toMatchObject({
      refusal: 'unreadable',
    })
  })

  test('every changed byte of the leaf is noticed', () => {
    const [first = '', second = ''] = leaf.chainPem.split(/(?<=-----END CERTIFICATE-----\n)/)
    const { raw } = new X509Certificate(first)
    for (let index = 0; index < raw.length; index++) {
      const bytes = Buffer.from(raw)
      bytes[index] = (bytes[index] ?? 0) ^ 0x04
      const pem = `-----BEGIN CERTIFICATE-----\n${bytes.toString('base64')}\n-----END CERTIFICATE-----\n`
      expect(checkChain(pem + second, authority.rootPem, at).ok, `byte ${index}`).toBe(false)
    }
  })

  test('a role we do not know, and a certificate of an authority itself, speak for nobody', async () => {
    const other = await makeCredentials(authority, { ...automaton, role: 'auditor' as 'automaton' }, at)
    expect(checkChain(other.chainPem, authority.rootPem, at)).toMatchObject({ refusal: 'no-role' })
    expect(checkChain(authority.operationsPem, authority.rootPem, at)).toMatchObject({ refusal: 'no-role' })
    expect(checkChain(authority.rootPem, authority.rootPem, at)).toMatchObject({ refusal: 'no-role' })
  })

  test('an id or seller that would need escaping is never certified', async () => {
    for (const id of ['a,OU=payment-centre', 'a\nOU=payment-centre', 'a+OU=payment-centre', '']) {
      await expect(makeCredentials(authority, { ...automaton, id }, at)).rejects.toThrow()
    }
    await expect(makeCredentials(authority, { ...automaton, seller: 'a,CN=b' }, at)).rejects.toThrow()
  })

  test('known parties are found by kid, role and date', () => {
    const parties = new KnownParties(authority.rootPem)
    const admitted = parties.admit(leaf.chainPem, at)
    const kid = admitted.ok ? admitted.party.kid : ''
    expect(parties.find(kid, 'automaton', at)?.id).toBe('automaton-4021')
    expect(parties.find(kid, 'payment-centre', at)).toBeUndefined()
    expect(parties.find(kid, 'automaton', at + 400 * day)).toBeUndefined()
    expect(parties.find(kid, 'automaton', at - 2 * day)).toBeUndefined()
    expect(parties.find(undefined, 'automaton', at)).toBeUndefined()
    expect(parties.find(kid, 'automaton', at + 400 * day, at)?.id).toBe('automaton-4021')
    const later = new KnownParties(authority.rootPem)
    expect(later.admit(leaf.chainPem, at + 400 * day)).toEqual({ ok: false, refusal: 'expired' })
    expect(later.find(kid, 'automaton', at + 400 * day)).toBeUndefined()
    expect(later.find(kid, 'automaton', at + 400 * day, at)?.id).toBe('automaton-4021')
  })
})

describe('folders', () => {
  let folder: string
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'enrolment-'))
  })
  afterAll(() => rmSync(folder, { recursive: true }))

  test('the root is made once and kept', async () => {
    const first = await ensureRoot(join(folder, 'kept'), at)
    expect(await ensureRoot(join(folder, 'kept'), at + day)).toEqual(first)
    expect(statSync(join(folder, 'kept', 'authority', 'root-key.pem')).mode & 0o777).toBe(0o600)
  })

  test('a folder left half made is made again, one that lost a file is said', async () => {
    const place = join(folder, 'half')
    mkdirSync(join(place, 'authority.new'), { recursive: true })
    writeFileSync(join(place, 'authority.new', 'root.pem'), 'half')
    const made = await ensureRoot(place, at)
    expect(made.rootPem).toContain('BEGIN CERTIFICATE')
    rmSync(join(place, 'authority', 'operations-key.pem'))
    await expect(ensureRoot(place, at)).rejects.toMatchObject({
      code: 'authority-incomplete',
      message: expect.stringContaining('operations-key.pem'),
    })
  })

  test('an identity is kept while it is good', async () => {
    const place = await issue(folder, automaton, at)
    const identity = readIdentity(place)
    expect(identity).toMatchObject(automaton)
    expect(identity.signer.kid).toBe(identity.kid)
    expect(statSync(join(place, 'key.pem')).mode & 0o777).toBe(0o600)
    expect(readIdentity(await issue(folder, automaton, at + 300 * day)).kid).toBe(identity.kid)
  })

  test('the root’s key can be taken off line: nothing that is issued needs it', async () => {
    rmSync(join(folder, 'authority', 'root-key.pem'), { force: true })
    const place = await issue(folder, { ...automaton, id: 'later' }, at)
    expect(readIdentity(place)).toMatchObject({ id: 'later', role: 'automaton' })
  })

  test('and made anew when it has to answer to another host', async () => {
    const server = { id: 'server', role: 'relation-server', seller: '' } as const
    const kidFor = async (...hosts: string[]) =>
      readIdentity(await issue(folder, { ...server, hosts }, at)).kid
    const first = await kidFor('server.example', '192.0.2.7')
    expect(await kidFor('192.0.2.7')).toBe(first)
    expect(await kidFor('server.example', '192.0.2.8')).not.toBe(first)
  })

  test('and made anew when it runs out, is damaged, or is somebody else', async () => {
    const kidNow = async (subject = automaton, when = at) =>
      readIdentity(await issue(folder, subject, when)).kid
    const kids = new Set([await kidNow()])
    kids.add(await kidNow(automaton, at + 380 * day))
    writeFileSync(join(folder, 'issued', automaton.id, 'key.pem'), 'torn')
    kids.add(await kidNow(automaton, at + 380 * day))
    const resold = { ...automaton, seller: 'other-snacks' } as unknown as typeof automaton
    kids.add(await kidNow(resold, at + 380 * day))
    expect(kids.size).toBe(4)
  })

  test('the command makes one, and says what it lacks', () => {
    const enrol = (...words: string[]) => {
      const command = [join(import.meta.dirname, 'enrol.ts'), '--folder', join(folder, 'typed'), ...words]
      return spawnSync(process.execPath, command, { encoding: 'utf8' })
    }
    const whole = enrol('--role', 'automaton', '--id', automaton.id, '--seller', automaton.seller)
    expect(whole).toMatchObject({ status: 0, stderr: '' })
    expect(readIdentity(whole.stdout.split('\n')[0] ?? '')).toMatchObject(automaton)
    const without = enrol('--role', 'automaton', '--id', automaton.id)
    expect(without).toMatchObject({
      status: 2,
      stderr: expect.stringContaining('an automaton needs --seller'),
    })
    const mistyped = enrol('--role', 'payment-center', '--id', 'centre')
    expect(mistyped).toMatchObject({ status: 2, stderr: expect.stringContaining('payment-centre?') })
  })

  test('an identity that cannot be used is said before anything is signed', async () => {
    expect(() => readIdentity(join(folder, 'nowhere'))).toThrow(
      expect.objectContaining({ code: 'identity-missing' }),
    )
    const one = await issue(folder, { ...automaton, id: 'one' }, at)
    const two = await issue(folder, { ...automaton, id: 'two' }, at)
    writeFileSync(join(one, 'key.pem'), readFileSync(join(two, 'key.pem')))
    expect(() => readIdentity(one)).toThrow(/the key is not that of the certificate/)
    const foreign = await makeAuthority(at)
    writeFileSync(join(two, 'root.pem'), foreign.rootPem)
    expect(() => readIdentity(two)).toThrow(expect.objectContaining({ code: 'identity-invalid' }))
    expect(identityFrom({ keyPem: '', chainPem: '', rootPem: '' })).toBe('key or chain cannot be read as PEM')
  })
})

test('TLS accepts them: a server by its address, a client by its certificate', async () => {
  const now = Date.now()
  const authority = await makeAuthority(now)
  const hosts = ['localhost', '127.0.0.1']
  const server = await makeCredentials(
    authority,
    { id: 'server', role: 'relation-server', seller: '', hosts },
    now,
  )
  const client = await makeCredentials(authority, automaton, now)
  const listener = tls.createServer({
    key: server.keyPem,
    cert: server.chainPem,
    ca: authority.rootPem,
    requestCert: true,
  })
  listener.on('secureConnection', (socket) => {
    socket.end(socket.authorized ? String(socket.getPeerCertificate().subject.CN) : 'stranger')
  })
  await once(listener.listen(0, '127.0.0.1'), 'listening')
  const { port } = listener.address() as AddressInfo
  const ca = authority.rootPem
  const credentials = { key: client.keyPem, cert: client.chainPem }
  expect(await text(tls.connect({ host: 'localhost', port, ca, ...credentials }))).toBe('automaton-4021')
  expect(await text(tls.connect({ host: '127.0.0.1', port, ca, ...credentials }))).toBe('automaton-4021')
  const foreign = await makeAuthority(now)
  const [error] = await once(tls.connect({ host: 'localhost', port, ca: foreign.rootPem }), 'error')
  expect(error).toHaveProperty('code', expect.stringMatching(/CERT|SIGNATURE/))
  listener.close()
})
