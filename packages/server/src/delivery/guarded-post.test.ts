import { once } from 'node:events'
import { createServer, type RequestListener } from 'node:http'
import type { AddressInfo } from 'node:net'
import { expect, onTestFinished, test } from 'vitest'
import { ForbiddenAddress, guardedPost, requireAllowed } from './guarded-post.ts'
import { isPublicAddress } from './public-address.ts'

/** A receiver on the loopback address. */
async function startReceiver(listener: RequestListener) {
  let requests = 0
  const server = createServer((request, response) => {
    requests += 1
    listener(request, response)
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  onTestFinished(() => void server.close())
  return { port: (server.address() as AddressInfo).port, requests: () => requests }
}

const post = (url: string, isTrusted: boolean) =>
  guardedPost({
    url,
    headers: { 'content-type': 'text/plain' },
    body: 'hello',
    isTrustedHost: () => isTrusted,
    signal: new AbortController().signal,
  })

test.for([
  '127.0.0.1',
  '127.255.0.1',
  '0.0.0.0',
  '10.1.2.3',
  '100.64.0.1',
  '169.254.169.254',
  '172.31.255.255',
  '192.168.0.1',
  '224.0.0.1',
  '255.255.255.255',
  '::',
  '::1',
  '::ffff:127.0.0.1',
  '::ffff:10.0.0.1',
  '64:ff9b::7f00:1',
  '2002:7f00:1::',
  'fe80::1',
  'fc00::1',
  'fd12:3456::1',
  'ff02::1',
])('%s is not public', (address) => {
  expect(isPublicAddress(address)).toBe(false)
})

test.for(['1.1.1.1', '172.32.0.1', '192.167.0.1', '2606:4700::1111', '223.255.255.254'])(
  '%s is public',
  (address) => {
    expect(isPublicAddress(address)).toBe(true)
  },
)

test.for([
  'https://127.0.0.1/',
  'https://127.1/',
  'https://2130706433/',
  'https://0x7f000001/',
  'https://0177.0.0.1/',
  'https://[::1]/',
  'https://[::ffff:7f00:1]/',
  'https://169.254.169.254/latest/meta-data',
  'http://hooks.example/',
  'ftp://hooks.example/',
])('the text of %s is refused', (url) => {
  expect(() => requireAllowed(new URL(url), false)).toThrow(ForbiddenAddress)
})

test('a name that resolves to a private address is refused before a socket connects', async () => {
  const { port, requests } = await startReceiver((_, response) => response.end())

  await expect(post(`https://localhost:${port}/`, false)).rejects.toThrow(
    /localhost resolves to (127\.0\.0\.1|::1), which is not public/,
  )
  expect(requests()).toBe(0)
})

test('a trusted host is reached at a private address', async () => {
  const { port } = await startReceiver((_, response) => response.writeHead(204).end())

  expect(await post(`http://127.0.0.1:${port}/`, true)).toEqual({
    status: 204,
    retryAfterMs: undefined,
  })
})

test('a redirect is not followed', async () => {
  const inner = await startReceiver((_, response) => response.end('secret'))
  const outer = await startReceiver((_, response) =>
    response.writeHead(307, { location: `http://127.0.0.1:${inner.port}/` }).end(),
  )

  expect(await post(`http://127.0.0.1:${outer.port}/`, true)).toMatchObject({ status: 307 })
  expect(inner.requests()).toBe(0)
})

test('an endless body does not hold up the response', async () => {
  let isClosed = false
  const { port } = await startReceiver((_, response) => {
    response.writeHead(200)
    const timer = setInterval(() => response.write('x'.repeat(65_536)), 1)
    response.once('close', () => {
      clearInterval(timer)
      isClosed = true
    })
  })

  expect(await post(`http://127.0.0.1:${port}/`, true)).toMatchObject({ status: 200 })
  await expect.poll(() => isClosed).toBe(true)
})

test.for([
  ['120', 120_000],
  ['0', 0],
  ['Wed, 21 Oct 2015 07:28:00 GMT', 0],
  ['soon', undefined],
] as const)('Retry-After: %s is %s ms', async ([text, expected]) => {
  const { port } = await startReceiver((_, response) =>
    response.writeHead(429, { 'retry-after': text }).end(),
  )

  expect(await post(`http://127.0.0.1:${port}/`, true)).toEqual({
    status: 429,
    retryAfterMs: expected,
  })
})
