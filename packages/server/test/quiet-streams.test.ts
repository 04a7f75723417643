import { subscribe, unsubscribe } from 'node:diagnostics_channel'
import type { ClientRequest } from 'node:http'
import { createFlags } from '@flaghoist/node'
import { expect, onTestFinished, test, vi } from 'vitest'
import { startShopServer, type TestServer } from './http-server.ts'

const SDKS = 20
const FLAG = 'new-checkout'

/** Counts the reports that the SDKs of this process send from now on. */
function countReports(): () => number {
  let count = 0
  const note = (message: unknown) => {
    const { request } = message as { request: ClientRequest }
    if (request.path.startsWith('/sdk/v1/events')) count += 1
  }
  subscribe('http.client.request.start', note)
  onTestFinished(() => void unsubscribe('http.client.request.start', note))
  return () => count
}

const propagationOf = async (server: TestServer, version: number) =>
  (await server.ask<{ confirmed: number }>('GET', `propagation?seq=${version}`)).body

test('changes that affect no SDK cause no report, and are confirmed at once', {
  timeout: 30_000,
}, async () => {
  await using server = await startShopServer()
  await server.ask('PATCH', `flags/${FLAG}`, { body: { clientVisible: true } })
  const key = await server.makeKey('client', 'production/acme')
  const options = { url: server.url, key, exposures: false }
  const sdks = Array.from({ length: SDKS }, () => createFlags(options))
  onTestFinished(async () => void (await Promise.all(sdks.map((flags) => flags.close()))))
  await vi.waitUntil(async () => (await propagationOf(server, 1)).confirmed === SDKS, {
    timeout: 10_000,
  })
  const { version, etag } = await rulesetOf(server, key)
  const reports = countReports()
  const isChanged = vi.fn()
  for (const flags of sdks) flags.on('change', isChanged)

  for (let i = 0; i < 6; i += 1)
    await server.ask('PATCH', `flags/${FLAG}`, { body: { description: `Edit ${i}` } })
  await server.ask('PUT', `flags/${FLAG}/layers/production/globex`, { body: { on: true } })
  await server.ask('POST', 'instances', { body: { key: 'initech' } })
  const { body: project } = await server.ask<{ version: number }>('GET', '/api/v1/projects/default')
  expect(await propagationOf(server, project.version)).toMatchObject({ confirmed: SDKS })
  expect(await rulesetOf(server, key)).toEqual({ version, etag })

  const killed = await server.ask<{ version: number }>('POST', `flags/${FLAG}/kill`)
  await vi.waitUntil(
    async () => (await propagationOf(server, killed.body.version)).confirmed === SDKS,
    { timeout: 10_000 },
  )

  expect(reports()).toBe(SDKS)
  expect(isChanged).toHaveBeenCalledTimes(SDKS)
  for (const flags of sdks) expect(flags.status().version).toBe(killed.body.version)
})

async function rulesetOf(server: TestServer, key: string) {
  const { body, headers } = await server.ask<{ version: number }>('GET', '/sdk/v1/ruleset', { key })
  return { version: body.version, etag: headers.get('etag') }
}
