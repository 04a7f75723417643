import type { Ruleset } from '@flaghoist/core'
import { expect, test } from 'vitest'
import { startShopServer, type TestServer } from './http-server.ts'
import { openStreamClient, type StreamClient } from './stream-client.ts'

const status = (server: TestServer, to: string) =>
  server.ask('PATCH', 'instances/acme', { body: { status: to } })

test('a retired instance serves off variants, and its keys are refused until it is active again', async () => {
  await using server = await startShopServer()
  const key = await server.makeKey('server', 'production/acme')
  const admin = await server.makeKey('admin', 'production/acme')
  const wide = await server.makeKey('server', 'production')
  await using stream = closing(await openStreamClient(server.url, key))
  const isOn = () => stream.ruleset?.flags['new-checkout']?.on
  await stream.until('the ruleset', () => isOn() === true)

  await status(server, 'retired')
  // The stream delivers the off variants before it ends.
  await stream.until('the retirement', () => isOn() === false)
  await stream.until('the end of the stream', () => stream.isClosed)
  for (const [one, path] of [
    [key, '/sdk/v1/ruleset'],
    [key, '/sdk/v1/stream'],
    [admin, 'flags'],
  ] as const)
    expect(await server.ask('GET', path, { key: one })).toMatchObject({
      status: 403,
      body: { code: 'INSTANCE_RETIRED' },
    })
  const { body: ruleset } = await server.ask<Ruleset>('GET', '/sdk/v1/ruleset', { key: wide })
  expect(ruleset.flags['new-checkout']!.instances).toMatchObject({ acme: { on: false } })

  const resolved = 'flags/new-checkout/resolved?scope=production/acme'
  expect((await server.ask('GET', resolved)).body).toMatchObject({
    configuration: { on: false },
    provenance: { on: 'retired' },
  })

  await status(server, 'active')
  expect(await server.ask('GET', '/sdk/v1/ruleset', { key })).toMatchObject({
    status: 200,
    body: { flags: { 'new-checkout': { on: true } } },
  })
})

/** A stream that is closed at the end of its block. */
function closing(client: StreamClient): StreamClient & AsyncDisposable {
  return Object.assign(client, { [Symbol.asyncDispose]: async () => client.close() })
}
