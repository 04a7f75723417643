import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { brotliCompressSync, gzipSync } from 'node:zlib'
import Fastify from 'fastify'
import { describe, expect, onTestFinished, test } from 'vitest'
import { readDashboard } from '../src/dashboard/read-dashboard.ts'
import { serveDashboard } from '../src/dashboard/serve-dashboard.ts'
import { handleNotFound } from '../src/http/not-found.ts'
import { handleError } from '../src/http/problem.ts'

const SCRIPT = `console.log('${'flag'.repeat(500)}')`
const PAGE = '<!doctype html><head><base href="/"></head>'
const BROWSER = { accept: 'text/html,application/xhtml+xml,*/*;q=0.8' }

function makeFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'flaghoist-dashboard-'))
  onTestFinished(() => rmSync(folder, { recursive: true }))
  mkdirSync(join(folder, 'assets'))
  writeFileSync(join(folder, 'index.html'), PAGE)
  writeFileSync(join(folder, 'assets/index-B1.js'), SCRIPT)
  writeFileSync(join(folder, 'assets/index-B1.js.br'), brotliCompressSync(SCRIPT))
  writeFileSync(join(folder, 'assets/index-B1.js.gz'), gzipSync(SCRIPT))
  return folder
}

/** A server with some of its routes, and a dashboard. Returns its client. */
async function given(publicPath = '/') {
  const app = Fastify()
  onTestFinished(() => app.close())
  const limits = { admits: () => true, require: () => undefined }
  app.setErrorHandler(handleError)
  await serveDashboard(app, readDashboard(publicPath, [makeFolder()])!, limits)
  handleNotFound(app, limits)
  app.get('/', () => ({ name: 'Flaghoist' }))
  app.get('/metrics', () => 'up 1')
  const url = await app.listen()
  return (path: string, headers: Record<string, string> = BROWSER, method = 'GET') =>
    fetch(url + path, { method, headers })
}

describe('the page of the dashboard', () => {
  test.for(['/', '/flags', '/flags/new.checkout?project=shop', '/instances/acme', '/documents'])(
    'is served for the navigation to %s',
    async (path) => {
      const ask = await given()
      const response = await ask(path)

      expect(response.status).toBe(200)
      expect(await response.text()).toBe(PAGE)
      expect(Object.fromEntries(response.headers)).toMatchObject({
        'content-type': 'text/html; charset=utf-8',
        'cache-control': 'no-cache',
        'content-security-policy': expect.stringMatching(
          /^default-src 'self'; .*frame-ancestors 'none'/,
        ),
        'x-content-type-options': 'nosniff',
      })
      expect(response.headers.get('content-security-policy')).not.toContain('unsafe')
    },
  )

  test.for([
    ['/', { accept: '*/*' }, 'GET', 200],
    ['/metrics', BROWSER, 'GET', 200],
    ['/api/v1/typo', BROWSER, 'GET', 404],
    ['/api', BROWSER, 'GET', 404],
    ['/sdk/v1/typo', BROWSER, 'GET', 404],
    ['/ofrep/v1/typo', BROWSER, 'GET', 404],
    ['/assets/gone-A1.js', BROWSER, 'GET', 404],
    ['/assets/index-B1.js.br', BROWSER, 'GET', 404],
    ['/flags', { accept: 'application/json' }, 'GET', 404],
    ['/flags', BROWSER, 'POST', 404],
  ] as const)('is not served for %s with %o and %s', async ([path, headers, method, status]) => {
    const ask = await given()
    const response = await ask(path, headers, method)

    expect(response.status).toBe(status)
    expect(await response.text()).not.toContain('<base')
  })

  test('knows the path below which browsers reach the server', async () => {
    const ask = await given('/flags/')

    expect(await (await ask('/rollouts')).text()).toContain('<base href="/flags/">')
  })

  test('is sent again only if it has changed', async () => {
    const ask = await given()
    const etag = (await ask('/')).headers.get('etag')!

    expect((await ask('/flags', { ...BROWSER, 'if-none-match': etag })).status).toBe(304)
  })
})

describe('a file of the dashboard', () => {
  test.for([
    ['br', 'br'],
    ['gzip', 'gzip'],
    ['gzip, deflate, br', 'br'],
    ['gzip, br;q=0', 'gzip'],
  ])('is compressed ahead for %s, and kept by the browser for ever', async ([accepted, sent]) => {
    const ask = await given()
    const response = await ask('/assets/index-B1.js', { 'accept-encoding': accepted! })

    expect(await response.text()).toBe(SCRIPT)
    expect(Object.fromEntries(response.headers)).toMatchObject({
      'content-encoding': sent,
      'content-type': 'application/javascript; charset=utf-8',
      'cache-control': 'public, max-age=31536000, immutable',
      vary: 'accept-encoding',
      'x-content-type-options': 'nosniff',
    })
  })

  test('is sent as it is to a client that decompresses nothing', async () => {
    const ask = await given()
    const response = await ask('/assets/index-B1.js', { 'accept-encoding': 'identity' })

    expect(response.headers.get('content-encoding')).toBeNull()
    expect(await response.text()).toBe(SCRIPT)
  })

  test('has an ETag of its own in each encoding, and is sent again only without it', async () => {
    const ask = await given()
    const ofEncoding = async (encoding: string, etag = '') => {
      const headers = { 'accept-encoding': encoding, 'if-none-match': etag }
      const response = await ask('/assets/index-B1.js', headers)
      return { status: response.status, etag: response.headers.get('etag')! }
    }
    const [plain, brotli] = [await ofEncoding('identity'), await ofEncoding('br')]

    expect(brotli.etag).not.toBe(plain.etag)
    expect(await ofEncoding('identity', plain.etag)).toEqual({ status: 304, etag: plain.etag })
    expect(await ofEncoding('br', brotli.etag)).toEqual({ status: 304, etag: brotli.etag })
    expect(await ofEncoding('br', plain.etag)).toEqual({ status: 200, etag: brotli.etag })
  })

  test('is described by HEAD', async () => {
    const ask = await given()
    const response = await ask('/assets/index-B1.js', { 'accept-encoding': 'identity' }, 'HEAD')

    expect(response.headers.get('content-length')).toBe(String(SCRIPT.length))
    expect(await response.text()).toBe('')
  })

  test.for(['/assets/gone-A1.js', '/assets/index-B1.js.gz', '/assets/..%2Findex.html', '/assets/'])(
    'does not exist at %s',
    async (path) => {
      const ask = await given()
      const response = await ask(path, { accept: '*/*' })

      expect(response.status).toBe(404)
      expect(await response.json()).toMatchObject({
        code: 'ROUTE_NOT_FOUND',
        detail: `There is no route GET ${path}.`,
      })
    },
  )

  test('accepts GET and HEAD only', async () => {
    const ask = await given()
    const response = await ask('/assets/index-B1.js', {}, 'POST')

    expect([response.status, response.headers.get('allow')]).toEqual([405, 'GET, HEAD'])
  })
})

test('a server without the files of a dashboard has none', () => {
  expect(readDashboard('/', [join(tmpdir(), 'flaghoist-missing')])).toBeUndefined()
})
