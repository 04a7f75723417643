import { execFile } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { expect, onTestFinished, test } from 'vitest'
import { NPM_ENVIRONMENT, packForInstall } from '../pack.ts'
import { emptyProject } from './installed-packages.ts'

const execute = promisify(execFile)

/** The test of an app in CommonJS, as Jest runs it: jsdom has no timers to unref, and no fetch. */
const APP_TEST = `
const node = require('@flaghoist/node')
const browser = require('@flaghoist/browser')

const half = {
  type: 'boolean', revision: 1, variants: { on: true, off: false }, on: true, off: 'off',
  rollout: { by: 'targetingKey', salt: 'é', share: 50000, serve: { variant: 'on' } },
  fallthrough: { variant: 'off' },
}
const bootstrap = {
  spec: 1, project: 'shop', scope: 'production', epoch: 'e', version: 1, segments: {}, flags: { half },
}
const users = Array.from({ length: 100 }, (_, i) => 'zoë-' + i)

test('runs in jsdom', () => expect(typeof document).toBe('object'))

test.each([node, browser])('has a test helper', ({ createTestFlags }) => {
  expect(createTestFlags({ beta: true }).isEnabled('beta')).toBe(true)
})

test.each([node, browser])('evaluates without a server, and ends', async ({ createFlags }) => {
  const warn = jest.spyOn(console, 'warn').mockImplementation()
  const flags = createFlags({ url: 'http://127.0.0.1:9', key: 'none', bootstrap })
  await flags.ready({ timeout: 100 })
  const treated = users.filter((targetingKey) => flags.isEnabled('half', { targetingKey }))
  expect(treated.length).toBeGreaterThan(25)
  expect(treated.length).toBeLessThan(75)
  await flags.close()
  warn.mockRestore()
})
`

test('an app in CommonJS is tested by Jest with jsdom', { timeout: 300_000 }, async () => {
  const folder = mkdtempSync(join(tmpdir(), 'flaghoist-jest-'))
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }))
  const tarballs = packForInstall(join(folder, 'tarballs'))
    .filter(({ manifest }) => /\/(core|client|node|browser)$/.test(manifest.name))
    .map(({ tarball }) => tarball)
  const project = emptyProject(join(folder, 'app'))
  await project.install('jest@30.5.2', 'jest-environment-jsdom@30.5.2', ...tarballs)
  writeFileSync(join(project.folder, 'app.test.cjs'), APP_TEST)

  const jest = ['node_modules/jest/bin/jest.js', '--env=jsdom', '--ci']
  const match = ['--testMatch', '**/*.test.cjs']
  const { stderr } = await execute(process.execPath, [...jest, ...match], {
    cwd: project.folder,
    env: NPM_ENVIRONMENT,
  })
  expect(stderr).toContain('5 passed, 5 total')
})
