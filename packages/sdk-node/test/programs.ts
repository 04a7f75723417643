import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { onTestFinished } from 'vitest'
import { type FaultyServer, frame, reply, startFaultyServer, stream } from './faulty-server.ts'
import { ruleset } from './fixtures.ts'

/** The machine's own Node, which may be older than the one that runs the tests. */
export const HOST_NODE = process.env.FLAGHOIST_HOST_NODE ?? process.execPath

/** Creates a temporary folder, and removes it after the test. */
export function folder(): string {
  const dir = mkdtempSync(join(tmpdir(), 'flaghoist-node-'))
  onTestFinished(() => rmSync(dir, { recursive: true, force: true }))
  return dir
}

/** A server that streams a ruleset with `new-checkout` on, until the test ends. */
export async function healthyServer(): Promise<FaultyServer> {
  const server = await startFaultyServer((request) =>
    request.path.startsWith('/sdk/v1/stream')
      ? stream(request, frame('put', ruleset(1, true)))
      : reply(request, 404, '{}'),
  )
  onTestFinished(() => server.stop().catch(() => undefined))
  return server
}

export interface Program {
  readonly source: string
  readonly node?: string
  /** Module format in which the built package is loaded. */
  readonly format?: 'esm' | 'cjs'
  /** Variables on top of those of the test. */
  readonly env?: Readonly<Record<string, string>>
}

/** Starts a program that imports `createFlags` of the built package. */
export function startProgram({
  source,
  node = process.execPath,
  format = 'esm',
  env = {},
}: Program): ChildProcess {
  const isModule = format === 'esm'
  const built = new URL(`../dist/index.${isModule ? 'js' : 'cjs'}`, import.meta.url)
  const load = isModule
    ? `import { createFlags } from '${built.href}'`
    : `const { createFlags } = require('${built.pathname}')`
  const path = join(folder(), isModule ? 'program.mjs' : 'program.cjs')
  writeFileSync(path, `${load}\n${source}`)
  return spawn(node, ['--unhandled-rejections=strict', path], {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...process.env, ...env },
  })
}

/** Waits until a program has ended. Returns its output, and the time since its last output. */
export async function outputOf(
  program: ChildProcess,
): Promise<{ readonly code: number; readonly output: string; readonly lingeredMs: number }> {
  let output = ''
  let spokeAt = performance.now()
  for (const stream of [program.stdout!, program.stderr!])
    stream.setEncoding('utf8').on('data', (text: string) => {
      output += text
      spokeAt = performance.now()
    })
  const [code] = await once(program, 'close')
  return { code, output: output.trim(), lingeredMs: performance.now() - spokeAt }
}
