import { readFileSync } from 'node:fs'
import Fastify from 'fastify'
import { describe, expect, test } from 'vitest'
import { generateDocs } from '../../../scripts/generated-docs.ts'
import { openapiRoute } from '../src/api-reference/openapi-route.ts'
import { loadConfig } from '../src/config.ts'
import { startTestServer } from './http-server.ts'
import { type ApiDocument, loadDocument, operationsOf } from './openapi-operations.ts'
import { startTestRelay } from './relay-server.ts'

interface Document {
  readonly openapi: string
  readonly paths: Record<string, Record<string, Operation>>
  readonly components: { schemas: Record<string, unknown> }
}

interface Operation {
  readonly operationId: string
  readonly summary: string
  readonly tags: readonly string[]
  readonly responses: Record<string, { description: string }>
}

describe('the API document', () => {
  test('describes every operation with a name, a summary and its failures', async () => {
    await using server = await startTestServer()
    const { body } = await server.ask<Document>('GET', '/openapi.json')
    const operations = Object.entries(body.paths).flatMap(([path, methods]) =>
      Object.values(methods).map((operation) => ({ path, ...operation })),
    )

    expect(body.openapi).toBe('3.1.0')
    expect(operations.length).toBeGreaterThan(40)
    expect(new Set(operations.map(({ operationId }) => operationId)).size).toBe(operations.length)
    for (const { path, operationId, summary, tags, responses } of operations) {
      expect([path, operationId, summary?.length > 5, tags?.length]).toEqual([
        path,
        expect.any(String),
        true,
        1,
      ])
      for (const { description } of Object.values(responses))
        expect(description).not.toBe('Default Response')
    }
    const administrative = operations.filter(({ path }) => path.startsWith('/api/'))
    for (const { responses } of administrative)
      expect(Object.keys(responses)).toEqual(expect.arrayContaining(['401', '403']))
  })

  test('refers only to what it has', async () => {
    await using server = await startTestServer()
    const { body } = await server.ask<Document>('GET', '/openapi.json')
    const referred = [...JSON.stringify(body).matchAll(/#\/components\/schemas\/([^"]+)"/g)].map(
      ([, name]) => name,
    )

    expect(referred.length).toBeGreaterThan(50)
    expect([...new Set(referred)].sort()).toEqual(Object.keys(body.components.schemas).sort())
  })

  test('has samples for the public address of the server', async () => {
    const app = Fastify()
    const config = loadConfig({ FLAGHOIST_PUBLIC_URL: 'https://flags.example/' })
    await app.register(openapiRoute, { config })
    const { body } = await app.inject('/openapi.json')
    const operations = operationsOf(JSON.parse(body) as ApiDocument)

    expect(operations.length).toBeGreaterThan(40)
    for (const { 'x-codeSamples': samples } of operations)
      for (const { source } of samples) expect(source).toContain("'https://flags.example/")
  })

  test('of a relay describes what the relay serves', async () => {
    await using server = await startTestServer()
    await using relay = await startTestRelay(server.url, [await server.makeKey('server')])
    const { paths } = await loadDocument(relay.url)

    expect(Object.keys(paths)).toContain('/sdk/v1/ruleset')
    expect(Object.keys(paths).filter((path) => path.startsWith('/api/'))).toEqual([])
    expect(JSON.stringify(paths['/readyz'])).toContain('"queuedBytes"')
  })

  test('has a page that loads nothing from another server', async () => {
    await using server = await startTestServer()
    const page = await fetch(`${server.url}/docs/`)
    const text = await page.text()

    expect(page.status).toBe(200)
    expect(text.match(/(src|href)="https?:/g)).toBeNull()
  })
})

test('the type of a problem leads to where its code is explained', async () => {
  await using server = await startTestServer()
  const { body } = await server.ask<{ type: string; code: string }>('GET', '/nothing')

  const page = await fetch(server.url + body.type)

  expect(page.status).toBe(200)
  expect(await page.text()).toContain(`id="${body.code}"`)
})

test('documents that are written from the code are up to date; npm run docs writes them', async () => {
  for (const { path, text } of await generateDocs()) {
    const written = readFileSync(new URL(`../../../${path}`, import.meta.url), 'utf8')
    expect(written === text, `${path} is not what the code says: run npm run docs`).toBe(true)
  }
})
