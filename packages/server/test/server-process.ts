import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { onTestFinished } from 'vitest'

export const MAIN = new URL('../src/main.ts', import.meta.url).pathname
const NODE = ['--disable-warning=ExperimentalWarning', '--conditions=@flaghoist/source']

/** A folder that is removed at the end of the test. */
export function folder(): string {
  const dir = mkdtempSync(join(tmpdir(), 'flaghoist-server-'))
  onTestFinished(() => rmSync(dir, { recursive: true, force: true }))
  return dir
}

/** Runs the server as operators do: a process with its settings in the environment. */
export function run(environment: Readonly<Record<string, string>>, ...args: readonly string[]) {
  return runNode([MAIN, ...args], environment)
}

/** @param wrapper command that starts the process, such as `setpriv …` */
export function runNode(
  args: readonly string[],
  environment: Readonly<Record<string, string>>,
  wrapper: readonly string[] = [],
) {
  const [command, ...rest] = [...wrapper, process.execPath, ...NODE, ...args]
  const child = spawn(command!, rest, {
    env: {
      PATH: process.env.PATH,
      NODE_COMPILE_CACHE: process.env.NODE_COMPILE_CACHE,
      FLAGHOIST_PORT: '0',
      FLAGHOIST_LOG_LEVEL: 'warn',
      ...environment,
    },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  onTestFinished(() => void child.kill('SIGKILL'))
  let output = ''
  for (const stream of [child.stdout, child.stderr])
    stream.setEncoding('utf8').on('data', (text: string) => {
      output += text
    })
  const says = async (text: RegExp) => {
    while (!text.test(output)) {
      const more = [child.stdout, child.stderr].map((stream) => once(stream, 'data'))
      await Promise.race([...more, exited])
      const hasEnded = child.exitCode !== null || child.signalCode !== null
      if (hasEnded && !text.test(output)) throw new Error(output)
    }
  }
  const exited = once(child, 'close').then(([code]) => code as number | null)
  return {
    child,
    exited,
    output: () => output,
    /** Waits until the process has printed a text; throws if it exits before. */
    says,
    async url() {
      await says(/API reference/)
      return /http:\/\/127\.0\.0\.1:\d+/.exec(output)![0]
    },
  }
}
