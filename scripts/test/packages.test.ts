import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type PackedPackage, packForInstall, publishedPackages } from '../pack.ts'
import { type EmptyProject, emptyProject, startInstalledServer } from './installed-packages.ts'

const folder = mkdtempSync(join(tmpdir(), 'flaghoist-packages-'))
// What an application brings itself. SvelteKit is tried by its example.
const PEERS = [
  'openfeature/node_modules/@openfeature/core',
  'openfeature/node_modules/@openfeature/server-sdk',
  'openfeature/node_modules/@openfeature/web-sdk',
  'sdk-svelte/node_modules/svelte',
  'server/node_modules/@opentelemetry/sdk-trace-node',
]

/** Entries of every package, such as `@flaghoist/core/model`. */
const entries = publishedPackages().flatMap(({ manifest }) =>
  Object.entries(manifest.exports).map(([path, conditions]) => ({
    entry: manifest.name + path.slice(1),
    isCommonJs: 'require' in conditions,
    isSvelte: manifest.name === '@flaghoist/svelte',
  })),
)

let packages: readonly PackedPackage[]
let project: EmptyProject

beforeAll(async () => {
  packages = packForInstall(join(folder, 'tarballs'))
  project = emptyProject(join(folder, 'all'))
  await project.install(...packages.map(({ tarball }) => tarball), ...PEERS.map(specOf))
}, 300_000)
afterAll(() => rmSync(folder, { recursive: true, force: true }))

describe('packages that were packed, in an empty project', () => {
  test.for(entries.filter(({ isSvelte }) => !isSvelte))('import $entry', async ({ entry }) => {
    expect(await project.run(listExports(entry))).toMatch(/\w/)
  })

  test.for(entries.filter(({ isCommonJs }) => isCommonJs))('require $entry', async ({ entry }) => {
    const list = `console.log(Object.keys(require('${entry}')).join())`
    expect(await project.run(list, 'cjs')).toMatch(/\w/)
  })

  test.for(entries.filter(({ isSvelte }) => isSvelte))('bundle $entry', async ({ entry }) => {
    expect(await project.runBundled(listExports(entry))).toMatch(/\w/)
  })

  test('bring a server that starts by its command', async () => {
    using server = await startInstalledServer(project.folder)
    expect((await fetch(`${server.url}/livez`)).status).toBe(200)
  })

  test('bring a server that loads no other package before it listens', async () => {
    using server = await startInstalledServer(
      project.folder,
      `import { registerHooks } from 'node:module'
      import { Server } from 'node:net'
      const loaded = []
      registerHooks({
        load(url, context, next) {
          if (url.includes('/node_modules/') && !url.includes('/@flaghoist/server/dist/'))
            loaded.push(url)
          return next(url, context)
        },
      })
      const { listen } = Server.prototype
      Server.prototype.listen = function (...args) {
        console.log('loaded: ' + JSON.stringify(loaded))
        return listen.apply(this, args)
      }`,
    )
    expect(server.output()).toContain('loaded: []')
  })

  test('bring a server whose spans reach the OpenTelemetry of its operator', async () => {
    using server = await startInstalledServer(
      project.folder,
      `import { NodeTracerProvider, SimpleSpanProcessor } from '@opentelemetry/sdk-trace-node'
      const exporter = {
        export(spans, done) {
          for (const { name } of spans) console.log('span: ' + name)
          done({ code: 0 })
        },
        shutdown: async () => undefined,
      }
      const spanProcessors = [new SimpleSpanProcessor(exporter)]
      new NodeTracerProvider({ spanProcessors }).register()`,
    )
    // The first start creates the project.
    expect(server.output()).toContain('span: flaghoist.commit')
  })

  test('bring the dashboard with the server', async () => {
    using server = await startInstalledServer(project.folder)
    const page = await fetch(server.url, { headers: { accept: 'text/html' } })
    const [, script] = /src="\.(\/assets\/[^"]+\.js)"/.exec(await page.text()) ?? []
    const response = await fetch(server.url + script)
    expect([page.status, response.status]).toEqual([200, 200])
    expect(response.headers.get('content-encoding')).toMatch(/^(br|gzip)$/)
  })

  test('carry the licence', () => {
    for (const { manifest } of packages)
      expect(read(join(project.folder, 'node_modules', manifest.name, 'LICENSE'))).toBe(
        read(new URL('../../LICENSE', import.meta.url)),
      )
  })
})

test('the server carries the licences of what it contains', () => {
  const dist = join(project.folder, 'node_modules/@flaghoist/server/dist')
  expect(read(join(dist, 'third-party-notices.txt'))).toMatch(/^zod .+ \(MIT\)$/m)
  expect(read(join(dist, 'dashboard/third-party-notices.md'))).toMatch(/svelte .+ \(MIT\)$/m)
})

test('a tarball installs alone, without a registry', async () => {
  const alone = emptyProject(join(folder, 'alone'))
  const { tarball } = packages.find(({ manifest }) => manifest.name === '@flaghoist/node')!
  await alone.install('--offline', tarball)
  expect(await alone.run(listExports('@flaghoist/node'))).toContain('createFlags')
})

test('folders of packages install as copies', async () => {
  const copies = emptyProject(join(folder, 'copies'))
  const folders = ['core', 'client', 'sdk-node'].map(
    (name) => new URL(`../../packages/${name}`, import.meta.url).pathname,
  )
  await copies.install('--offline', '--install-links', ...folders)
  expect(await copies.run(listExports('@flaghoist/node'))).toContain('createFlags')
})

const listExports = (entry: string): string =>
  `import * as all from '${entry}'; console.log(Object.keys(all).join())`

const read = (path: string | URL): string => readFileSync(path, 'utf8')

/** A peer dependency at the version that the workspace itself uses. */
function specOf(path: string): string {
  const manifest = new URL(`../../packages/${path}/package.json`, import.meta.url)
  const { name, version } = JSON.parse(read(manifest))
  return `${name}@${version}`
}
