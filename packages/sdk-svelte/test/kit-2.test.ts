import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import type { Browser } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest'
import { launchChromium } from '../../../test-support/chromium.ts'
import { freePort } from '../../../test-support/free-port.ts'
import { startTestServer, type TestServer } from '../../server/test/http-server.ts'

const ROOT = fileURLToPath(new URL('kit-2/', import.meta.url))

let server: TestServer
let app: ChildProcess
let url: string
let browser: Browser

/** Runs Vite in the app, which uses the built packages. */
function vite(args: readonly string[], env: Readonly<Record<string, string>> = {}): ChildProcess {
  return spawn(process.execPath, ['node_modules/vite/bin/vite.js', ...args], {
    cwd: ROOT,
    stdio: ['ignore', 'pipe', 'inherit'],
    // As production: the test runner says otherwise.
    env: { ...process.env, NODE_ENV: 'production', VITEST: undefined, ...env },
  })
}

const switchTo = (variant: string) =>
  server.ask('PUT', 'flags/new-home/layers/production', {
    body: { on: true, fallthrough: { variant } },
  })

beforeAll(async () => {
  browser = await launchChromium()
  server = await startTestServer()
  await server.ask('POST', 'flags', { body: { key: 'new-home', clientVisible: true } })
  await switchTo('on')
  const env = {
    FLAGHOIST_URL: server.url,
    FLAGHOIST_SERVER_KEY: await server.makeKey('server', 'production'),
    FLAGHOIST_CLIENT_KEY: await server.makeKey('client', 'production'),
  }
  const build = vite(['build', '--logLevel', 'error'], env)
  build.stdout!.resume()
  const [code] = await once(build, 'exit')
  if (code !== 0) throw new Error(`The app could not be built (${code}).`)

  const port = String(await freePort())
  url = `http://127.0.0.1:${port}`
  app = vite(['preview', '--host', '127.0.0.1', '--port', port, '--strictPort'], env)
  app.stdout!.resume()
  await vi.waitFor(() => fetch(url), { timeout: 20_000, interval: 100 })
}, 120_000)

afterAll(async () => {
  await browser?.close()
  if (app) {
    const ended = once(app, 'exit')
    app.kill('SIGKILL')
    await ended
  }
  await server?.[Symbol.asyncDispose]()
})

describe('an app on SvelteKit 2', () => {
  test('renders on the server what its flags say, and gives a visitor an id', async () => {
    const response = await fetch(url)
    const html = (await response.text()).replace(/<!--.*?-->/g, '')

    expect(html).toMatch(/data-testid="value">true</)
    expect(html).toMatch(/data-testid="feature">\s*new\s*</)
    expect(html).toMatch(/data-testid="boundary">\s*new path\s*</)
    expect(response.headers.get('set-cookie')).toContain('flaghoist-visitor=anonymous-')
  })

  test.each(['/', '/static'])('follows a change without a reload at %s', async (path) => {
    await switchTo('on')
    const page = await browser.newPage()
    await page.goto(url + path)
    const value = page.getByTestId('value')
    await value.filter({ hasText: 'true' }).waitFor()

    // Only a page that is live sees both.
    await switchTo('off')
    await value.filter({ hasText: 'false' }).waitFor()
    await page.getByTestId('boundary').filter({ hasText: 'old path' }).waitFor()
    await switchTo('on')
    await value.filter({ hasText: 'true' }).waitFor()

    expect(await page.getByTestId('feature').textContent()).toContain('new')
    await page.close()
  })

  test('prerenders a page without any evaluation', async () => {
    const html = (await (await fetch(`${url}/static`)).text()).replace(/<!--.*?-->/g, '')

    expect(html).toMatch(/data-testid="value">false</)
    expect(html).not.toContain('anonymous-')
  })
})
