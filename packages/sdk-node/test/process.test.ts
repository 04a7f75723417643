import { execFile, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { afterEach, describe, expect, test } from 'vitest'
import { createFlags } from '../src/index.ts'
import { type FaultyServer, frame, reply, startFaultyServer, stream } from './faulty-server.ts'
import { ruleset, until } from './fixtures.ts'

const PACKAGE = new URL('..', import.meta.url).pathname
/** The machine's own Node, which may be older than the one that runs the tests. */
const HOST_NODE = process.env.FLAGHOIST_HOST_NODE ?? process.execPath

const cleanUps: (() => unknown)[] = []
afterEach(async () => {
  for (const cleanUp of cleanUps.splice(0).reverse()) await cleanUp()
})

const folder = (): string => {
  const dir = mkdtempSync(join(tmpdir(), 'flaghoist-node-'))
  cleanUps.push(() => rmSync(dir, { recursive: true, force: true }))
  return dir
}
const healthyServer = async (): Promise<FaultyServer> => {
  const server = await startFaultyServer((request) =>
    request.path.startsWith('/sdk/v1/stream')
      ? stream(request, frame('put', ruleset(1, true)))
      : reply(request, 404, '{}'),
  )
  cleanUps.push(() => server.stop().catch(() => undefined))
  return server
}

/** Runs a program on the built package, and gives what it printed and how long it took. */
async function runProgram(
  node: string,
  name: string,
  source: string,
): Promise<{ output: string; ms: number }> {
  const path = join(PACKAGE, 'dist', name)
  writeFileSync(path, source)
  cleanUps.push(() => rmSync(path, { force: true }))
  const start = performance.now()
  const { stdout } = await promisify(execFile)(node, ['--unhandled-rejections=strict', path], {
    timeout: 20_000,
  })
  return { output: stdout.trim(), ms: performance.now() - start }
}

describe('a program', () => {
  test('ends by itself although it never closes its flags', async () => {
    const server = await healthyServer()

    const { output, ms } = await runProgram(
      process.execPath,
      'ends.test-program.mjs',
      `import { createFlags } from './index.js'
       const flags = createFlags({ url: '${server.url}', key: 'k' })
       const { status } = await flags.ready({ timeout: 5000 })
       console.log(status, flags.isEnabled('new-checkout', { targetingKey: 'ada' }))`,
    )

    expect(output).toBe('live true')
    expect(ms).toBeLessThan(3_000)
  })

  test('can wait for a server that never answers, and for nothing else', async () => {
    const server = await startFaultyServer(() => undefined)
    cleanUps.push(() => server.stop())

    const { output } = await runProgram(
      process.execPath,
      'waits.test-program.mjs',
      `import { createFlags } from './index.js'
       const flags = createFlags({ url: '${server.url}', key: 'k' })
       console.log((await flags.ready({ timeout: 300 })).status)
       await flags.close()
       console.log(flags.status().state)`,
    )

    expect(output).toBe('default\nclosed')
  })

  test.for([
    ['import', 'built.test-program.mjs', `import { createFlags } from './index.js'`],
    ['require', 'built.test-program.cjs', `const { createFlags } = require('./index.cjs')`],
  ] as const)('uses the built files on this machine’s Node by %s', async ([, name, load]) => {
    const bootstrap = JSON.stringify(ruleset(1, true))

    const { output } = await runProgram(
      HOST_NODE,
      name,
      `${load}
       const flags = createFlags({ url: 'http://127.0.0.1:9', key: 'k', bootstrap: ${bootstrap} })
       console.log(flags.isEnabled('new-checkout', { targetingKey: 'ada' }), flags.value('theme', 'light'))
       flags.close()`,
    )

    expect(output).toBe('true light')
  })
})

describe('the cache', () => {
  test('answers after a restart without a server', async () => {
    const server = await healthyServer()
    const options = { url: server.url, key: 'secret-key', cacheDir: folder() }
    const before = createFlags(options)
    await before.ready()
    await before.close()
    await server.stop()

    const flags = createFlags(options)
    cleanUps.push(() => flags.close())

    expect(flags.isEnabled('new-checkout')).toBe(true)
    expect(flags.status()).toMatchObject({ state: 'cached', version: 1 })
    const [file] = readdirSync(options.cacheDir)
    expect(readFileSync(join(options.cacheDir, file!), 'utf8')).not.toContain('secret-key')
    expect(statSync(join(options.cacheDir, file!)).mode & 0o077).toBe(0)
  })

  test('is not read by another key', async () => {
    const server = await healthyServer()
    const cacheDir = folder()
    const before = createFlags({ url: server.url, key: 'one', cacheDir })
    await before.ready()
    await before.close()

    const flags = createFlags({ url: 'http://127.0.0.1:9', key: 'two', cacheDir })
    cleanUps.push(() => flags.close())

    expect(flags.status().state).toBe('default')
  })

  test.for([
    ['is empty', ''],
    ['was cut', undefined],
    ['is something else', '{"spec":1}'],
  ] as const)('falls back to the generation before when the last one %s', async ([, content]) => {
    const cacheDir = folder()
    const server = await healthyServer()
    const options = { url: server.url, key: 'k', cacheDir }
    for (let i = 0; i < 2; i += 1) {
      const flags = createFlags(options)
      await flags.ready()
      await flags.close()
    }
    await server.stop()
    const last = readdirSync(cacheDir).find((name) => name.endsWith('.json'))!
    const path = join(cacheDir, last)
    writeFileSync(path, content ?? readFileSync(path, 'utf8').slice(0, -10))

    const flags = createFlags(options)
    cleanUps.push(() => flags.close())

    expect(flags.isEnabled('new-checkout')).toBe(true)
  })

  test('can always be read, although the process is killed while it writes', {
    timeout: 60_000,
  }, async () => {
    const cacheDir = folder()
    const program = join(PACKAGE, 'test/cache-writer.ts')
    const args = ['--conditions=@flaghoist/source', program, cacheDir]
    for (let round = 0; round < 20; round += 1) {
      const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'] })
      const exited = once(child, 'exit')
      await once(child.stdout, 'data')
      await new Promise((resolve) => setTimeout(resolve, Math.random() * 20))
      child.kill('SIGKILL')
      await exited

      const flags = createFlags({ url: 'http://127.0.0.1:9', key: 'k', cacheDir })
      expect(flags.status()).toMatchObject({ state: 'cached' })
      await flags.close()
    }
  })
})

describe('a bootstrap', () => {
  test('can be a file', async () => {
    const path = join(folder(), 'ruleset.json')
    writeFileSync(path, JSON.stringify(ruleset(3, true)))

    const flags = createFlags({ url: 'http://127.0.0.1:9', key: 'k', bootstrap: path })
    cleanUps.push(() => flags.close())

    expect(flags.isEnabled('new-checkout')).toBe(true)
  })

  test('that cannot be read is a mistake to hear of at once', () => {
    const options = { url: 'http://127.0.0.1:9', key: 'k', bootstrap: '/nowhere/ruleset.json' }
    expect(() => createFlags(options)).toThrow(expect.objectContaining({ code: 'OPTION_INVALID' }))
  })

  test('is replaced by what the server sends', async () => {
    const server = await healthyServer()
    const bootstrap = { ...ruleset(0, false) }
    const flags = createFlags({ url: server.url, key: 'k', bootstrap })
    cleanUps.push(() => flags.close())
    expect(flags.isEnabled('new-checkout')).toBe(false)

    await until('it is live', () => flags.status().state === 'live')

    expect(flags.isEnabled('new-checkout')).toBe(true)
  })
})
