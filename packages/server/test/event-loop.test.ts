import { monitorEventLoopDelay } from 'node:perf_hooks'
import { expect, test } from 'vitest'
import { startTestServer } from './http-server.ts'

const FLAGS = 1_500

/**
 * The longest turn of the event loop that a large write may take, ms. It is a few milliseconds on
 * an idle machine; the work of a whole import takes a second. `npm run bench -- writes` measures.
 */
const LONGEST_MS = 250

/** A project file with many flags of a rule each. */
function largeFile() {
  const when = [[{ attribute: 'plan', op: 'in', values: ['pro', 'enterprise'] }]]
  const layers = {
    '*': { on: false, off: 'off' },
    production: { on: true, rules: [{ id: 'paying', when, serve: { variant: 'on' } }] },
    staging: { on: true },
  }
  const flags = Array.from({ length: FLAGS }, (_, i) => ({
    ...{ key: `flag-${i}`, type: 'boolean', kind: 'release', description: '', owner: '' },
    variants: ['on', 'off'].map((key) => ({ key, value: key === 'on' })),
    ...{ tags: {}, clientVisible: true, permanent: false, prerequisites: [], layers },
  }))
  const environments = ['production', 'staging', 'test'].map((key, order) => ({
    ...{ key, name: key, order, protected: false },
  }))
  const project = { key: 'default', name: 'Default' }
  return { flaghoist: 1, project, environments, instances: [], segments: [], flags }
}

test('a large import lets other requests through, and is one change', async () => {
  await using server = await startTestServer()
  const body = JSON.stringify(largeFile())
  const delays = monitorEventLoopDelay({ resolution: 5 })
  const headers = { 'content-type': 'application/json' }
  // The first request of a test process also loads the API document.
  await server.ask('GET', 'head')

  delays.enable()
  const imported = await server.ask('POST', 'import', { body, headers })
  delays.disable()

  expect(imported).toMatchObject({ status: 200, body: { edited: FLAGS * 4 + 3 } })
  expect(delays.max / 1e6).toBeLessThan(LONGEST_MS)
  const { version } = imported.body as { version: number }
  expect((await server.ask('GET', 'head')).body).toMatchObject({ version })
})
