import { beforeEach, describe, expect, onTestFinished, test } from 'vitest'
import { type Ask, startTestServer, type TestServer } from './http-server.ts'

interface Preview {
  readonly version: number
  readonly flags: readonly {
    readonly flag: string
    readonly cells: readonly {
      readonly scope: string
      readonly from: string
      readonly to: string
    }[]
    readonly risk: {
      readonly scopes: readonly { readonly scope: string; readonly movedBuckets: number }[]
      readonly dependants: readonly string[]
    }
  }[]
}

let server: TestServer
let ask: TestServer['ask']

beforeEach(async () => {
  server = await startTestServer()
  onTestFinished(() => server[Symbol.asyncDispose]())
  ask = server.ask
  for (const key of ['acme', 'globex']) await ask('POST', 'instances', { body: { key } })
  for (const key of ['checkout', 'theme']) await ask('POST', 'flags', { body: { key } })
})

const send = <T = Record<string, unknown>>(
  edits: readonly object[],
  query = '',
  options: Pick<Ask, 'key' | 'headers'> = {},
) => ask<T>('POST', `edits${query}`, { body: { edits }, ...options })
const preview = (edits: readonly object[]) => send<Preview>(edits, '?dryRun=true')
const layerOf = async (flag: string, scope: string) =>
  (await ask('GET', `flags/${flag}/layers/${scope}`)).body
const versionOf = async () =>
  (await ask<{ version: number }>('GET', '/api/v1/projects/default')).body

describe('several edits', () => {
  test('are one change, which one revert undoes', async () => {
    const { status, body } = await send<{ version: number; change: object }>(
      [
        { flag: 'checkout', scope: 'production/acme', layer: { on: true } },
        { flag: 'checkout', scope: 'production/globex', layer: { on: true } },
        { flag: 'theme', scope: 'production', layer: { on: true } },
      ],
      '?reason=Friday',
    )

    expect(status).toBe(201)
    expect(body.change).toMatchObject({
      seq: body.version,
      action: 'project.edit',
      reason: 'Friday',
      edits: [
        { kind: 'layer', key: 'checkout@production/acme', after: { on: true } },
        { kind: 'layer', key: 'checkout@production/globex', after: { on: true } },
        { kind: 'layer', key: 'theme@production', after: { on: true } },
      ],
    })
    await ask('POST', `changes/${body.version}/revert`)
    const { body: matrix } = await ask('GET', 'matrix')
    expect(matrix).toMatchObject({ flags: [{ own: {} }, { own: {} }] })
  })

  test('are stored together or not at all', async () => {
    const before = await versionOf()
    const { status, body } = await send([
      { flag: 'checkout', scope: 'production', layer: { on: true } },
      { flag: 'chekout', scope: 'production', layer: { on: true } },
    ])

    expect({ status, body }).toMatchObject({
      status: 404,
      body: { code: 'ENTITY_NOT_FOUND', hint: expect.stringContaining('"checkout"') },
    })
    expect(await versionOf()).toEqual(before)
  })

  test('of one layer build on each other', async () => {
    await send([
      { flag: 'checkout', scope: 'production', layer: { on: true } },
      { flag: 'checkout', scope: 'production', layer: { rollout: { percent: 25 } } },
      { flag: 'theme', scope: 'production', layer: { on: true } },
      { flag: 'theme', scope: 'production', layer: null },
    ])

    const layer = await layerOf('checkout', 'production')
    expect(layer).toMatchObject({ on: true, rollout: { share: 25_000 } })
    expect(await ask('GET', 'flags/theme/layers/production')).toMatchObject({ status: 404 })
  })

  test('revert changes that build on each other, the newest first', async () => {
    const versions: number[] = []
    for (const percent of [25, 50]) {
      const layer = { on: true, rollout: { percent } }
      const { headers } = await ask('PUT', 'flags/checkout/layers/production', { body: layer })
      versions.push(Number(headers.get('flaghoist-version')))
    }
    const [first, second] = versions.map((revert) => ({ revert }))

    expect(await send([first!, second!])).toMatchObject({
      status: 409,
      body: { code: 'REVERT_CONFLICT' },
    })
    expect(await send([second!, first!])).toMatchObject({ status: 201 })
    expect(await ask('GET', 'flags/checkout/layers/production')).toMatchObject({ status: 404 })
  })

  test('change a layer after the revert of a kill by tag, without the kill', async () => {
    await ask('PUT', 'flags/checkout/layers/production/acme', { body: { on: true } })
    const kill = { flagTags: {}, instanceTags: {}, environments: ['production'], reason: 'Test' }
    const { headers } = await ask('POST', 'kill', { body: kill })
    const revert = Number(headers.get('flaghoist-version'))
    await send([{ revert }, { flag: 'checkout', scope: 'production/acme', layer: { on: false } }])

    expect(await layerOf('checkout', 'production/acme')).toEqual({ on: false })
  })

  test('stay within the scope of the key', async () => {
    const key = await server.makeKey('admin', 'production/acme')
    const [own, other] = ['acme', 'globex'].map((instance) => ({
      flag: 'checkout',
      scope: `production/${instance}`,
      layer: { on: true },
    }))
    const { headers } = await send([other!])

    const REFUSED = { status: 403, body: { code: 'SCOPE_FORBIDDEN' } }
    expect(await send([own!, other!], '', { key })).toMatchObject(REFUSED)
    expect(await send([own!, other!], '?dryRun=true', { key })).toMatchObject(REFUSED)
    const revert = Number(headers.get('flaghoist-version'))
    expect(await send([{ revert }], '', { key })).toMatchObject({ status: 404 })
    expect(await send([own!], '', { key })).toMatchObject({ status: 201 })
  })
})

describe('the preview of edits', () => {
  test('shows the cells, the users and the dependants of each flag, and stores nothing', async () => {
    await ask('POST', 'flags', {
      body: { key: 'pay', prerequisites: [{ flag: 'checkout', variants: ['on'] }] },
    })
    await send([{ flag: 'theme', scope: 'production/globex', layer: { on: true } }])
    const before = await versionOf()
    const { status, body } = await preview([
      { flag: 'checkout', scope: 'production', layer: { on: true, rollout: { percent: 25 } } },
      { flag: 'theme', scope: 'production/globex', layer: null },
    ])

    expect(status).toBe(200)
    expect(body.flags).toMatchObject([
      {
        flag: 'checkout',
        cells: [
          { scope: 'production', from: '-', to: '2' },
          { scope: 'production/acme', from: '-', to: '2' },
          { scope: 'production/globex', from: '-', to: '2' },
        ],
        risk: { dependants: ['pay'] },
      },
      {
        flag: 'theme',
        cells: [{ scope: 'production/globex', from: '+', to: '-' }],
        risk: { scopes: [{ scope: 'production/globex', movedBuckets: 100_000 }] },
      },
    ])
    const moved = body.flags[0]!.risk.scopes.map(({ scope, movedBuckets }) => [scope, movedBuckets])
    expect(Object.fromEntries(moved)).toEqual({
      production: 25_000,
      'production/acme': 25_000,
      'production/globex': 25_000,
    })
    expect(await versionOf()).toEqual(before)
  })

  test('names a flag that a reverted segment affects', async () => {
    const segment = { key: 'staff', include: ['ada'] }
    await ask('POST', 'segments', { body: segment })
    const rule = {
      id: 'staff',
      when: [[{ attribute: 'targetingKey', op: 'segment', values: ['staff'] }]],
      serve: { variant: 'on' },
    }
    const layer = { on: true, rules: [rule], fallthrough: { variant: 'off' } }
    await ask('PUT', 'flags/theme/layers/production', { body: layer })
    const { headers } = await ask('PATCH', 'segments/staff', { body: { include: ['ada', 'bob'] } })
    const { body } = await preview([{ revert: Number(headers.get('flaghoist-version')) }])

    expect(body.flags.map(({ flag }) => flag)).toEqual(['theme'])
  })

  test('has the ETag with which the edits are stored only if nothing has changed', async () => {
    const edits = [{ flag: 'checkout', scope: 'production', layer: { on: true } }]
    const { headers } = await preview(edits)
    const ifMatch = { headers: { 'if-match': headers.get('etag')! } }
    await ask('PUT', 'flags/checkout/layers/production', { body: { on: false } })

    expect(await send(edits, '', ifMatch)).toMatchObject({
      status: 409,
      body: { code: 'VERSION_CONFLICT' },
    })
  })

  test('is refused where the edits are, such as by a freeze', async () => {
    const window = { once: { from: '2020-01-01T00:00', to: '2099-12-31T00:00' } }
    await ask('POST', 'freezes', { body: { key: 'peak', zone: 'UTC', window } })
    const edits = [{ flag: 'checkout', scope: 'production', layer: { on: true } }]
    const FROZEN = { status: 409, body: { code: 'SCOPE_FROZEN' } }

    expect(await send(edits)).toMatchObject(FROZEN)
    expect(await preview(edits)).toMatchObject(FROZEN)
    const overridden = await send<Preview>(edits, '?dryRun=true&override=freeze&reason=Fix')
    expect(overridden).toMatchObject({
      status: 200,
      body: {
        flags: [{ risk: { scopes: [{ closed: expect.stringContaining('peak') }, {}, {}] } }],
      },
    })
  })
})
