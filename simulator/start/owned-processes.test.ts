// Notes about processes, with real ones: what is ours is ended, what only looks so is left alone.
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { claimFolder, isClaimed, noteProcess, releaseFolder } from './owned-processes.ts'

let folder: string
let children: ChildProcess[]
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'processes-'))
  children = []
})
afterEach(async () => {
  for (const child of children) {
    if (child.exitCode !== null || child.signalCode !== null) continue
    child.kill('SIGKILL')
    await once(child, 'exit')
  }
  rmSync(folder, { recursive: true })
})

async function running(body: string): Promise<ChildProcess & { pid: number }> {
  const source = `${body}; process.on('message', (word) => process.send(word)); process.send('there')`
  const child = spawn(process.execPath, ['--eval', source], { stdio: ['ignore', 'ignore', 'inherit', 'ipc'] })
  children.push(child)
  await once(child, 'message')
  if (child.pid === undefined) throw new Error('not started')
  return Object.assign(child, { pid: child.pid })
}

test('a child left behind is asked to stop, and killed if it does not', async () => {
  const willing = await running('')
  const deaf = await running(`process.on('SIGTERM', () => {})`)
  noteProcess(folder, 'willing', willing.pid)
  noteProcess(folder, 'deaf', deaf.pid)
  const exits = [once(willing, 'exit'), once(deaf, 'exit')]
  await claimFolder(folder)
  expect(await Promise.all(exits)).toEqual([
    [null, 'SIGTERM'],
    [null, 'SIGKILL'],
  ])
  expect(existsSync(join(folder, 'willing.json'))).toBe(false)
})

test('a process that was given the same pid is left alone', async () => {
  const stranger = await running('')
  noteProcess(folder, 'automaton', stranger.pid)
  const file = join(folder, 'automaton.json')
  writeFileSync(file, readFileSync(file, 'utf8').replace(/"started":"[^"]*"/, '"started":"before 12345"'))
  await claimFolder(folder)
  expect(existsSync(file)).toBe(false)
  stranger.send('still there?')
  expect((await once(stranger, 'message'))[0]).toBe('still there?')
})

test('notes that cannot be read, or name nobody, are cleared away', async () => {
  writeFileSync(join(folder, 'torn.json'), '{"pid":')
  noteProcess(folder, 'gone', 2 ** 22 - 1)
  await claimFolder(folder)
  expect(existsSync(join(folder, 'torn.json'))).toBe(false)
})

test('a folder belongs to one supervisor at a time', async () => {
  const other = await running('')
  noteProcess(folder, 'supervisor', other.pid)
  expect(isClaimed(folder)).toBe(true)
  await expect(claimFolder(folder)).rejects.toMatchObject({ code: 'already-running' })
  const exited = once(other, 'exit')
  other.kill('SIGKILL')
  await exited
  expect(isClaimed(folder)).toBe(false)
  await claimFolder(folder)
  await claimFolder(folder)
  expect(isClaimed(folder)).toBe(true)
  releaseFolder(folder)
  expect(isClaimed(folder)).toBe(false)
})
