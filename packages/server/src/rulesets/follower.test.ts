import { expect, test } from 'vitest'
import { createFollower } from './follower.ts'

test('an item that fails stops neither the other items nor the next change', async () => {
  const done: string[] = []
  const errors: unknown[] = []
  function* work(name: string, item: string): Generator<void, undefined> {
    yield
    if (item === 'broken') throw new Error(name)
    done.push(`${name} ${item}`)
    return undefined
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

test('the rest of long work waits for the other items, and is overtaken by the next change', async () => {
  const done: string[] = []
  let isOpen = false
  function* rest(item: string): Generator<void> {
    done.push(`rest of ${item} begins`)
    while (!isOpen) yield
    done.push(`rest of ${item} ends`)
  }
  const advanceAll = createFollower<string>({
    *follow(item) {
      yield
      done.push(item)
      return item === 'long' ? rest(item) : undefined
    },
    *finish() {
      yield
      done.push('finish')
    },
    onError: (error) => done.push(String(error)),
  })

  advanceAll(['long', 'a'])
  await expect.poll(() => done).toEqual(['long', 'a', 'rest of long begins'])
  advanceAll(['b'])
  await expect.poll(() => done.slice(3)).toEqual(['b'])
  isOpen = true

  const last = ['rest of long ends', 'finish', 'finish', 'finish']
  await expect.poll(() => done.slice(4)).toEqual(last)
})

test('the rest of work that fails stops no other', async () => {
  const errors: unknown[] = []
  const finished: string[] = []
  function* rest(): Generator<void> {
    yield
    throw new Error('rest')
  }
  const advanceAll = createFollower<string>({
    *follow() {
      yield
      return rest()
    },
    *finish(item) {
      yield
      finished.push(item)
    },
    onError: (error) => errors.push(error),
  })

  advanceAll(['a', 'b'])

  await expect.poll(() => finished).toEqual(['a', 'b'])
  expect(errors).toEqual([new Error('rest'), new Error('rest')])
})
