import { spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, test } from 'vitest'

const data = mkdtempSync(join(tmpdir(), 'concilia-figures-'))
afterAll(() => rmSync(data, { recursive: true, force: true }))

const measure = (...flags: string[]) =>
  spawnSync(process.execPath, [join(import.meta.dirname, 'main.ts'), ...flags], { encoding: 'utf8' })

test('measures sales, the bare limit, idle machines and the automaton, in a table and in JSON', () => {
  const json = join(data, 'figures.json')
  const only = 'sell-50,bare-1,idle-tls,logic,bus,smpp,automaton'
  const { status, stdout, stderr } = measure('--short', '--only', only, '--data', data, '--json', json)
  expect(stderr).not.toMatch(/another way/)
  expect(status).toBe(0)
  expect(stdout).toMatch(/^salesPerSecond +[\d.]+ +[\d.]+$/m)
  const { figures } = JSON.parse(readFileSync(json, 'utf8'))
  const positive = expect.toSatisfy((value: number) => value > 0)
  const sold = { sales: positive, serverCpuMs: positive, consentToInstructionP50Ms: positive, refused: 0 }
  expect(figures).toMatchObject({
    'sell-50': { ...sold, serverCommits: positive, rowsWritten: positive },
    'bare-1': sold,
    'idle-tls': { machines: 20, serverMb: positive, againAdmittedSeconds: positive },
    logic: { sales: 30, userCpuMs: positive },
    bus: { blocksReadPerSecond: positive, requestAnswerP50Us: positive },
    smpp: { textsInPerSecond: positive, textsOutPerSecond: positive },
    automaton: { readyMs: positive, residentMb: positive },
  })
}, 240_000)

test('says what there is, and names the part that was meant', () => {
  expect(measure('--help').stdout).toMatch(/sell-200 +200 machines sell/)
  const { status, stderr } = measure('--only', 'sel-200')
  expect([status, stderr]).toEqual([2, expect.stringContaining('did you mean sell-200?')])
})
