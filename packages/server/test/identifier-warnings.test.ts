import type { Ruleset } from '@flaghoist/core'
import { describe, expect, test } from 'vitest'
import { startShopServer, type TestServer } from './http-server.ts'

const emails = {
  attribute: 'email',
  op: 'in',
  values: ['ada@shop.example', 'bob@shop.example'],
} as const
const LAYER = 'flags/new-checkout/layers/production'

const rule = (clause: object) => ({ id: 'vip', when: [[clause]], serve: { variant: 'on' } })
const layer = (clause: object = emails) => ({ on: true, rules: [rule(clause)] })
const inSegment = { attribute: 'targetingKey', op: 'segment', values: ['vip'] }

const warning = (
  place = 'Rule "vip" of flag "new-checkout" in scope "production"',
  values = '2 values of "email"',
  cure = 'Set "hashed": true in the clause.',
) => [
  {
    code: 'IDENTIFIERS_PUBLISHED',
    message: `${place} sends ${values} to client keys unhashed. ${cure}`,
  },
]

/** A server with a flag that browsers receive. */
async function startWebServer(): Promise<TestServer> {
  const server = await startShopServer()
  await write(server, 'PATCH', 'flags/new-checkout', { clientVisible: true })
  return server
}

async function write(server: TestServer, method: string, path: string, body?: object) {
  const answer = await server.ask<{ warnings?: unknown; version: number }>(method, path, {
    ...(body && { body }),
  })
  expect(answer.status, JSON.stringify(answer.body)).toBeLessThan(300)
  return answer
}

describe('a write that sends identifiers to browsers has a warning', () => {
  test.for([
    ['of a new layer', 'PUT', LAYER, layer()],
    ['of a changed layer', 'PATCH', LAYER, layer()],
    [
      'in its preview',
      'POST',
      'flags/new-checkout/preview',
      { scope: 'production', layer: layer() },
    ],
    ['of a wave', 'PATCH', 'flags/new-checkout/layers', { scopes: ['production'], layer: layer() }],
    [
      'in the preview of a wave',
      'POST',
      'flags/new-checkout/layers/preview',
      { scopes: ['production'], layer: layer() },
    ],
  ] as const)('%s', async ([, method, path, body]) => {
    await using server = await startWebServer()

    const { body: answer } = await write(server, method, path, body)

    expect(answer.warnings).toEqual(warning())
  })

  test('of a new flag with layers, and of one that becomes visible', async () => {
    await using server = await startWebServer()
    const place = 'Rule "vip" of flag "banner" in scope "*"'
    const hidden = { key: 'banner', layers: { '*': layer() } }

    expect((await write(server, 'POST', 'flags', hidden)).body.warnings).toBeUndefined()
    const shown = await write(server, 'PATCH', 'flags/banner', { clientVisible: true })
    expect(shown.body.warnings).toEqual(warning(place))
    await write(server, 'DELETE', 'flags/banner')
    const back = await write(server, 'POST', 'flags/banner/unarchive')
    expect(back.body.warnings).toEqual(warning(place))
    const other = { ...hidden, key: 'other', clientVisible: true }
    expect((await write(server, 'POST', 'flags', other)).body.warnings).toEqual(
      warning(place.replace('banner', 'other')),
    )
  })

  test('of a segment that browsers receive, and of the layer that sends it to them', async () => {
    await using server = await startWebServer()
    const place = 'Segment "vip"'
    const made = await write(server, 'POST', 'segments', { key: 'vip', when: [[emails]] })
    expect(made.body.warnings).toBeUndefined()

    const named = await write(server, 'PUT', LAYER, layer(inSegment))
    expect(named.body.warnings).toEqual(warning(place))
    const one = { ...emails, values: ['cy@shop.example'] }
    const edited = await write(server, 'PATCH', 'segments/vip', { when: [[one]] })
    expect(edited.body.warnings).toEqual(warning(place, '1 value of "email"'))
    const listed = await write(server, 'PATCH', 'segments/vip', { include: ['ada@shop.example'] })
    expect(listed.body.warnings).toBeUndefined()
  })

  test('of a revert and of an import', async () => {
    await using server = await startWebServer()
    await write(server, 'PUT', LAYER, layer())
    const file = (await server.ask('GET', 'export')).body
    const removed = await write(server, 'PUT', LAYER, { on: true })
    const seq = removed.headers.get('flaghoist-version')

    const reverted = await write(server, 'POST', `changes/${seq}/revert`)
    expect(reverted.body.warnings).toEqual(warning())
    await write(server, 'PUT', LAYER, { on: true })
    const imported = await write(server, 'POST', 'import?mode=replace', file)
    expect(imported.body.warnings).toEqual(warning())
  })

  test('once for the same rule in several scopes', async () => {
    await using server = await startWebServer()
    const scopes = ['production', 'production/acme', 'production/globex']

    const { body } = await write(server, 'PATCH', 'flags/new-checkout/layers', {
      scopes,
      layer: layer(),
    })

    expect(body.warnings).toEqual(
      warning('Rule "vip" of flag "new-checkout" in scope "production" and 2 more scopes'),
    )
  })

  test('also in the stored response of a retry', async () => {
    await using server = await startWebServer()
    const headers = { 'idempotency-key': 'one' }
    const put = () => server.ask('PUT', LAYER, { body: layer(), headers })
    const first = await put()
    const second = await put()

    expect(second.headers.get('idempotency-replayed')).toBe('true')
    expect(second.body).toEqual(first.body)
    expect(second.body).toHaveProperty('warnings', warning())
  })

  test.for([
    [
      { ...emails, values: [7] },
      '1 value of "email"',
      'Write the values as text, and set "hashed"',
    ],
    [
      { ...emails, op: 'endsWith', values: ['@acme.example'] },
      '1 value of "email"',
      'Use the operator "in" with "hashed": true, or set "clientVisible": false on the flag.',
    ],
  ] as const)('with the cure for %o', async ([clause, values, cure]) => {
    await using server = await startWebServer()
    const { body } = await write(server, 'PUT', LAYER, layer(clause))

    const [only] = warning(undefined, values, cure)
    expect(body.warnings).toMatchObject([{ message: expect.stringContaining(only!.message) }])
  })
})

test.for([
  ['hashed values', layer({ ...emails, hashed: true })],
  ['targeting keys', layer({ ...emails, attribute: 'targetingKey' })],
  ['values that identify nobody', layer({ attribute: 'country', op: 'in', values: ['de', 'fr'] })],
] as const)('a write of %s has no warning', async ([, body]) => {
  await using server = await startWebServer()
  expect((await write(server, 'PUT', LAYER, body)).body).not.toHaveProperty('warnings')
})

test('a write of names of instances has a warning only where no instance is fixed', async () => {
  await using server = await startWebServer()
  const body = layer({ attribute: 'instance', op: 'in', values: ['acme', 'globex'] })
  const inInstance = await write(server, 'PUT', 'flags/new-checkout/layers/production/acme', body)
  expect(inInstance.body).not.toHaveProperty('warnings')
  expect((await write(server, 'PUT', LAYER, body)).body.warnings).toEqual(
    warning(undefined, '2 values of "instance"'),
  )
})

test('a write that leaves the identifiers of a rule alone has no warning', async () => {
  await using server = await startWebServer()
  await write(server, 'PUT', LAYER, layer())
  const { body } = await write(server, 'PATCH', LAYER, { rollout: { percent: 25 } })
  expect(body).not.toHaveProperty('warnings')
})

test('a clause that follows the warning sends hashes to browsers and texts to servers', async () => {
  await using server = await startWebServer()
  await write(server, 'PUT', LAYER, layer({ ...emails, hashed: true }))
  const rulesetOf = async (kind: 'client' | 'server') => {
    const key = await server.makeKey(kind, 'production')
    return (await server.ask<Ruleset>('GET', '/sdk/v1/ruleset', { key })).body
  }

  const [seen] = (await rulesetOf('client')).flags['new-checkout']!.rules![0]!.when[0]!
  expect(seen).toEqual({
    attribute: 'email',
    op: 'in',
    values: [expect.stringMatching(/^[\da-f]{16}$/), expect.stringMatching(/^[\da-f]{16}$/)],
    salt: expect.any(String),
  })
  expect((await rulesetOf('server')).flags['new-checkout']!.rules![0]!.when).toEqual([[emails]])
})
