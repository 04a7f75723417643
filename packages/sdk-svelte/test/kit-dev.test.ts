import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { cpSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { expect, onTestFinished, test } from 'vitest'
import { startTestServer } from '../../server/test/http-server.ts'

const APP = fileURLToPath(new URL('kit-2/', import.meta.url))

/** A copy of the app whose files the test may save. */
function copyOfApp(): string {
  const folder = mkdtempSync(join(tmpdir(), 'flaghoist-kit-dev-'))
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }))
  const isSource = (path: string) => !/node_modules|\.svelte-kit|build/.test(path.slice(APP.length))
  cpSync(APP, folder, { recursive: true, filter: isSource })
  symlinkSync(join(APP, 'node_modules'), join(folder, 'node_modules'))
  return folder
}

/** Starts `vite dev` in a folder, and returns its URL once it listens. */
async function startVite(cwd: string, env: Readonly<Record<string, string>>): Promise<string> {
  const args = ['node_modules/vite/bin/vite.js', 'dev', '--host', '127.0.0.1', '--port', '0']
  const vite = spawn(process.execPath, args, {
    cwd,
    stdio: ['ignore', 'pipe', 'inherit'],
    env: { ...process.env, NODE_ENV: 'development', VITEST: undefined, NO_COLOR: '1', ...env },
  })
  const ended = once(vite, 'exit')
  onTestFinished(async () => {
    vite.kill('SIGKILL')
    await ended
  })
  let output = ''
  return new Promise((resolve, reject) => {
    void ended.then(() => reject(new Error(`Vite has ended: ${output}`)))
    vite.stdout.setEncoding('utf8').on('data', (text: string) => {
      output += text
      const [url] = /http:\/\/127\.0\.0\.1:\d+/.exec(output) ?? []
      if (url !== undefined) resolve(url)
    })
  })
}

test('a development server holds one stream, however often its hooks are saved', {
  timeout: 120_000,
}, async () => {
  await using server = await startTestServer()
  const folder = copyOfApp()
  const url = await startVite(folder, {
    FLAGHOIST_URL: server.url,
    FLAGHOIST_SERVER_KEY: await server.makeKey('server', 'production'),
    FLAGHOIST_CLIENT_KEY: await server.makeKey('client', 'production'),
  })
  const hooks = join(folder, 'src/hooks.server.ts')
  const source = readFileSync(hooks, 'utf8')
  for (let save = 0; save < 5; save += 1) {
    // The page of an error shows which version of the hooks has answered.
    const mark = `saved ${save}`
    const page = async () => {
      writeFileSync(hooks, `${source}\nexport const handleError = () => ({ message: '${mark}' })\n`)
      return (await fetch(`${url}/broken`)).text()
    }
    await expect.poll(page, { timeout: 20_000, interval: 500 }).toContain(mark)
  }

  const connected = async () =>
    (await server.ask<{ connected: number }>('GET', 'propagation')).body.connected
  await expect.poll(connected, { timeout: 10_000 }).toBe(1)
})
