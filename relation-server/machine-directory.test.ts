import { ManualClock } from '@concilia/protocol/manual-clock.ts'
import { expect, test } from 'vitest'
import { newMachine } from './machine-commands.ts'
import { MachineDirectory } from './machine-directory.ts'
import type { MachineRow } from './store/port.ts'

function directoryOf(rows: MachineRow[]) {
  const clock = new ManualClock()
  let reads = 0
  const machines = async () => {
    reads++
    return [...rows]
  }
  return { clock, directory: new MachineDirectory({ machines }, clock), reads: () => reads }
}

const machine = (automatonId: string, change: Partial<MachineRow> = {}): MachineRow => ({
  ...newMachine(automatonId, 'operator', 1),
  ...change,
})

test('a known number is read once in five seconds, an unknown one every time', async () => {
  const rows = [machine('m1', { machineNumber: '4021' })]
  const { clock, directory, reads } = directoryOf(rows)
  expect((await directory.byNumber('4021'))?.automatonId).toBe('m1')
  await directory.byNumber('4021')
  expect(reads()).toBe(1)
  rows.push(machine('m2', { machineNumber: '5021' }))
  expect((await directory.byNumber('5021'))?.automatonId).toBe('m2')
  expect(await directory.byNumber('6021')).toBeUndefined()
  expect(reads()).toBe(3)
  clock.advance(5000)
  await directory.byNumber('4021')
  expect(reads()).toBe(4)
})

test('a machine just enrolled is known at once', async () => {
  const rows: MachineRow[] = []
  const { directory } = directoryOf(rows)
  expect(await directory.knows('m1')).toBe(false)
  rows.push(machine('m1'))
  expect(await directory.knows('m1')).toBe(true)
})

test('only machines that sell are suggested', async () => {
  const { directory } = directoryOf([
    machine('m1', { machineNumber: '4021', state: 'admitted' }),
    machine('m2', { machineNumber: '5021', state: 'barred' }),
    machine('m3', { state: 'admitted' }),
  ])
  await directory.byNumber('4021')
  expect(directory.numbers()).toEqual(['4021'])
})
