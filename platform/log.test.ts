// What gets out of a log: read from the stream itself, in both forms.
import { spawnSync } from 'node:child_process'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { type LogSettings, makeLog } from './log.ts'
import { OperatingError } from './operating-error.ts'

function logged(write: (log: ReturnType<typeof makeLog>) => void, settings: LogSettings = {}): string {
  const lines: string[] = []
  write(makeLog('server', { ...settings, write: (line) => lines.push(line) }))
  return lines.join('')
}

test.each([
  ['ends at once', 'process.exit(3)'],
  ['fails', "throw new Error('a mistake')"],
  ['has nothing more to do', ''],
])('every line of a program that %s is written, in order', (_, end) => {
  const module = new URL('./log.ts', import.meta.url).href
  const code = `const { makeLog } = await import(${JSON.stringify(module)})
    const log = makeLog('program')
    for (const words of ['one', 'two']) log.info(words)
    setImmediate(() => { log.info('three'); ${end} })`
  const { stdout } = spawnSync(process.execPath, ['--input-type=module', '-e', code], { encoding: 'utf8' })
  const said = stdout.trim().split('\n')
  expect(said.map((line) => JSON.parse(line).msg)).toEqual(['one', 'two', 'three'])
})

describe('the two forms', () => {
  test('one JSON object a line, with program, level, time and fields', () => {
    const text = logged((log) =>
      log.child({ machine: '4021' }).warn({ step: 'ST4', saleId: 'x' }, 'offer stored'),
    )
    expect(text.endsWith('\n')).toBe(true)
    const line = JSON.parse(text)
    expect(line).toMatchObject({
      level: 'warn',
      program: 'server',
      machine: '4021',
      step: 'ST4',
      saleId: 'x',
      msg: 'offer stored',
    })
    expect(line.time).toBeTypeOf('number')
  })

  test('one readable line, an operating error with its advice below', () => {
    const err = new OperatingError({
      code: 'port-taken',
      message: 'port 1 is taken',
      advice: 'Choose another.',
    })
    const text = logged((log) => log.error({ err, port: 1 }, 'cannot listen'), { readable: true })
    expect(text).toMatch(/^\d\d:\d\d:\d\d\.\d{3} error server {2}cannot listen {2}port=1\n/)
    expect(text).toContain('port-taken: port 1 is taken Choose another.')
  })

  test('below the level nothing is written', () => {
    expect(logged((log) => log.debug('x'))).toBe('')
    expect(logged((log) => log.debug('x'), { level: 'debug' })).toContain('"msg":"x"')
    expect(logged((log) => log.error('x'), { level: 'silent' })).toBe('')
  })
})

describe('nobody is recognised', () => {
  const number = '+33612345678'
  test.each<[string, (log: ReturnType<typeof makeLog>) => void]>([
    ['words', (log) => log.info(`from ${number}`)],
    ['words without plus', (log) => log.info({}, 'text from 33612345678 to 36000')],
    ['words with spaces', (log) => log.info({}, 'called +33 6 12 34 56 78 back')],
    ['a field', (log) => log.info({ subscriber: { realm: 'e164', key: number } }, 'asked')],
    ['a named number', (log) => log.info({ msisdn: 33612345678 }, 'asked')],
    ['a list of named numbers', (log) => log.info({ to: ['33612345678'] }, 'asked')],
    ['a URL', (log) => log.info({ url: '/sendsms?to=%2B33612345678&text=hi' }, 'asked')],
    ['a URL without plus', (log) => log.info({ url: '/sendsms?to=33612345678&text=hi' }, 'asked')],
    ['JSON within a text', (log) => log.info({ body: JSON.stringify({ from: '33612345678' }) }, 'asked')],
    ['a child', (log) => log.child({ phone: '33612345678' }).info('asked')],
    ['an error', (log) => log.error({ err: new Error(`no such ${number}`) }, 'failed')],
    ['an error alone', (log) => log.error(new Error(`no such ${number}`), 'failed')],
    ['a cause', (log) => log.error({ err: new Error('failed', { cause: new Error(number) }) }, 'failed')],
    [
      'parameters of a statement',
      (log) => log.error({ err: new Error('Failed query: insert\nparams: 33612345678,150') }, 'failed'),
    ],
    ['words that are such an error', (log) => log.error('Failed query: insert\nparams: 33612345678,150')],
  ])('%s', (_, write) => {
    for (const readable of [false, true]) {
      const text = logged(write, { readable })
      expect(text).toMatch(/\w/)
      expect(text.replace(/[ -]/g, '')).not.toContain('612345678')
    }
  })

  test('any international number, anywhere in a value', () => {
    const e164 = fc.stringMatching(/^[1-9][0-9]{5,14}$/)
    fc.assert(
      fc.property(e164, fc.constantFrom('a', 'text', 'key'), fc.string(), (digits, name, around) => {
        const words = `${around.replace(/\d/g, '')} +${digits} `
        const text = logged((log) => log.info({ [name]: [{ deep: words }] }, words))
        expect(text).not.toContain(digits)
        expect(() => JSON.parse(text)).not.toThrow()
      }),
    )
  })

  test('what is no number stays readable', () => {
    const fields = {
      at: 1_790_000_000_000,
      saleId: '0199c1de-1111-4222-8333-444455556666',
      price: '1.50 EUR',
    }
    expect(JSON.parse(logged((log) => log.info(fields, 'took 12345678901 ns')))).toMatchObject({
      ...fields,
      msg: 'took 12345678901 ns',
    })
  })
})

describe('secrets', () => {
  test('by their names, at any depth', () => {
    const text = logged((log) =>
      log.info(
        {
          client: { clientSecret: 'hush', password: 'hush' },
          headers: { Authorization: 'hush', apikey: 'hush' },
        },
        'asked',
      ),
    )
    expect(text).not.toContain('hush')
  })

  test('in URLs and bearer tokens', () => {
    const text = logged((log) =>
      log.info({ database: 'postgres://server:hush@localhost/server' }, 'sent Bearer hush.hush-hush'),
    )
    expect(text).not.toContain('hush')
    expect(text).toContain('localhost/server')
  })

  test('a driver’s own fields are left out of an error, its code is kept', () => {
    const driver = Object.assign(new Error('duplicate'), { code: '23505', parameters: ['hush'] })
    const err = new OperatingError({ code: 'duplicate-row', message: 'm', advice: 'a', cause: driver })
    const line = JSON.parse(logged((log) => log.error({ err }, 'failed')))
    expect(line.err).toMatchObject({ code: 'duplicate-row', retry: false, cause: { code: '23505' } })
    expect(JSON.stringify(line)).not.toContain('hush')
  })
})
