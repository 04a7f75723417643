import { execFile, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { afterEach, beforeEach, describe, expect, onTestFinished, test } from 'vitest'
import { startTestServer, type TestServer } from '../../server/test/http-server.ts'
import { runCodegen } from '../src/codegen/run.ts'

const ROOT = fileURLToPath(new URL('../../..', import.meta.url))
const ADMIN_KEY = 'fh_admin_for-tests-only-0000000000'

let server: TestServer
let folder: string
let out: string

beforeEach(async () => {
  server = await startTestServer({ FLAGHOIST_ADMIN_KEY: ADMIN_KEY })
  folder = mkdtempSync(join(tmpdir(), 'flaghoist-codegen-'))
  out = join(folder, 'flags.d.ts')
  const make = async (body: object) =>
    expect((await server.ask('POST', 'flags', { body })).status).toBe(201)
  const variants = (...values: unknown[]) => values.map((value, i) => ({ key: `v${i}`, value }))
  await make({ key: 'new-checkout', description: 'The new checkout.\nShips */ in spring.' })
  await make({ key: 'theme', type: 'string', variants: variants('dark', "l'ight") })
  await make({ key: 'limit', type: 'number', variants: variants(3, 5) })
  await make({
    key: 'layout',
    type: 'json',
    variants: variants({ columns: 2, tags: ['a', 1], 'on-top': null }, {}),
  })
  await make({ key: 'gone' })
  await server.ask('POST', 'flags/gone/archive', { body: {} })
})
afterEach(async () => {
  await server[Symbol.asyncDispose]()
  rmSync(folder, { recursive: true })
})

const run = (...args: string[]) => runCodegen([...args, '--out', out], {})
const fromServer = () => run('--url', server.url, '--key', ADMIN_KEY)

describe('flaghoist-codegen', () => {
  test('says what is wrong with a file that cannot be written, and leaves nothing behind', async () => {
    mkdirSync(out)
    await expect(fromServer()).rejects.toMatchObject({ code: 'CODEGEN_FILE' })
    expect(readdirSync(folder)).toEqual(['flags.d.ts'])
  })

  test('doubts a project without flags', async () => {
    const key = await server.makeKey('client', 'production')
    expect(await run('--url', server.url, '--key', key)).toContain('clientVisible')
  })

  test('declares the flags of a project', async () => {
    expect(await fromServer()).toMatch(/^Wrote .*flags\.d\.ts with 5 flags\.$/m)

    const text = readFileSync(out, 'utf8')
    expect(text).toContain(`
    /**
     * The new checkout.
     * Ships *\\/ in spring.
     */
    'new-checkout': boolean
    theme: 'dark' | 'l\\'ight'
`)
    expect(text).toContain(
      "    layout: Readonly<Record<string, never>> | { readonly columns: number; readonly 'on-top': null; readonly tags: readonly (number | string)[] }\n",
    )
    expect(text).toContain("    theme: 'v0' | 'v1'\n")
    expect(readdirSync(folder)).toEqual(['flags.d.ts'])
  })

  test('declares keys with capitals, `~` and `:`', async () => {
    for (const key of ['NewCheckout', 'ops~limit', 'team:Theme'])
      expect((await server.ask('POST', 'flags', { body: { key } })).status).toBe(201)
    await fromServer()

    const text = readFileSync(out, 'utf8')
    for (const name of ['NewCheckout', "'ops~limit'", "'team:Theme'"])
      expect(text).toContain(`\n    ${name}: boolean\n`)
  })

  test('declares the same from an export, and from the ruleset of a server key without its comments', async () => {
    await fromServer()
    const expected = readFileSync(out, 'utf8')
    const { body } = await server.ask('GET', 'export')
    const file = join(folder, 'project.json')
    writeFileSync(file, JSON.stringify(body))
    expect(await run('--from', file)).toContain('up to date')

    const key = await server.makeKey('server')
    await run('--url', server.url, '--key', key, '--environment', 'production')
    const declared = (text: string) =>
      text.split('\n').filter((line) => !/^\s*(\/?\*)/.test(line) && !line.includes('gone'))
    expect(declared(readFileSync(out, 'utf8'))).toEqual(declared(expected))
  })

  test('with --check fails when the file is out of date, and writes nothing', async () => {
    await expect(run('--url', server.url, '--key', ADMIN_KEY, '--check')).rejects.toMatchObject({
      code: 'CODEGEN_OUT_OF_DATE',
    })
    expect(readdirSync(folder)).toEqual([])
    await fromServer()
    expect(await run('--url', server.url, '--key', ADMIN_KEY, '--check')).toContain('up to date')
  })

  test.for([
    ['an option that does not exist', ['--ulr', 'x'], 'CODEGEN_OPTION'],
    ['nothing to read from', [], 'CODEGEN_OPTION'],
    ['a file that is not there', ['--from', '/nowhere/flags.json'], 'CODEGEN_SOURCE'],
    ['a file without flags', ['--from', join(ROOT, 'package.json')], 'CODEGEN_SOURCE'],
    [
      'a server that is not there',
      ['--url', 'http://127.0.0.1:9', '--key', 'k'],
      'CODEGEN_REFUSED',
    ],
  ] as const)('says what is wrong with %s', async ([, args, code]) => {
    await expect(run(...args)).rejects.toMatchObject({ code, hint: expect.any(String) })
    expect(readdirSync(folder)).toEqual([])
  })

  test.for(['<h1>Bad gateway</h1>', '{"message": "Bad gateway"}', 'null'])(
    'shows the beginning of a response that is not of a Flaghoist server: %s',
    async (body) => {
      const site = createServer((_, response) => response.writeHead(502).end(body))
      await once(site.listen(0, '127.0.0.1'), 'listening')
      onTestFinished(() => void site.close())
      const { port } = site.address() as AddressInfo

      await expect(run('--url', `http://127.0.0.1:${port}`, '--key', 'k')).rejects.toThrow(
        `The server did not return its flags: 502, ${body}`,
      )
    },
  )

  test('never says a key', async () => {
    const failed = run('--url', server.url, '--key', 'fh_admin_wrong-and-secret')
    await expect(failed).rejects.toMatchObject({ code: 'CODEGEN_REFUSED' })
    await expect(failed).rejects.not.toThrow('wrong-and-secret')
  })

  test('is a command with help, and exits with 1 where it fails', () => {
    const command = join(ROOT, 'packages/sdk-node/bin/flaghoist-codegen.js')
    const call = (...args: string[]) =>
      spawnSync(process.env.FLAGHOIST_HOST_NODE ?? process.execPath, [command, ...args], {
        encoding: 'utf8',
      })
    expect(call('--help')).toMatchObject({ status: 0, stdout: expect.stringContaining('Usage:') })
    expect(call('--nope')).toMatchObject({
      status: 1,
      stderr: expect.stringContaining('CODEGEN_OPTION: '),
    })
  })
})

const PROGRAM = `
import { createTestFlags } from '@flaghoist/node'

const flags = createTestFlags({ theme: 'dark' })
export const isOn: boolean = flags.isEnabled('new-checkout')
export const theme: 'dark' | "l'ight" = flags.value('theme', 'dark')
export const limit: number = flags.value('limit', 7)
export const variant: 'v0' | 'v1' | undefined = flags.details('theme', 'dark').variant
export const layout = flags.value('layout', {})
if ('columns' in layout) export_(layout.columns)
declare function export_(columns: number): void

// @ts-expect-error There is no such flag.
flags.isEnabled('new-chekout')
// @ts-expect-error It is no boolean flag.
flags.isEnabled('theme')
// @ts-expect-error It has no such value.
flags.value('theme', 'blue')
// @ts-expect-error It has no such variant.
if (flags.details('theme', 'dark').variant === 'v2') throw new Error()
`

test('a program that uses what was declared compiles, and one that misspells does not', async () => {
  // Inside the package, so that its own name means what it means to a user.
  const place = mkdtempSync(join(ROOT, 'packages/sdk-node/test/codegen-'))
  onTestFinished(() => rmSync(place, { recursive: true }))
  mkdirSync(place, { recursive: true })
  out = join(place, 'flags.d.ts')
  await fromServer()
  writeFileSync(join(place, 'program.ts'), PROGRAM)
  writeFileSync(
    join(place, 'tsconfig.json'),
    JSON.stringify({
      extends: join(ROOT, 'tsconfig.base.json'),
      compilerOptions: { types: ['node'], customConditions: [] },
      include: ['.'],
    }),
  )
  const tsc = join(ROOT, 'node_modules/typescript/bin/tsc')
  const { stdout } = await promisify(execFile)(process.execPath, [tsc, '-p', place]).catch(
    (error: { stdout: string }) => error,
  )
  expect(stdout).toBe('')
})
