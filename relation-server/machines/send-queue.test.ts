import { expect, test } from 'vitest'
import { SendQueue } from './send-queue.ts'

/** A way to publish whose answers the test gives. */
function held() {
  const published: string[] = []
  const answers: ((taken: boolean) => void)[] = []
  const publish = (_topic: string, text: string) => {
    published.push(text)
    return new Promise<boolean>((resolve) => answers.push(resolve))
  }
  return { published, answers, queue: new SendQueue(publish, 2) }
}

test('the next one is published when the one before was answered', async () => {
  const { published, answers, queue } = held()
  const sent = [queue.push('t', 'a'), queue.push('t', 'b'), queue.push('t', 'c')]
  expect(published).toEqual(['a'])
  answers[0]?.(true)
  expect(await sent[0]).toBe(true)
  expect(published).toEqual(['a', 'b'])
  answers[1]?.(false)
  expect(await sent[1]).toBe(false)
  answers[2]?.(true)
  expect(await sent[2]).toBe(true)
  expect(queue.empty).toBe(true)
})

test('what is too much is refused at once and does not disturb the rest', async () => {
  const { published, answers, queue } = held()
  const first = queue.push('t', 'a')
  void queue.push('t', 'b')
  void queue.push('t', 'c')
  expect(await queue.push('t', 'd')).toBe(false)
  expect(queue.empty).toBe(false)
  answers[0]?.(true)
  await first
  expect(published).toEqual(['a', 'b'])
  const later = queue.push('t', 'e')
  for (let index = 1; index < 4; index++) {
    answers[index]?.(true)
    await Promise.resolve()
    await Promise.resolve()
  }
  expect(await later).toBe(true)
  expect(published).toEqual(['a', 'b', 'c', 'e'])
})
