// The limits of every play keep rule 6 and the ranges that the programs insist on.
import { brokenLimits, limitsSchema } from '@concilia/protocol/limits.ts'
import { expect, test } from 'vitest'
import { type Fault, faultNames, faults, playLimits } from './faults.ts'

test.each(faultNames)('%s', (name) => {
  const fault: Fault = faults[name]
  const limits = playLimits(fault)
  expect(brokenLimits(limits)).toEqual([])
  expect(limitsSchema.parse(limits)).toEqual(limits)
  expect(fault.behaviours === undefined && fault.twist === undefined && fault.buyer === undefined).toBe(false)
})
