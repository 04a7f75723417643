import { expect, test } from 'vitest'
import { createFollower } from './follower.ts'

test('an item that fails stops neither the other items nor the next change', async () => {
  const done: string[] = []
  const errors: unknown[] = []
  function* work(name: string, item: string): Generator<void> {
    yield
    if (item === 'broken') throw new Error(name)
    done.push(`${name} ${item}`)
  }
  const advanceAll = createFollower<string>({
    follow: (item) => work('follow', item),
    finish: (item) => work('finish', item),
    onError: (error) => errors.push(error),
  })

  advanceAll(['broken', 'a'])
  await expect.poll(() => done).toEqual(['follow a', 'finish a'])
  advanceAll(['b'])
  await expect.poll(() => done.slice(2)).toEqual(['follow b', 'finish b'])

  expect(errors).toEqual([new Error('follow'), new Error('finish')])
})
