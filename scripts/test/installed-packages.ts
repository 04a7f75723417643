import { execFile, spawn } from 'node:child_process'
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { svelte } from '@sveltejs/vite-plugin-svelte'
import { build, type Plugin } from 'vite'
import { NPM_ENVIRONMENT } from '../pack.ts'

const execute = promisify(execFile)

/** An empty project of an application's developer. */
export interface EmptyProject {
  readonly folder: string
  /** Installs packages, by name or tarball. */
  install(...specs: readonly string[]): Promise<void>
  /** Runs a module of the project and returns what it printed. */
  run(code: string, extension?: 'mjs' | 'cjs'): Promise<string>
  /** Bundles a module for a server that renders Svelte, and runs it. */
  runBundled(code: string): Promise<string>
}

export function emptyProject(folder: string): EmptyProject {
  mkdirSync(folder, { recursive: true })
  writeFileSync(join(folder, 'package.json'), '{"private":true,"type":"module"}\n')

  async function run(code: string, extension: 'mjs' | 'cjs' = 'mjs'): Promise<string> {
    const path = join(folder, `program.${extension}`)
    writeFileSync(path, code)
    return (await execute(process.execPath, [path], { cwd: folder, env: NPM_ENVIRONMENT })).stdout
  }

  return {
    folder,
    async install(...specs) {
      const flags = ['--no-audit', '--no-fund', '--prefer-offline', '--loglevel=error']
      await execute('npm', ['install', ...flags, ...specs], { cwd: folder, env: NPM_ENVIRONMENT })
    },
    run,
    async runBundled(code) {
      writeFileSync(join(folder, 'entry.js'), code)
      await build({
        root: folder,
        configFile: false,
        logLevel: 'silent',
        plugins: [svelte(), svelteKit],
        ssr: { noExternal: ['@flaghoist/svelte'] },
        build: { ssr: 'entry.js', outDir: 'built' },
      })
      return (
        await execute(process.execPath, ['built/entry.js'], { cwd: folder, env: NPM_ENVIRONMENT })
      ).stdout
    },
  }
}

/** The modules that SvelteKit makes for an app. */
const svelteKit: Plugin = {
  name: 'sveltekit-modules',
  enforce: 'pre',
  resolveId: (id) => (id.startsWith('$app/') ? `\0${id}` : undefined),
  load: (id) => (id.startsWith('\0$app/') ? 'export const building = false' : undefined),
}

/**
 * Runs `npx flaghoist-server` in a folder and returns its URL once it listens.
 * @param preloaded a module that Node runs before the server
 */
export async function startInstalledServer(folder: string, preloaded = '') {
  writeFileSync(join(folder, 'preloaded.mjs'), preloaded)
  const server = spawn('npx', ['--no-install', 'flaghoist-server'], {
    cwd: folder,
    env: {
      ...NPM_ENVIRONMENT,
      NODE_OPTIONS: '--import ./preloaded.mjs',
      FLAGHOIST_PORT: '0',
      FLAGHOIST_DATA_DIR: ':memory:',
    },
    stdio: ['ignore', 'pipe', 'inherit'],
    // A group of its own, because npx does not pass every signal on.
    detached: true,
  })
  let output = ''
  const url = await new Promise<string>((resolve, reject) => {
    server.stdout.setEncoding('utf8').on('data', (text: string) => {
      output += text
      const [found] = /http:\/\/\S+:\d+/.exec(output) ?? []
      if (found !== undefined) resolve(found)
    })
    server.on('exit', (code) => reject(new Error(`The server exited with ${code}: ${output}`)))
  })
  return {
    url,
    output: () => output,
    [Symbol.dispose]: () => void process.kill(-server.pid!, 'SIGKILL'),
  }
}
