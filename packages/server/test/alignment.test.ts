import { beforeEach, describe, expect, onTestFinished, test } from 'vitest'
import { type Ask, startTestServer, type TestServer } from './http-server.ts'
import { openStreamClient } from './stream-client.ts'

interface Change {
  readonly version: number
  readonly change?: { readonly edits: readonly { readonly key: string }[] }
}

let server: TestServer
let ask: TestServer['ask']

beforeEach(async () => {
  server = await startTestServer()
  onTestFinished(() => server[Symbol.asyncDispose]())
  ask = server.ask
  for (const key of ['acme', 'globex', 'initech']) await ask('POST', 'instances', { body: { key } })
  await ask('POST', 'environments', { body: { key: 'staging' } })
  for (const key of ['checkout', 'theme']) await ask('POST', 'flags', { body: { key } })
})

const alignment = { flag: 'checkout', scope: 'production/acme', align: 'production/initech' }

const send = <T = Change>(
  edits: readonly object[],
  query = '',
  options: Pick<Ask, 'key' | 'headers'> = {},
) => ask<T>('POST', `edits${query}`, { body: { edits }, ...options })
const pathOf = (scope: string, flag = 'checkout') => `flags/${flag}/layers/${scope}`
const layer = async (scope: string, body: object, flag?: string) => {
  const { status } = await ask('PUT', pathOf(scope, flag), { body })
  expect(status).toBe(200)
}
const layerOf = async (scope: string, flag?: string) => {
  const { status, body } = await ask('GET', pathOf(scope, flag))
  return status === 404 ? undefined : body
}
const driftOf = async () => {
  const path = 'drift?scopes=production/*,production,staging'
  return (await ask<{ flags: object[] }>('GET', path)).body.flags
}

describe('an alignment', () => {
  test('makes scopes serve several flags as their references do, in one change', async () => {
    const rule = { when: [[{ attribute: 'plan', op: 'in', values: ['pro'] }]] }
    const rules = [{ id: 'pro', ...rule, serve: { variant: 'on' } }]
    await layer('production', { on: true, fallthrough: { variant: 'off' } })
    await layer('production/initech', { rules, rollout: { percent: 25 } })
    await layer('production/acme', { on: false })
    await layer('staging', { on: true }, 'theme')
    const before = [await layerOf('production/acme'), await layerOf('production', 'theme')]

    const { status, body } = await send([
      alignment,
      { ...alignment, scope: 'production/globex' },
      { flag: 'theme', scope: 'production', align: 'staging' },
    ])

    expect(status).toBe(201)
    expect(body.change?.edits.map(({ key }) => key)).toEqual([
      'checkout@production/acme',
      'checkout@production/globex',
      'theme@production',
    ])
    const onlyChanged = { rules, rollout: { share: 25_000 } }
    for (const scope of ['production/acme', 'production/globex']) {
      expect(await layerOf(scope)).toMatchObject(onlyChanged)
      expect(await layerOf(scope)).not.toHaveProperty('fallthrough')
    }
    expect(await driftOf()).toMatchObject([
      { key: 'checkout', differs: [{ position: 3 }, { position: 4 }] },
    ])

    expect((await ask('POST', `changes/${body.version}/revert`)).status).toBe(200)
    expect([await layerOf('production/acme'), await layerOf('production', 'theme')]).toEqual(before)
  })

  test('changes nothing where both serve alike, whatever their layers are', async () => {
    await layer('production/initech', { on: false, rollout: { percent: 50 } })
    const { status, body } = await send([alignment])

    expect(status).toBe(201)
    expect(body.change).toBeUndefined()
  })

  test('deletes a layer without which both serve alike', async () => {
    await layer('production', { on: true })
    await layer('production/acme', { on: false, note: { reason: 'Test' } })
    await send([alignment])

    expect(await layerOf('production/acme')).toBeUndefined()
  })

  test('keeps the units of a share that grows', async () => {
    await layer('production/acme', { on: true, rollout: { percent: 10 } })
    await layer('production/initech', { on: true, rollout: { percent: 50 } })
    const before = await layerOf('production/acme')
    const { salt } = before!.rollout as { salt: string }
    const preview = await send<{ flags: object[] }>([alignment], '?dryRun=true')

    expect(preview.body.flags).toMatchObject([
      {
        flag: 'checkout',
        cells: [{ scope: 'production/acme', from: '1', to: '5' }],
        risk: { scopes: [{ scope: 'production/acme', movedBuckets: 40_000 }] },
      },
    ])
    await send([alignment])
    expect(await layerOf('production/acme')).toMatchObject({ rollout: { salt, share: 50_000 } })
  })

  test('follows the edits before it', async () => {
    await layer('production/acme', { on: true })
    const reference = { flag: 'checkout', scope: 'production', layer: { on: true } }
    const { body } = await send([reference, alignment])
    expect(body.change?.edits.map(({ key }) => key)).toEqual(['checkout@production'])
  })
})

describe('an alignment is refused', () => {
  const refusal = async (edit: object = alignment) => {
    const { status, body } = await send<{ code: string; detail: string; hint: string }>([edit])
    const preview = await send([edit], '?dryRun=true')
    expect([status, body.code]).toEqual([409, 'CANNOT_ALIGN'])
    expect(preview).toMatchObject({ status, body: { code: body.code, detail: body.detail } })
    return body
  }

  test.for([
    ['production/acme', 'production/acme'],
    ['production/initech', 'production/initech'],
    ['production', 'all of production'],
    ['*', 'all environments'],
  ])('while the flag is killed: %s', async ([scope, place]) => {
    await layer('production/acme', { on: true, off: 'on' })
    await ask('POST', 'flags/checkout/kill', { body: { scopes: [scope], reason: 'Test' } })

    const { detail, hint } = await refusal()
    expect(detail).toContain(`it is killed in ${place}.`)
    const [, body] = / with (.*)\.$/.exec(hint)!
    expect((await ask('POST', 'flags/checkout/restore', { body: JSON.parse(body!) })).status).toBe(
      200,
    )
    expect((await send([alignment])).status).toBe(201)
  })

  test.for(['acme', 'initech'])('where an instance is retired: %s', async (instance) => {
    await layer('production', { on: true })
    await ask('PATCH', `instances/${instance}`, { body: { status: 'retired' } })

    expect((await refusal()).detail).toContain(`"${instance}" is retired`)
  })

  test('where a rule decides by the instance', async () => {
    const when = [[{ attribute: 'instance', op: 'in', values: ['initech'] }]]
    const rules = [{ id: 'pilot', when, serve: { variant: 'on' } }]
    await layer('production', { on: true, rules, fallthrough: { variant: 'off' } })

    expect((await refusal()).detail).toContain('its rules read the instance')
  })

  test("where the reference serves the caller's fallback", async () => {
    await ask('POST', 'flags', {
      body: { key: 'colour', type: 'string', variants: [{ key: 'red', value: 'red' }] },
    })
    await layer('production', { on: true, off: 'red', fallthrough: { variant: 'red' } }, 'colour')

    const edit = { flag: 'colour', scope: 'production/acme', align: 'staging' }
    const { detail, hint } = await refusal(edit)
    expect(detail).toContain('no layer sets "off" in staging')
    expect(hint).toBe('Set "off" in staging first.')
  })

  test('while a rollout owns what would change', async () => {
    await layer('production/initech', { on: true })
    const key = await server.makeKey('server', 'production/acme')
    const sdk = await openStreamClient(server.url, key, { sdkId: 'acme' })
    onTestFinished(() => sdk.close())
    const step = { audience: { share: 10 }, minMinutes: 0, minUnits: 0, gate: 'manual' }
    const plan = {
      waves: [{ name: 'All', instances: { rest: true }, steps: [step] }],
      holdback: null,
    }
    const body = { key: 'r1', flag: 'checkout', environment: 'production', plan }
    expect((await ask('POST', 'rollouts', { body })).status).toBe(201)
    await sdk.until('10 %', () => sdk.ruleset?.flags.checkout?.rollout?.share === 10_000)
    const before = await layerOf('production/acme')

    expect(await send([alignment])).toMatchObject({
      status: 409,
      body: { code: 'ROLLOUT_RUNNING', detail: expect.stringContaining('"r1"') },
    })
    expect(await layerOf('production/acme')).toEqual(before)
    await ask('POST', 'rollouts/r1/abort?reason=Test', { body: { leave: false } })
    expect((await send([alignment])).status).toBe(201)
  })

  test('with a scope that does not exist, or with an unknown form', async () => {
    expect(await send([{ ...alignment, align: 'production/inittech' }])).toMatchObject({
      status: 404,
      body: { code: 'SCOPE_NOT_FOUND', hint: 'Did you mean "production/initech"?' },
    })
    expect(await send([{ ...alignment, layer: { on: true } }])).toMatchObject({ status: 400 })
  })
})

describe('the reference of an alignment', () => {
  const lookUp = async (bound: string, align: string) => {
    await layer('production/acme', { on: true })
    const key = await server.makeKey('admin', bound)
    const [preview, write] = [
      await send<{ code?: string }>([{ ...alignment, align }], '?dryRun=true', { key }),
      await send<{ code?: string }>([{ ...alignment, align }], '', { key }),
    ]
    return { statuses: [preview.status, write.status], codes: [preview.body.code, write.body.code] }
  }

  test.for([
    ['production/acme', 'production/initech'],
    ['production/acme', 'staging/acme'],
    ['production', 'staging'],
    ['production', 'staging/acme'],
  ] as const)('is hidden from a key of %s: %s', async ([bound, align]) => {
    expect(await lookUp(bound, align)).toEqual({
      statuses: [403, 403],
      codes: ['SCOPE_OUTSIDE_KEY', 'SCOPE_OUTSIDE_KEY'],
    })
  })

  test.for([
    ['production/acme', 'production'],
    ['production/acme', '*'],
    ['production', 'production/initech'],
  ] as const)('is visible to a key of %s: %s', async ([bound, align]) => {
    expect(await lookUp(bound, align)).toMatchObject({ statuses: [200, 201] })
  })

  test.for([
    ['its layer', () => layer('production/initech', { on: false })],
    ['a layer that it inherits', () => layer('production', { off: 'off' })],
    ['its instance', () => ask('PATCH', 'instances/initech', { body: { tags: { region: 'eu' } } })],
    [
      'a kill by tag',
      () => ask('POST', 'kill', { body: { flagTags: {}, environments: ['staging'] } }),
    ],
  ] as const)('counts for If-Match: %s', async ([, change]) => {
    await layer('production/initech', { on: true })
    const { headers } = await send([alignment], '?dryRun=true')
    const ifMatch = { headers: { 'if-match': headers.get('etag')! } }
    await change()

    expect(await send([alignment], '', ifMatch)).toMatchObject({
      status: 409,
      body: { code: 'VERSION_CONFLICT' },
    })
  })

  test('has the version that a protected environment demands', async () => {
    await layer('production/initech', { on: true })
    await ask('PATCH', 'environments/production', { body: { protected: true } })
    const refused = await send([alignment], '?dryRun=true&reason=Test')
    const ifMatch = { headers: { 'if-match': refused.headers.get('etag')! } }

    expect(refused).toMatchObject({ status: 428, body: { code: 'ENVIRONMENT_PROTECTED' } })
    expect((await send([alignment])).headers.get('etag')).toBeNull()
    expect((await send([alignment], '?dryRun=true&reason=Test', ifMatch)).status).toBe(200)
    expect((await send([alignment], '?reason=Test', ifMatch)).status).toBe(201)
  })
})
