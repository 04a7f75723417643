import { execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import {
  existsSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  truncateSync,
  utimesSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { fileCache } from '../src/file-cache.ts'
import { createFlags, type NodeOptions } from '../src/index.ts'
import { ruleset, until } from './fixtures.ts'
import { folder, healthyServer } from './programs.ts'

const nowhere = { url: 'http://127.0.0.1:9', key: 'k' }
const opened: (() => Promise<void>)[] = []

/** Flags that are closed when the test ends. */
function open(options: NodeOptions) {
  const flags = createFlags(options)
  opened.push(flags.close)
  return flags
}

/** Sets the time of a file back, by seconds. */
function age(path: string, seconds: number): void {
  const time = statSync(path).mtimeMs / 1_000 - seconds
  utimesSync(path, time, time)
}

/** Runs a client against a server until its ruleset is kept. */
async function keep(options: NodeOptions): Promise<void> {
  const flags = createFlags(options)
  await flags.ready()
  await flags.close()
}

beforeEach(() => {
  // The SDK warns that it reaches no server, which these tests intend.
  vi.spyOn(process, 'emitWarning').mockReturnValue(undefined)
})
afterEach(async () => {
  await Promise.all(opened.splice(0).map((close) => close()))
  vi.restoreAllMocks()
})

describe('the cache', () => {
  test('answers after a restart without a server', async () => {
    const server = await healthyServer()
    const options = { url: server.url, key: 'secret-key', cacheDir: join(folder(), 'new', 'dir') }
    await keep(options)
    await server.stop()

    const flags = open(options)

    expect(flags.isEnabled('new-checkout')).toBe(true)
    expect(flags.status()).toMatchObject({ state: 'cached', version: 1 })
    const [file] = readdirSync(options.cacheDir)
    expect(readFileSync(join(options.cacheDir, file!), 'utf8')).not.toContain('secret-key')
    expect(statSync(join(options.cacheDir, file!)).mode & 0o077).toBe(0)
  })

  test('is read with a new key and the same name, but with no other name', async () => {
    const server = await healthyServer()
    const options = { url: server.url, cacheDir: folder(), cacheName: 'shop' }
    await keep({ ...options, key: 'old' })
    await server.stop()

    expect(open({ ...options, key: 'new' }).status()).toMatchObject({ state: 'cached', version: 1 })
    for (const cacheName of ['other', undefined])
      expect(open({ ...options, key: 'new', cacheName }).status().state).toBe('default')
    expect(open({ ...options, key: 'name shop', cacheName: undefined }).status().state).toBe(
      'default',
    )
  })

  test.for([
    ['key', { key: 'another' }],
    ['server', { url: 'http://127.0.0.1:10' }],
    ['environment', { environment: 'staging' }],
    ['instance', { instance: 'globex' }],
  ] as const)('is not read for another %s', async ([, difference]) => {
    const cacheDir = folder()
    await fileCache(cacheDir, nowhere).write(JSON.stringify(ruleset(1, true)))

    expect(open({ ...nowhere, cacheDir }).status().state).toBe('cached')
    expect(open({ ...nowhere, cacheDir, ...difference }).status().state).toBe('default')
  })

  test.for([
    ['is empty', ''],
    ['was cut', undefined],
    ['is something else', '{"spec":1}'],
  ] as const)('falls back to the generation before when the last one %s', async ([, content]) => {
    const cacheDir = folder()
    const cache = fileCache(cacheDir, nowhere)
    await cache.write('first')
    await cache.write('second')
    const path = join(cacheDir, readdirSync(cacheDir).find((name) => name.endsWith('.json'))!)
    writeFileSync(path, content ?? readFileSync(path, 'utf8').slice(0, -1))
    expect(cache.read()).toBe('first')
    expect(await cache.readBytes()).toEqual(Buffer.from('first'))

    await cache.writeBytes(Buffer.from('third'))
    expect(cache.read()).toBe('third')
    writeFileSync(path, '')
    expect(cache.read()).toBe('first')
  })

  test('can be shared by clients that write at the same time', async () => {
    const cacheDir = folder()
    const caches = Array.from({ length: 8 }, () => fileCache(cacheDir, nowhere))
    for (let round = 0; round < 20; round += 1) {
      await Promise.all(caches.map((cache, i) => cache.write(`${round} ${i}`)))
      expect(caches[0]!.read()).toMatch(new RegExp(`^${round} `))
    }
    expect(readdirSync(cacheDir)).toHaveLength(2)
  })

  test('clears away what a killed process left half-written, and nothing of others', async () => {
    const cacheDir = folder()
    const cache = fileCache(cacheDir, nowhere)
    await cache.write('first')
    const [name] = readdirSync(cacheDir)
    const old = join(cacheDir, `${name}.tmp-old`)
    const recent = join(cacheDir, `${name}.tmp-recent`)
    const other = join(cacheDir, 'other.tmp-old')
    for (const path of [old, recent, other]) writeFileSync(path, 'half')
    for (const path of [old, other]) utimesSync(path, 1_000_000, 1_000_000)

    await cache.write('second')

    expect([old, recent, other].map((path) => existsSync(path))).toEqual([false, true, true])
  })

  test('of 500 MB delays no start, and is replaced', async () => {
    const cacheDir = folder()
    const cache = fileCache(cacheDir, nowhere)
    await cache.write('first')
    const path = join(cacheDir, readdirSync(cacheDir)[0]!)
    truncateSync(path, 500_000_000)

    const start = performance.now()
    expect(cache.read()).toBeUndefined()
    expect(performance.now() - start).toBeLessThan(200)
    await cache.write('second')

    expect(cache.read()).toBe('second')
  })

  test('that is a pipe delays no start', async () => {
    const cacheDir = folder()
    const cache = fileCache(cacheDir, nowhere)
    await cache.write('first')
    const path = join(cacheDir, readdirSync(cacheDir)[0]!)
    rmSync(path)
    execFileSync('mkfifo', [path])

    expect(cache.read()).toBeUndefined()
  })

  test('keeps no ruleset beyond 32 MiB, and no older one instead', async () => {
    const cacheDir = folder()
    const cache = fileCache(cacheDir, nowhere)
    for (const text of ['first', 'second']) await cache.write(text)

    await expect(cache.write('x'.repeat(33 * 1024 * 1024))).rejects.toThrow('the limit is')

    expect(cache.read()).toBeUndefined()
    expect(readdirSync(cacheDir)).toEqual([])
  })

  test('keeps fifty rulesets of a folder: those that were used last', async () => {
    const cacheDir = folder()
    const caches = Array.from({ length: 52 }, (_, i) =>
      fileCache(cacheDir, { ...nowhere, key: `${i}` }),
    )
    writeFileSync(join(cacheDir, 'flaghoist-of-the-app.json'), 'x')
    for (const [i, cache] of caches.slice(0, 50).entries()) {
      await cache.write(`${i}`)
      for (const name of readdirSync(cacheDir)) age(join(cacheDir, name), 60)
    }
    expect(caches[0]!.read()).toBe('0')

    for (const cache of caches.slice(50)) await cache.write('new')

    expect(caches[0]!.read()).toBe('0')
    expect(caches.filter((cache) => cache.read() === undefined)).toHaveLength(2)
    expect(readdirSync(cacheDir)).toContain('flaghoist-of-the-app.json')
  })

  test('keeps 256 MiB of a folder, and nothing for longer than 90 days without use', async () => {
    const cacheDir = folder()
    const [large, old, own] = ['large', 'old', 'own'].map((key) =>
      fileCache(cacheDir, { ...nowhere, key }),
    )
    await large!.write('large')
    truncateSync(join(cacheDir, readdirSync(cacheDir)[0]!), 256 * 1024 * 1024)
    await own!.write('own')
    expect(readdirSync(cacheDir)).toHaveLength(1)

    await old!.write('old')
    for (const name of readdirSync(cacheDir)) age(join(cacheDir, name), 91 * 24 * 3_600)
    await own!.write('own')

    expect([large, old, own].map((cache) => cache!.read())).toEqual([undefined, undefined, 'own'])
  })

  test('reports that it cannot be made in /proc', async () => {
    await expect(fileCache('/proc/flaghoist/cache', nowhere).write('x')).rejects.toThrow('/proc')
  })

  test('can always be read, although the process is killed while it writes', {
    timeout: 60_000,
  }, async () => {
    const cacheDir = folder()
    const program = fileURLToPath(new URL('./cache-writer.ts', import.meta.url))
    const args = ['--conditions=@flaghoist/source', program, cacheDir]
    for (let round = 0; round < 20; round += 1) {
      const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'] })
      const exited = once(child, 'exit')
      await once(child.stdout, 'data')
      await new Promise((resolve) => setTimeout(resolve, Math.random() * 20))
      child.kill('SIGKILL')
      await exited

      expect(open({ ...nowhere, cacheDir }).status()).toMatchObject({ state: 'cached' })
    }
  })
})

describe('a bootstrap', () => {
  test('can be a file', () => {
    const path = join(folder(), 'ruleset.json')
    writeFileSync(path, JSON.stringify(ruleset(3, true)))

    expect(open({ ...nowhere, bootstrap: path }).isEnabled('new-checkout')).toBe(true)
  })

  test('is replaced by what the server sends', async () => {
    const server = await healthyServer()
    const flags = open({ url: server.url, key: 'k', bootstrap: ruleset(0, false) })
    expect(flags.isEnabled('new-checkout')).toBe(false)

    await until('it is live', () => flags.status().state === 'live')

    expect(flags.isEnabled('new-checkout')).toBe(true)
  })
})
