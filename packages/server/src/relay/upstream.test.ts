import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { fileCache } from '@flaghoist/node/internal'
import { expect, onTestFinished, test } from 'vitest'
import { folder } from '../../test/server-process.ts'
import { openUpstream } from './upstream.ts'

/** An upstream that never responds, and a connection to it with a copy. */
async function givenCopy() {
  const server = createServer(() => undefined)
  onTestFinished(() => void server.close().closeAllConnections())
  await once(server.listen(0, '127.0.0.1'), 'listening')
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  const file = fileCache(folder(), { url, key: 'k' })
  const log = { spec: 1, project: 'shop', scope: 'production', epoch: 'e' }
  await file.write(JSON.stringify({ ...log, version: 7, flags: {}, segments: {} }))
  const versions: number[] = []
  const upstream = openUpstream({
    ...{ url, key: 'k', file, lastRefusal: undefined, warn: () => undefined },
    onUpdate: ({ published }) => versions.push(published.ruleset.version),
    ...{ onRefused: () => undefined, onAdmitted: () => undefined, onLive: () => undefined },
  })
  onTestFinished(() => upstream.close())
  return { server, upstream, versions }
}

test('the first request of a connection names the version of the copy, also of an early check', async () => {
  const { server, upstream, versions } = await givenCopy()
  upstream.check()
  const [request] = await once(server, 'request')
  expect(request.url).toContain('since=e.7')
  expect(versions).toEqual([7])
})

test('callers wait for the copy, and not for the upstream', async () => {
  const { upstream } = await givenCopy()
  expect(upstream.published).toBeUndefined()
  const since = performance.now()
  await upstream.settled(4_000)
  // A response is awaited for four.
  expect(performance.now() - since).toBeLessThan(3_000)
  expect(upstream.published?.ruleset.version).toBe(7)
  expect(upstream.status().state).toBe('stale')
})

test('many cursors of clients that are ahead lead to few requests', async () => {
  const { server, upstream } = await givenCopy()
  const polls: string[] = []
  server.on('request', ({ url = '' }) => {
    if (url.startsWith('/sdk/v1/ruleset')) polls.push(url)
  })
  await upstream.settled(4_000)
  const cursors = Array.from({ length: 20 }, (_, i) => `e.${8 + (i % 10)}`)
  const responses = await Promise.all(cursors.map(upstream.catchUp))
  expect(responses).toEqual(cursors.map(() => false))
  expect(polls.toSorted()).toEqual([8, 9, 10].map((i) => `/sdk/v1/ruleset?since=e.${i}`).toSorted())
})

test('a connection that is closed before its copy is read leads to no update', async () => {
  const { upstream, versions } = await givenCopy()
  await upstream.close()
  await expect.poll(() => upstream.published?.ruleset.version).toBe(7)
  expect(versions).toEqual([])
})
