import { expect, test } from 'vitest'
import { sharedWork } from './shared-work.ts'

test('who asks while it is under way shares its end; who asks later has it done anew', async () => {
  const shared = sharedWork()
  const ends: ((error?: Error) => void)[] = []
  const work = () =>
    new Promise<void>((resolve, reject) => ends.push((error) => (error ? reject(error) : resolve())))
  const both = [shared('birth', work), shared('birth', work)]
  const other = shared('another', work)
  expect(ends).toHaveLength(2)
  ends[0]?.(new Error('away'))
  expect((await Promise.allSettled(both)).map(({ status }) => status)).toEqual(['rejected', 'rejected'])
  const again = shared('birth', work)
  expect(ends).toHaveLength(3)
  for (const end of ends) end()
  await Promise.all([again, other])
})
