// The latency timer as Linux tells it, and ports that have none.
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { latencyTimerMs } from './latency-timer.ts'

test('is read for the port behind any name; a port without one has none', () => {
  const folder = mkdtempSync(join(tmpdir(), 'concilia-timer-'))
  onTestFinished(() => rmSync(folder, { recursive: true }))
  const port = join(folder, 'ttyUSB7')
  const byId = join(folder, 'usb-adapter-if00')
  writeFileSync(port, '')
  symlinkSync(port, byId)
  mkdirSync(join(folder, 'devices/ttyUSB7'), { recursive: true })
  writeFileSync(join(folder, 'devices/ttyUSB7/latency_timer'), '16\n')
  expect(latencyTimerMs(byId, join(folder, 'devices'))).toBe(16)
  expect(latencyTimerMs(join(folder, 'absent'), join(folder, 'devices'))).toBeUndefined()
  expect(latencyTimerMs('/dev/null')).toBeUndefined()
})
