import { expect, test } from 'vitest'
import { startTestServer } from './http-server.ts'

const FLAGS = 1_500

/**
 * Requests that are answered while a file is imported, at least. Without pauses, there are a few,
 * on any machine. `npm run bench -- writes` measures how long they wait.
 */
const MIN_ANSWERED = 20

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

interface Page {
  readonly items: readonly object[]
  readonly next?: string
}

test('a large import lets other requests through, and is one change', async () => {
  await using server = await startTestServer()
  const body = JSON.stringify(largeFile())
  const headers = { 'content-type': 'application/json' }
  // The first request of a test process also loads the API document.
  await server.ask('GET', 'head')
  let answered = 0
  let isImported = false
  const ask = async () => {
    while (!isImported) {
      await fetch(`${server.url}/livez`)
      answered += 1
    }
  }

  const asking = ask()
  const imported = await server.ask('POST', 'import', { body, headers })
  isImported = true
  await asking

  expect(imported).toMatchObject({ status: 200, body: { edited: FLAGS * 4 + 3 } })
  expect(answered).toBeGreaterThan(MIN_ANSWERED)
  const { version } = imported.body as { version: number }
  expect((await server.ask('GET', 'head')).body).toMatchObject({ version })
  const { body: page } = await server.ask<Page>('GET', 'changes?limit=100')
  expect(page).toMatchObject({ items: [{ seq: version }], next: `${version}` })
  const { body: rest } = await server.ask<Page>('GET', `changes?limit=100&cursor=${page.next}`)
  expect(rest.items[0]).toMatchObject({ seq: version - 1 })
})
