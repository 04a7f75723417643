import { type ChildProcess, execFile, spawn } from 'node:child_process'
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { DockerfileParser } from 'dockerfile-ast'
import { validate } from 'dockerfile-utils'
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest'
import { freePort } from '../../test-support/free-port.ts'

const execute = promisify(execFile)
const ROOT = new URL('../../', import.meta.url).pathname
const read = (path: string) => readFileSync(join(ROOT, path), 'utf8')

const text = read('deploy/Dockerfile')
const dockerfile = DockerfileParser.parse(text)

/** The arguments of every instruction of a kind. */
function argumentsOf(keyword: string): readonly string[] {
  return dockerfile
    .getInstructions()
    .filter((instruction) => instruction.getKeyword() === keyword)
    .map((instruction) => instruction.getRawArgumentsContent() ?? '')
}

/** The command of an instruction that ends in a JSON array. */
function commandOf(keyword: string): readonly string[] {
  const [content = ''] = argumentsOf(keyword)
  return JSON.parse(content.slice(content.indexOf('[')))
}

describe('the Dockerfile', () => {
  test('passes a linter', () => {
    expect(validate(text)).toEqual([])
  })

  test('has the Node of the toolchain', () => {
    const [, version] = /const NODE = '(.+)'/.exec(read('scripts/toolchain.mjs')) ?? []
    const images = dockerfile.getFROMs().map((from) => from.getImage())
    expect(new Set(images)).toEqual(new Set([`node:${version}-alpine`]))
    expect(read('.nvmrc').trim()).toBe(version)
  })

  test('runs the server as a user without rights', () => {
    expect(argumentsOf('USER')).toEqual(['node'])
  })
})

// No container runs here: the same commands run in a folder.
describe('the contents of the image', () => {
  const folder = mkdtempSync(join(tmpdir(), 'flaghoist-image-'))
  const app = join(folder, 'app')
  let environment: Record<string, string>
  let server: ChildProcess | undefined

  const run = ([command, ...args]: readonly string[]) =>
    spawn(command!, args, { cwd: app, env: { PATH: process.env.PATH, ...environment } })
  const exitOf = (child: ChildProcess) =>
    new Promise<number | null>((resolve) => child.on('exit', resolve))

  beforeAll(async () => {
    const copy = argumentsOf('RUN').find((content) => content.includes(' deploy '))!
    await execute('sh', ['-c', copy.replace(' /app', ` ${app}`)], { cwd: ROOT })
    environment = {
      ...Object.fromEntries(
        dockerfile
          .getENVs()
          .flatMap((env) => env.getProperties())
          .map((property) => [property.getName(), property.getValue() ?? '']),
      ),
      FLAGHOIST_HOST: '127.0.0.1',
      FLAGHOIST_PORT: String(await freePort()),
      FLAGHOIST_DATA_DIR: join(folder, 'data'),
    }
  }, 120_000)
  afterAll(() => {
    server?.kill('SIGKILL')
    rmSync(folder, { recursive: true, force: true })
  })

  test('hold compiled code for each start', async () => {
    const step = argumentsOf('RUN').find((content) => content.includes('.compile-cache'))!
    const [, command] = /-c '(.+?)'/.exec(step)!
    const [folder] = /(?<=-d -o node )\S+/.exec(step)!

    expect(await exitOf(run(command!.split(' ')))).toBe(0)

    expect(readdirSync(join(app, folder))).toHaveLength(1)
  })

  test('are healthy while the server runs', async () => {
    const check = commandOf('HEALTHCHECK')
    expect(await exitOf(run(check))).toBe(1)

    server = run(commandOf('CMD'))
    let warnings = ''
    server.stderr!.on('data', (data) => {
      warnings += data
    })
    await vi.waitFor(async () => expect(await exitOf(run(check))).toBe(0), { timeout: 20_000 })

    const exited = exitOf(server)
    server.kill('SIGTERM')
    expect(await exited).toBe(0)
    expect(warnings).toBe('')
  })
})
