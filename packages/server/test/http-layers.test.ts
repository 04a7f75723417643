import type { Layer } from '@flaghoist/core/schema'
import { describe, expect, test } from 'vitest'
import { startShopServer } from './http-server.ts'

const WHEN = [[{ attribute: 'plan', op: 'in', values: ['pro'] }]]

describe('layers', () => {
  test('have a version while they are missing, which the next write names', async () => {
    await using server = await startShopServer()
    const pathOf = (scope: string) => `flags/new-checkout/layers/production/${scope}`
    const versionOf = async (scope: string, key?: string) => {
      const answer = await server.ask('GET', pathOf(scope), key === undefined ? {} : { key })
      return [answer.status, answer.headers.get('etag')]
    }
    const { headers } = await server.ask('DELETE', pathOf('acme'))
    const deleted = headers.get('etag')!
    const write = (version: string) =>
      server.ask('PUT', pathOf('acme'), { body: { on: true }, headers: { 'if-match': version } })

    expect(await versionOf('globex')).toEqual([404, '"0"'])
    expect(await versionOf('acme')).toEqual([404, deleted])
    const other = await server.makeKey('admin', 'production/globex')
    expect(await versionOf('acme', other)).toEqual([404, null])
    expect((await write('"0"')).status).toBe(409)
    expect((await write(deleted)).status).toBe(200)
  })

  test('take weights, and move as few people as possible when they change', async () => {
    await using server = await startShopServer()
    const path = 'flags/new-checkout/layers/production/acme'
    const weigh = (on: number) => ({ fallthrough: { weights: { on, off: 100_000 - on } } })
    const first = (await server.ask<Layer>('PATCH', path, { body: weigh(25_000) })).body

    const preview = await server.ask<{ movedBuckets: number }>(
      'POST',
      'flags/new-checkout/preview',
      {
        body: { scope: 'production/acme', layer: { on: true, ...weigh(30_000) } },
      },
    )
    const second = (await server.ask<Layer>('PATCH', path, { body: weigh(30_000) })).body

    expect(preview.body.movedBuckets).toBe(5_000)
    expect(saltOf(second)).toBe(saltOf(first))
    expect(second).toMatchObject({ on: true })
    const wrong = await server.ask('PATCH', path, {
      body: { fallthrough: { weights: { on: 1, off: 2 } } },
    })
    expect(wrong.body).toMatchObject({ status: 422, code: 'WEIGHTS_INVALID' })
  })

  test('take a rollout in percent, and keep its people when it grows', async () => {
    await using server = await startShopServer()
    const path = 'flags/new-checkout/layers/production%2Facme'
    const first = (await server.ask<Layer>('PATCH', path, { body: { rollout: { percent: 0.5 } } }))
      .body
    const second = (await server.ask<Layer>('PATCH', path, { body: { rollout: { percent: 25 } } }))
      .body

    expect(first.rollout).toMatchObject({
      share: 500,
      by: 'targetingKey',
      serve: { variant: 'on' },
    })
    expect(second.rollout).toMatchObject({ share: 25_000, salt: first.rollout!.salt })
    expect(
      (await server.ask<Layer>('PATCH', path, { body: { rollout: null } })).body.rollout,
    ).toBeNull()
  })

  test('take percentages of splits, and store buckets', async () => {
    await using server = await startShopServer()
    const path = 'flags/new-checkout/layers/production/acme'
    const percent = { on: 0.1 + 0.2, off: 99.7 }

    const { body } = await server.ask<Layer>('PATCH', path, {
      body: { fallthrough: { percent }, rules: [{ when: WHEN, serve: { percent } }] },
    })

    const ranges = [
      [0, 300, 'on'],
      [300, 100_000, 'off'],
    ]
    expect(body.fallthrough).toMatchObject({ split: { ranges } })
    expect(body.rules![0]!.serve).toMatchObject({
      split: { ranges: [...ranges].sort(), by: 'targetingKey' },
    })
  })

  test.for([
    ['0.0004', '0.0004 is finer than one bucket, 0.001 %. Use 0 or 0.001.'],
    ['99.9999', '99.9999 is finer than one bucket, 0.001 %. Use 99.999 or 100.'],
    ['33.33333', '33.33333 is finer than one bucket, 0.001 %. Use 33.333 or 33.334.'],
    ['1e-12', '1e-12 is finer than one bucket, 0.001 %. Use 0 or 0.001.'],
    ['99.99999999999', '99.99999999999 is finer than one bucket, 0.001 %. Use 99.999 or 100.'],
  ] as const)('refuse %s %%, wherever a percentage is written', async ([text, message]) => {
    await using server = await startShopServer()
    const path = 'flags/new-checkout/layers/production/acme'
    const percent = Number(text)
    const split = { percent: { on: percent, off: 100 - percent } }
    const layers = [
      { rollout: { percent } },
      { rollout: { percent: 5, serve: split } },
      { fallthrough: split },
      { rules: [{ when: WHEN, serve: split }] },
    ]

    for (const layer of layers)
      for (const [method, target, body] of [
        ['PUT', path, layer],
        ['PATCH', path, layer],
        ['POST', 'flags/new-checkout/preview', { scope: 'production', layer }],
        ['POST', 'flags', { key: 'other', layers: { production: layer } }],
      ] as const) {
        const answer = await server.ask(method, target, { body })
        expect(answer).toMatchObject({ status: 400, body: { code: 'REQUEST_INVALID' } })
        expect(JSON.stringify(answer.body)).toContain(message)
      }
  })

  test('refuse percentages that do not add up to 100', async () => {
    await using server = await startShopServer()

    const { status, body } = await server.ask(
      'PATCH',
      'flags/new-checkout/layers/production/acme',
      { body: { fallthrough: { percent: { on: 33.3, off: 66.6 } } } },
    )

    expect(status).toBe(400)
    expect(body.detail).toContain('The percentages add up to 99.9.')
  })

  test('are resolved with the scope that sets each member', async () => {
    await using server = await startShopServer()
    await server.ask('PUT', 'flags/new-checkout/layers/production', { body: { off: 'on' } })

    const { body } = await server.ask('GET', 'flags/new-checkout/resolved?scope=production/acme')

    expect(body).toEqual({
      configuration: { on: true, off: 'on', fallthrough: { variant: 'on' } },
      provenance: { on: 'production/acme', off: 'production', fallthrough: 'default' },
    })
  })

  test('can be deleted, except for the base', async () => {
    await using server = await startShopServer()

    expect(
      (await server.ask('DELETE', 'flags/new-checkout/layers/production/acme')).body,
    ).toBeNull()
    expect((await server.ask('GET', 'flags/new-checkout/layers/production/acme')).status).toBe(404)
    expect((await server.ask('DELETE', 'flags/new-checkout/layers/*')).status).toBe(422)
  })
})

describe('a preview', () => {
  const rollout = { percent: 50, salt: 's' }
  const given = async () => {
    const server = await startShopServer()
    const path = 'flags/new-checkout/layers/production/acme'
    const layer = { on: true, rollout }
    await server.ask('PUT', path, { body: layer })
    const preview = (parts: object, scope = 'production/acme') =>
      server.ask<{ movedBuckets: number }>('POST', 'flags/new-checkout/preview', {
        body: { scope, layer: { ...layer, ...parts } },
      })
    return { server, preview }
  }

  test.for([
    ['nothing new', {}, 0],
    ['a larger share', { rollout: { ...rollout, percent: 60 } }, 10_000],
    ['another salt', { rollout: { ...rollout, salt: 't' } }, 50_000],
    [
      'another variant',
      { rollout: { ...rollout, variant: 'off' }, fallthrough: { variant: 'on' } },
      100_000,
    ],
    ['no rollout', { rollout: null }, 50_000],
    ['no rollout, and nobody on', { rollout: null, fallthrough: { variant: 'off' } }, 50_000],
    ['a flag that is off', { on: false }, 50_000],
    ['a rule', { rules: [{ when: WHEN, serve: { variant: 'on' } }] }, 50_000],
  ] as const)('says how many users %s moves at most', async ([, parts, moved]) => {
    const { server, preview } = await given()
    await using _ = server
    expect((await preview(parts)).body.movedBuckets).toBe(moved)
  })

  test('shows the configuration afterwards, with the layer that sets each member', async () => {
    await using server = await startShopServer()
    const rules = [{ id: 'pro', when: WHEN, serve: { variant: 'on' } }]

    const { body } = await server.ask('POST', 'flags/new-checkout/preview', {
      body: { scope: 'production', layer: { on: true, rules } },
    })

    expect(body.resolved).toEqual({
      configuration: { on: true, off: 'off', rules, fallthrough: { variant: 'off' } },
      provenance: { on: 'production', off: '*', rules: 'production', fallthrough: 'default' },
    })
    expect((await server.ask('GET', 'flags/new-checkout/resolved?scope=production')).body).toEqual({
      configuration: { on: false, off: 'off', fallthrough: { variant: 'on' } },
      provenance: { on: '*', off: '*', fallthrough: 'default' },
    })
  })

  test('counts the users who lose a flag that was on for everybody', async () => {
    await using server = await startShopServer()
    await server.ask('PUT', 'flags/new-checkout/layers/production/acme', { body: { on: true } })
    const moved = async (layer: object) =>
      (
        await server.ask<{ movedBuckets: number }>('POST', 'flags/new-checkout/preview', {
          body: { scope: 'production/acme', layer },
        })
      ).body.movedBuckets

    expect(await moved({ on: true, rollout: { percent: 25 } })).toBe(75_000)
    // A preview replaces the layer: without its own `on`, the flag is off again.
    expect(await moved({ rollout: { percent: 25 } })).toBe(100_000)
  })

  test('counts nobody in a retired instance, where the flag stays off', async () => {
    const { server, preview } = await given()
    await using _ = server
    const change = { rollout: { ...rollout, percent: 60 } }
    expect((await preview(change)).body.movedBuckets).toBe(10_000)

    await server.ask('PATCH', 'instances/acme', { body: { status: 'retired' } })

    expect((await preview(change)).body.movedBuckets).toBe(0)
  })

  test('is refused for a version that is no longer current, as the write is', async () => {
    const { server } = await given()
    await using _ = server
    const path = 'flags/new-checkout/layers/production/acme'
    const { headers } = await server.ask('GET', path)
    const ifMatch = { 'if-match': headers.get('etag')! }
    const preview = () =>
      server.ask('POST', 'flags/new-checkout/preview', {
        body: { scope: 'production/acme', layer: { on: true } },
        headers: ifMatch,
      })
    expect((await preview()).status).toBe(200)
    await server.ask('PATCH', path, { body: { on: false } })

    expect(await preview()).toMatchObject({ status: 409, body: { code: 'VERSION_CONFLICT' } })
  })

  test('of a more general scope is refused to the key of a scope, as the write is', async () => {
    const { server } = await given()
    await using _ = server
    const key = await server.makeKey('admin', 'production/acme')
    const preview = (scope: string) =>
      server.ask('POST', 'flags/new-checkout/preview', {
        key,
        body: { scope, layer: { on: true } },
      })

    expect((await preview('production/acme')).status).toBe(200)
    expect(await preview('production')).toMatchObject({
      status: 403,
      body: { code: 'SCOPE_FORBIDDEN' },
    })
  })

  test('refuses what could not be stored, and changes nothing', async () => {
    const { server, preview } = await given()
    await using _ = server
    const { body: before } = await server.ask('GET', 'flags/new-checkout')

    expect((await preview({ off: 'nope' })).status).toBe(422)
    expect((await preview({}, 'production/nobody')).status).toBe(422)
    expect((await server.ask('GET', 'flags/new-checkout')).body).toEqual(before)
  })
})

function saltOf({ fallthrough }: Layer): string | undefined {
  return fallthrough && 'split' in fallthrough ? fallthrough.split.salt : undefined
}
