// Children of the supervisor, real ones: readiness by message, logs by line, ends in words.
import { once } from 'node:events'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { ChildProgram, type LogLine } from './child-program.ts'
import { happeningLine, paintFor, stepOf } from './steps.ts'

let root: string
beforeAll(() => {
  root = mkdtempSync(join(tmpdir(), 'children-'))
})
afterAll(() => rmSync(root, { recursive: true }))

function child(name: string, source: string): { program: ChildProgram; lines: LogLine[] } {
  writeFileSync(join(root, `${name}.mjs`), source)
  const lines: LogLine[] = []
  const description = { name, title: name, script: `${name}.mjs`, arguments: ['--config', 'x'] }
  const places = { root, run: join(root, 'run'), log: join(root, 'log') }
  return { program: new ChildProgram(description, places, (line) => lines.push(line)), lines }
}

const staying = 'process.on("message", (m) => process.send(m)); setInterval(() => {}, 1000);'

test('ready, spoken to, stopped', async () => {
  const step = '{"time":1,"level":"info","msg":"offer published","step":"ST4","saleId":"s"}'
  const { program, lines } = child(
    'good',
    `${staying} console.log('${step}'); console.log('not JSON');
    process.send({ type: 'ready', args: process.argv.slice(2) })`,
  )
  expect(await program.ready).toEqual({ type: 'ready', args: ['--config', 'x'] })
  program.process.send({ type: 'ask' })
  expect(await once(program.process, 'message')).toEqual([{ type: 'ask' }, undefined])
  await program.stop()
  expect(await program.ended).toBe('was ended by SIGTERM')
  expect(lines).toEqual([JSON.parse(step)])
  expect(readFileSync(join(root, 'log', 'good.log'), 'utf8')).toBe(`${step}\nnot JSON\n`)
})

test('one that ends before it is ready says why, with its last words', async () => {
  const { program } = child(
    'bad',
    `console.error('port 1 is taken'); console.error('Choose.'); process.exit(1)`,
  )
  await expect(program.ready).rejects.toMatchObject({
    code: 'program-not-started',
    message: 'The bad ended with code 1.\n  port 1 is taken\n  Choose.',
  })
})

test('one that cannot even start', async () => {
  const description = { name: 'none', title: 'none', script: 'none.mjs', arguments: [] }
  const places = { root: join(root, 'absent'), run: join(root, 'run'), log: join(root, 'log') }
  const program = new ChildProgram(description, places, () => {})
  await expect(program.ready).rejects.toThrow(/could not be started \(.*ENOENT/)
  await program.stop()
})

test('steps are told from other lines, and printed in columns', () => {
  const line = { time: new Date(2030, 0, 1, 12, 0, 1, 234).getTime(), level: 'info', msg: 'offer published' }
  expect(stepOf('automaton 4021', line)).toBeUndefined()
  expect(stepOf('automaton 4021', { ...line, step: 'stepping' })).toBeUndefined()
  const step = stepOf('automaton 4021', { ...line, step: 'ST4', saleId: 's' })
  expect(step?.saleId).toBe('s')
  expect(step && happeningLine({ kind: 'step', ...step }, paintFor({}))).toBe(
    '12:00:01.234  ST4   automaton 4021    offer published',
  )
  expect(step && happeningLine({ kind: 'step', ...step }, paintFor({ isTTY: true }))).toContain(
    '\x1b[36mST4  \x1b[0m',
  )
})
