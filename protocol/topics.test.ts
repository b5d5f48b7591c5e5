// Topics, both ways, and everything that is no machine's own.
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import {
  automatonIdSchema,
  downTopic,
  machineNumberSchema,
  partitionOf,
  partitions,
  presenceTopic,
  readTopic,
  upChannels,
  upTopic,
} from './topics.ts'

const automatonId = fc.stringMatching(/^[a-z0-9][a-z0-9-]{0,47}$/)

test('what an automaton publishes under is read as that automaton’s', () => {
  fc.assert(
    fc.property(automatonId, fc.constantFrom(...upChannels), (id, channel) => {
      expect(readTopic(upTopic(id, channel))).toEqual({ automatonId: id, channel })
      expect(readTopic(presenceTopic(id))).toEqual({ automatonId: id, channel: 'presence' })
      expect(upTopic(id, channel).split('/').length).toBeLessThanOrEqual(7)
    }),
  )
})

test('partitions: always the same one, and all of them used', () => {
  const seen = new Set<number>()
  for (let index = 0; index < 2000; index++) seen.add(partitionOf(`automaton-${index}`))
  expect(seen.size).toBe(partitions)
  expect(Math.max(...seen)).toBe(partitions - 1)
  expect(partitionOf('automaton-4021')).toBe(partitionOf('automaton-4021'))
})

describe('refused', () => {
  test('another partition', () => {
    fc.assert(
      fc.property(automatonId, fc.nat(99), (id, partition) => {
        fc.pre(partition !== partitionOf(id))
        expect(readTopic(`concilia/1/${partition}/${id}/up/offer`)).toBeUndefined()
      }),
    )
  })

  test.each(['up/unknown', 'up', 'up/offer/more', 'down/instruction', 'state/other', 'state', 'up/offer '])(
    'channel %j',
    (channel) => {
      const partition = partitionOf('a')
      expect(readTopic(`concilia/1/${partition}/a/${channel}`)).toBeUndefined()
    },
  )

  test('our own words to a machine', () => {
    expect(readTopic(downTopic('a', 'instruction'))).toBeUndefined()
  })

  test('any text', () => {
    fc.assert(
      fc.property(fc.string(), (text) => {
        expect(readTopic(text)).toBeUndefined()
        expect(readTopic(`concilia/1/${text}`)).toBeUndefined()
      }),
    )
  })
})

test('ids and machine numbers', () => {
  for (const good of ['4021', 'automaton-4021', 'a'])
    expect(automatonIdSchema.safeParse(good).success).toBe(true)
  for (const bad of ['', '-a', 'A', 'a/b', 'a+', 'a#', 'a,b', 'é', 'x'.repeat(49)]) {
    expect(automatonIdSchema.safeParse(bad).success, bad).toBe(false)
  }
  for (const good of ['100', '4021', '99999999'])
    expect(machineNumberSchema.safeParse(good).success).toBe(true)
  for (const bad of ['', '99', '0421', '402a', '999999999', '٤٠٢١']) {
    expect(machineNumberSchema.safeParse(bad).success, bad).toBe(false)
  }
})
