import { expect, test } from 'vitest'
import { createChangeFeed } from './change-feed.ts'

const attempt = (number: number) => {
  return { project: 'shop', flag: 'theme', scope: 'production', attempt: number }
}

test('a feed forgets the attempts that changed longest ago, and recognises older cursors no more', () => {
  const feed = createChangeFeed(2)
  const { cursor: start } = feed.since(undefined)
  feed.record([attempt(1)])
  const { cursor: first } = feed.since(undefined)
  feed.record([attempt(2)])
  feed.record([attempt(1)])
  expect(feed.since(start).attempts).toEqual([attempt(2), attempt(1)])

  feed.record([attempt(3)])

  expect(feed.since(start).attempts).toBeUndefined()
  expect(feed.since(first).attempts).toBeUndefined()
  const { cursor } = feed.since(undefined)
  expect(feed.since(cursor).attempts).toEqual([])
  feed.record([attempt(3)])
  expect(feed.since(cursor).attempts).toEqual([attempt(3)])
})

test('a feed does not recognise the cursor of another one', () => {
  const { cursor } = createChangeFeed().since(undefined)

  expect(createChangeFeed().since(cursor).attempts).toBeUndefined()
})
