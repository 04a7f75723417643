import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { fileURLToPath } from 'node:url'
import { build } from 'esbuild'
import type { BrowserContext, Page } from 'playwright-core'
import { production } from '../build/production.ts'
import type { BrowserFlags, BrowserOptions } from '../src/index.ts'

/** What a page of a site has. */
declare global {
  var sdk: {
    createFlags(options: BrowserOptions): BrowserFlags
  }
  var flags: BrowserFlags
  /** What listeners have heard. */
  var heard: string[][]
  /** When a change was last heard of, epoch ms. */
  var changedAt: number | undefined
}

/** A site with an empty page under a strict policy, and the SDK as it is published. */
export interface Site extends AsyncDisposable {
  readonly url: string
  open(context: BrowserContext): Promise<Page>
}

const path = (name: string) => fileURLToPath(new URL(name, import.meta.url))

const SDK = `
import { createFlags } from '../src/index.ts'
globalThis.sdk = { createFlags }
`

/** One script, from source, as the package's own build makes it. */
export async function bundle(contents: string, isProduction = true): Promise<string> {
  const { outputFiles } = await build({
    stdin: { contents, resolveDir: path('.'), loader: 'ts' },
    bundle: true,
    minify: isProduction,
    format: 'iife',
    target: 'es2022',
    conditions: ['@flaghoist/source'],
    ...(isProduction && production),
    write: false,
  })
  return outputFiles[0]!.text
}

/**
 * @param reaches origin of the server that pages may ask
 * @param scripts more files, by path
 */
export async function startSite(
  reaches: string,
  scripts: Readonly<Record<string, string>> = {},
): Promise<Site> {
  const files: Readonly<Record<string, string>> = {
    '/sdk.js': await bundle(SDK),
    '/explaining.js': await bundle(SDK, false),
    ...scripts,
  }
  const policy = `default-src 'none'; script-src 'self'; worker-src 'self'; connect-src ${reaches}`
  const sandbox = `sandbox allow-scripts; default-src 'none'; script-src *; connect-src ${reaches}`
  const server = createServer(({ url = '/' }, response) => {
    const script = files[url]
    if (script !== undefined)
      return response.writeHead(200, { 'content-type': 'text/javascript' }).end(script)
    response
      .writeHead(200, {
        'content-type': 'text/html',
        'content-security-policy': url === '/sandboxed' ? sandbox : policy,
      })
      .end(
        `<!doctype html><title>Shop</title><script src="${url === '/explaining' ? '/explaining.js' : '/sdk.js'}"></script>`,
      )
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  const url = `http://127.0.0.1:${port}`

  return {
    url,
    async open(context) {
      const page = await context.newPage()
      await page.goto(url)
      return page
    },
    async [Symbol.asyncDispose]() {
      server.closeAllConnections()
      server.close()
      await once(server, 'close')
    },
  }
}
