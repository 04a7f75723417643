import { createFlags } from '@flaghoist/node'
import { describe, expect, test } from 'vitest'
import { startShopServer, type TestServer } from './http-server.ts'

const USERS = Array.from({ length: 2_000 }, (_, i) => ({ targetingKey: `user-${i}` }))
const TEXTS = [
  { key: 'new', value: 'new text' },
  { key: 'old', value: 'old text' },
]
const LAYER = 'flags/fresh/layers/production'

/** An SDK of an instance, which is live. */
async function connect(server: TestServer, scope = 'production/acme') {
  const flags = createFlags({
    url: server.url,
    key: await server.makeKey('server', scope),
  })
  expect(await flags.ready()).toEqual({ status: 'live' })
  return { flags, [Symbol.asyncDispose]: () => flags.close() }
}

const write = async (server: TestServer, method: string, path: string, body: unknown) => {
  const { status, body: answer } = await server.ask(method, path, { body })
  expect(status, JSON.stringify(answer)).toBeLessThan(300)
}

describe('a new flag', () => {
  test('serves 1 %, then everybody, with the first three calls of a newcomer', async () => {
    await using server = await startShopServer()
    await using sdk = await connect(server)
    const count = () => USERS.filter((user) => sdk.flags.isEnabled('fresh', user)).length
    await write(server, 'POST', 'flags', { key: 'fresh' })

    await write(server, 'PATCH', LAYER, { on: true, rollout: { percent: 1 } })
    await expect.poll(count).toBeGreaterThan(0)
    expect(count()).toBeLessThan(60)

    await write(server, 'PATCH', LAYER, { rollout: { percent: 100 } })
    await expect.poll(count).toBe(USERS.length)
  })

  test.for([
    ['boolean', [true, false], false],
    ['string', ['new', 'old'], 'mine'],
    ['number', [10, 20], -1],
    ['json', [{ a: 1 }, []], { mine: true }],
  ] as const)('of type %s changes no answer over HTTP', async ([type, values, fallback]) => {
    await using server = await startShopServer()
    await using sdk = await connect(server)
    const variants = values.map((value, i) => ({ key: `v${i}`, value }))
    await write(server, 'POST', 'flags', { key: 'fresh', type, variants })
    const details = () => sdk.flags.details('fresh', fallback as never, USERS[0])
    await expect.poll(details).toMatchObject({ value: fallback, reason: 'DISABLED' })
    expect(details().variant).toBe(type === 'boolean' ? 'v1' : undefined)
  })

  test('reports both arms of its rollout, the control without a variant', async () => {
    await using server = await startShopServer()
    await using sdk = await connect(server)
    await write(server, 'POST', 'flags', { key: 'fresh', type: 'string', variants: TEXTS })
    await write(server, 'PATCH', LAYER.replace('production', 'production/acme'), {
      on: true,
      rollout: { percent: 50, variant: 'new' },
    })
    await expect
      .poll(() => sdk.flags.details('fresh', 'mine', USERS[0]).flagMetadata)
      .toHaveProperty('arm')

    const served = USERS.slice(0, 100).map((user) => sdk.flags.value('fresh', 'mine', user))
    const units = (text: string) => served.filter((one) => one === text).length

    expect(units('new text') + units('mine')).toBe(100)
    const compared = async () => {
      const { body } = await server.ask('GET', 'exposures?flag=fresh&interval=total')
      return (body.items as { arm: string }[]).filter(({ arm }) => arm !== '')
    }
    await expect.poll(compared).toMatchObject([
      { variant: '', arm: 'control', units: units('mine') },
      { variant: 'new', arm: 'treatment', units: units('new text') },
    ])
  })

  test('says "default" where no layer sets a member', async () => {
    await using server = await startShopServer()
    await write(server, 'POST', 'flags', { key: 'fresh', type: 'string', variants: TEXTS })
    await write(server, 'PUT', LAYER, { on: true, rollout: { percent: 5, variant: 'new' } })

    const { body } = await server.ask('GET', 'flags/fresh/resolved?scope=production/acme')

    expect(body).toMatchObject({
      configuration: { on: true, off: '', fallthrough: { variant: '' } },
      provenance: { on: 'production', off: 'default', fallthrough: 'default' },
    })
  })
})

describe('a flag of another type than boolean', () => {
  const given = async () => {
    const server = await startShopServer()
    await write(server, 'POST', 'flags', { key: 'fresh', type: 'string', variants: TEXTS })
    return server
  }

  test.for([
    ['PUT', LAYER, { on: true }],
    ['PATCH', LAYER, { on: true }],
    ['POST', 'flags/fresh/preview', { scope: 'production', layer: { on: true } }],
    [
      'POST',
      'flags',
      { key: 'other', type: 'string', variants: TEXTS, layers: { production: { on: true } } },
    ],
  ] as const)('is not turned on with nothing to serve by %s %s', async ([method, path, body]) => {
    await using server = await given()

    const answer = await server.ask(method, path, { body })

    expect(answer).toMatchObject({
      status: 422,
      body: {
        code: 'FLAG_SERVES_NOTHING',
        detail: expect.stringContaining('has nothing to serve in production'),
        hint: 'Add a "rollout", "rules", or a "fallthrough" such as {"variant":"new"} to the layer.',
      },
    })
  })

  test('keeps what an instance that is on inherits', async () => {
    await using server = await given()
    await write(server, 'PUT', LAYER, { rollout: { percent: 5, variant: 'new' } })
    await write(server, 'PUT', `${LAYER}/acme`, { on: true })

    const removed = await server.ask('PATCH', LAYER, { body: { rollout: null } })
    const deleted = await server.ask('DELETE', LAYER)

    expect(removed.body).toMatchObject({
      code: 'FLAG_SERVES_NOTHING',
      detail: expect.stringContaining('production/acme'),
    })
    expect(deleted.body).toMatchObject({ code: 'FLAG_SERVES_NOTHING' })
  })

  test('is killed without an off variant, and serves the fallback', async () => {
    await using server = await given()
    await write(server, 'PUT', LAYER, { on: true, fallthrough: { variant: 'new' } })
    await using sdk = await connect(server)
    expect(sdk.flags.value('fresh', 'mine')).toBe('new text')

    await write(server, 'POST', 'flags/fresh/kill', { reason: 'broken' })
    await expect
      .poll(() => sdk.flags.details('fresh', 'mine'))
      .toEqual({
        value: 'mine',
        reason: 'DISABLED',
        flagMetadata: { reasonDetail: 'killed' },
      })
  })

  test('serves its off variant once a layer names one', async () => {
    await using server = await given()
    await using sdk = await connect(server)

    await write(server, 'PATCH', 'flags/fresh/layers/*', { off: 'old' })
    await expect
      .poll(() => sdk.flags.details('fresh', 'mine'))
      .toMatchObject({ value: 'old text', variant: 'old' })
  })
})

describe('a rollout without effect', () => {
  const rollout = { percent: 1 }
  const when = [[{ attribute: 'plan', op: 'in', values: ['pro'] }]]
  const useless = { on: true, rollout, fallthrough: { variant: 'on' } }

  test.for([
    ['PUT', LAYER, useless, 'rollout'],
    ['PATCH', LAYER, useless, 'rollout'],
    ['POST', 'flags/fresh/preview', { scope: 'production', layer: useless }, 'rollout'],
    ['POST', 'flags', { key: 'other', layers: { production: useless } }, 'rollout'],
    [
      'PATCH',
      LAYER,
      { fallthrough: { variant: 'on' }, rules: [{ when, serve: { variant: 'on' } }] },
      'last rule',
    ],
  ] as const)('is refused by %s %s', async ([method, path, body, step]) => {
    await using server = await startShopServer()
    await write(server, 'POST', 'flags', { key: 'fresh' })

    const answer = await server.ask(method, path, { body })

    expect(answer).toMatchObject({
      status: 422,
      body: {
        code: 'ROLLOUT_WITHOUT_EFFECT',
        detail: expect.stringContaining(`The ${step} of flag`),
        hint: expect.stringContaining('{"variant":"off"}'),
      },
    })
  })

  test('of an earlier version blocks neither other edits, kills nor restores', async () => {
    await using server = await startShopServer()
    await write(server, 'POST', 'flags', { key: 'fresh' })
    const { body: file } = await server.ask<{ flags: { key: string; layers: object }[] }>(
      'GET',
      'export',
    )
    // As an earlier version stored it, with the fallthrough of its creation.
    const flags = file.flags.map((flag) =>
      flag.key === 'fresh'
        ? {
            ...flag,
            layers: {
              '*': { on: false, off: 'off', fallthrough: { variant: 'on' } },
              production: {
                on: true,
                rollout: {
                  by: 'targetingKey',
                  salt: 'drawn',
                  share: 1_000,
                  serve: { variant: 'on' },
                },
              },
            },
          }
        : flag,
    )
    await write(server, 'POST', 'import?mode=merge', { ...file, flags })

    await write(server, 'PATCH', LAYER, { note: { reason: 'x' } })
    await write(server, 'POST', 'flags/fresh/kill', {
      scopes: ['production'],
      reason: 'Totals are wrong',
    })
    await write(server, 'POST', 'flags/fresh/restore', {})
    await write(server, 'PATCH', 'flags/fresh', { description: 'x' })
    await write(server, 'PATCH', LAYER, { on: false })

    const more = await server.ask('PATCH', LAYER, { body: { rollout: { percent: 2 } } })
    expect(more.body).toMatchObject({ code: 'ROLLOUT_WITHOUT_EFFECT' })
    await write(server, 'PATCH', 'flags/fresh/layers/*', { fallthrough: null })
    await write(server, 'PATCH', LAYER, { on: true, rollout: { percent: 2 } })
  })
})
