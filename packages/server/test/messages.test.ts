import { describe, expect, test } from 'vitest'
import { type Ask, startShopServer } from './http-server.ts'

const layer = 'flags/new-checkout/layers/production'
const FORMS =
  '{"variant": "on"}, {"split": …}, {"percent": {"on":25,"off":75}} or {"weights": {"on":25000,"off":75000}}.'
const served = (serve: unknown) => ({ body: { fallthrough: serve } })
const clause = (parts: object) => ({
  body: {
    rules: [
      { when: [[{ attribute: 'x', op: 'in', values: ['y'], ...parts }]], serve: { variant: 'on' } },
    ],
  },
})
const flag = (parts: object) => ({ body: { key: 'search', ...parts } })

/** A request, and the path and the message of its first issue. */
type Row = readonly [
  method: string,
  path: string,
  options: Ask,
  issuePath: string,
  message: string | RegExp,
]

const ROWS: readonly Row[] = [
  // Members that are missing, unknown, or of another type
  ['POST', 'flags', {}, '', 'The body is missing.'],
  ['POST', 'flags', { body: 'null' }, '', 'The body is missing.'],
  ['POST', 'flags', { body: [] }, '', 'Expected an object, but received [].'],
  ['POST', 'flags', { body: {} }, 'key', 'The member "key" is missing.'],
  ['POST', 'flags', flag({ key: 5 }), 'key', 'Expected text, but received 5.'],
  ['POST', 'flags', flag({ tags: [] }), 'tags', 'Expected an object, but received [].'],
  [
    'POST',
    'flags',
    flag({ permanent: 'no' }),
    'permanent',
    'Expected true or false, but received "no".',
  ],
  ['POST', 'flags', flag({ variants: 'on' }), 'variants', 'Expected a list, but received "on".'],
  [
    'POST',
    'flags',
    flag({ desciption: '' }),
    'desciption',
    'Member "desciption" is unknown. Did you mean "description"?',
  ],
  [
    'POST',
    'flags',
    flag({ variants: [{ key: 'a', vlaue: 1, value: 1 }] }),
    'variants.0.vlaue',
    'Member "vlaue" is unknown. Did you mean "value"?',
  ],
  ['PATCH', layer, { body: { onn: true } }, 'onn', 'Member "onn" is unknown. Did you mean "on"?'],
  [
    'PATCH',
    'flags/new-checkout',
    { body: { onwer: 'a' } },
    'onwer',
    'Member "onwer" is unknown. Did you mean "owner"?',
  ],
  [
    'PATCH',
    'instances/acme',
    { body: { tag: {} } },
    'tag',
    'Member "tag" is unknown. Did you mean "tags"?',
  ],
  [
    'PUT',
    layer,
    { body: { rollout: { percnt: 10 } } },
    'rollout.percnt',
    'Member "percnt" is unknown. Did you mean "percent"?',
  ],
  ['GET', 'flags?limt=5', {}, 'query.limt', 'Member "limt" is unknown. Did you mean "limit"?'],
  ['GET', 'changes?form=x', {}, 'query.form', 'Member "form" is unknown. Did you mean "from"?'],
  ['GET', 'changes?action=flag.kil', {}, 'query.action', /Did you mean "flag.kill"\?$/],
  [
    'DELETE',
    `${layer}?raeson=x`,
    {},
    'query.raeson',
    'Member "raeson" is unknown. Did you mean "reason"?',
  ],
  // Bounds
  ['POST', 'flags', flag({ variants: [] }), 'variants', 'The list has 0 items; the minimum is 1.'],
  [
    'POST',
    'flags',
    flag({ owner: 'x'.repeat(201) }),
    'owner',
    'The text has 201 characters; the maximum is 200.',
  ],
  [
    'PUT',
    layer,
    { body: { rollout: { percent: 101 } } },
    'rollout.percent',
    '101 is above the maximum of 100.',
  ],
  [
    'POST',
    'environments',
    { body: { key: 'x', order: -1 } },
    'order',
    '-1 is below the minimum of 0.',
  ],
  [
    'POST',
    'environments',
    { body: { key: 'x', order: 1.5 } },
    'order',
    'Expected a whole number, but received 1.5.',
  ],
  ['GET', 'flags?limit=abc', {}, 'query.limit', 'Expected a number, but received "abc".'],
  ['GET', 'flags?limit=0', {}, 'query.limit', '0 is below the minimum of 1.'],
  ['GET', 'changes/NaN', {}, 'path.seq', 'Expected a number, but received "NaN".'],
  // Choices and formats
  [
    'POST',
    'flags',
    flag({ kind: 'relase' }),
    'kind',
    '"relase" is not one of release, experiment, ops, permission, config. Did you mean "release"?',
  ],
  [
    'GET',
    'flags?kind=x',
    {},
    'query.kind',
    '"x" is not one of release, experiment, ops, permission, config.',
  ],
  [
    'PUT',
    layer,
    clause({ op: 'startWith' }),
    'rules.0.when.0.0.op',
    /^"startWith" is not one of in, .* Did you mean "startsWith"\?$/,
  ],
  ['POST', 'import', { body: { flaghoist: 2 } }, 'flaghoist', 'Expected 1, but received 2.'],
  [
    'POST',
    'flags',
    flag({ key: 'New Checkout' }),
    'key',
    /^"New Checkout" is not valid\. The key of a flag has 1 to 100 characters/,
  ],
  [
    'GET',
    'exposures?from=today',
    {},
    'query.from',
    '"today" is not an instant in UTC, such as "2026-11-20T08:00:00Z".',
  ],
  [
    'GET',
    'flags?tag=team',
    {},
    'query.tag',
    'A tag is written as name:value, such as team:checkout.',
  ],
  [
    'GET',
    'changes?entity=staff',
    {},
    'query.entity',
    /An entity is written as kind:key, such as segment:staff\.$/,
  ],
  [
    'POST',
    'flags',
    flag({ tags: { '': 'x' } }),
    'tags.',
    'The member name "" is not valid. The text has 0 characters; the minimum is 1.',
  ],
  // Unions
  ['PUT', layer, served('on'), 'fallthrough', `"on" is not valid here. Use ${FORMS}`],
  [
    'PUT',
    layer,
    served({ varient: 'on' }),
    'fallthrough',
    `{"varient":"on"} is not valid here. Use ${FORMS} Did you mean "variant"?`,
  ],
  ['PUT', layer, served({ variant: 5 }), 'fallthrough.variant', 'Expected text, but received 5.'],
  [
    'PUT',
    layer,
    served({ weights: { on: -1 } }),
    'fallthrough.weights.on',
    '-1 is below the minimum of 0.',
  ],
  [
    'PUT',
    layer,
    clause({ values: [null] }),
    'rules.0.when.0.0.values.0',
    'Null is not valid here. Use text, a number or true or false.',
  ],
  // Names that do not exist
  [
    'PUT',
    layer,
    served({ variant: 'onn' }),
    'fallthrough.variant',
    'Variant "onn" does not exist. Use one of: on, off.',
  ],
  [
    'PUT',
    'flags/new-checkout/layers/prodction',
    { body: { on: true } },
    'scope',
    'Environment "prodction" does not exist. Did you mean "production"?',
  ],
  [
    'PUT',
    'flags/new-checkout/layers/qa',
    { body: { on: true } },
    'scope',
    'Environment "qa" does not exist. Create it first.',
  ],
  [
    'PUT',
    layer,
    clause({ op: 'segment', values: ['stafff'] }),
    'rules.0.when.0.0',
    'Segment "stafff" does not exist. Did you mean "staff"?',
  ],
  [
    'POST',
    'flags',
    flag({ prerequisites: [{ flag: 'new-chekout', variants: ['on'] }] }),
    'prerequisites.0',
    'Flag "search" has the prerequisite "new-chekout", which does not exist. Did you mean "new-checkout"?',
  ],
  [
    'POST',
    'flags',
    flag({ layers: { prodction: { on: true } } }),
    'layers.prodction.scope',
    'Environment "prodction" does not exist. Did you mean "production"?',
  ],
]

describe('an invalid request', () => {
  test('names the member, the value and the accepted values', async () => {
    await using server = await startShopServer()
    await server.ask('POST', 'segments', { body: { key: 'staff' } })
    for (const [method, path, options, issuePath, message] of ROWS) {
      const { status, body } = await server.ask<{ issues: unknown[]; hint: string }>(
        method,
        path,
        options,
      )
      const text = typeof message === 'string' ? message : expect.stringMatching(message)
      expect([method, path, options.body, status]).toEqual([
        method,
        path,
        options.body,
        expect.toSatisfy((s) => s === 400 || s === 422),
      ])
      expect(body.issues[0]).toEqual({ path: issuePath, message: text })
      expect(body.hint.includes('"issues" names')).toBe(issuePath !== '' || status === 422)
    }
  })

  test.for<[string, string, Ask, number, string, string]>([
    [
      'POST',
      'flags',
      { body: '{"key": "a",\n}' },
      400,
      'found "}" at line 2, column 1, where a member name',
      'Correct the JSON.',
    ],
    ['POST', 'flags', { body: '{"__proto__": {}}' }, 400, '"__proto__"', 'Rename the member.'],
    [
      'POST',
      'flags',
      { body: '{}', headers: { 'content-type': 'text/plain' } },
      415,
      'must be application/json, but is "text/plain"',
      'Send Content-Type: application/json',
    ],
    [
      'POST',
      'flags',
      { body: '{}', headers: { 'content-type': 'json' } },
      415,
      'but is "json"',
      'Send Content-Type: application/json',
    ],
    [
      'POST',
      'flags',
      { body: `"${'x'.repeat(17_000_000)}"` },
      413,
      'the limit of 16 MiB',
      'Send less data',
    ],
    [
      'PATCH',
      layer,
      { body: {}, headers: { 'if-match': 'x' } },
      400,
      'If-Match must be an ETag such as "12", but is "x".',
      'Correct the request',
    ],
    ['PUT', 'flags', { body: '{' }, 405, 'flags does not support PUT.', 'Use GET, HEAD, POST.'],
    [
      'GET',
      'flags/new-chekout',
      {},
      404,
      'There is no flag "new-chekout".',
      'Did you mean "new-checkout"?',
    ],
    ['GET', 'instances/acm', {}, 404, 'There is no instance "acm".', 'Did you mean "acme"?'],
    ['GET', 'instances/zzz', {}, 404, 'There is no instance "zzz".', 'create it first'],
    [
      'GET',
      'outcomes?scope=prodction',
      {},
      404,
      'There is no scope "prodction"',
      'Did you mean "production"?',
    ],
    [
      'GET',
      'exposures?flag=new-chekout',
      {},
      404,
      'There is no flag "new-chekout".',
      'Did you mean "new-checkout"?',
    ],
    [
      'GET',
      'changes?scope=production/acmee',
      {},
      404,
      'There is no scope "production/acmee"',
      'Did you mean "production/acme"?',
    ],
    [
      'GET',
      'changes?entity=instance:acm',
      {},
      404,
      'There is no instance "acm".',
      'Did you mean "acme"?',
    ],
    [
      'GET',
      'flags/new-checkout/resolved?scope=prodction',
      {},
      404,
      'There is no scope "prodction"',
      'Did you mean "production"?',
    ],
    [
      'POST',
      'environments',
      { body: { key: 'production' } },
      409,
      'The environment "production" already exists.',
      'Choose another key',
    ],
  ])('%s %s with %j says what to do', async ([method, path, options, status, detail, hint]) => {
    await using server = await startShopServer()

    const { body, headers } = await server.ask(method, path, options)

    expect(body).toMatchObject({
      status,
      detail: expect.stringContaining(detail),
      hint: expect.stringContaining(hint),
    })
    expect(headers.get('allow')).toBe(status === 405 ? 'GET, HEAD, POST' : null)
  })

  test('names entities by their place in the API where it concerns several', async () => {
    await using server = await startShopServer()
    const { body: file } = await server.ask<{
      flags: { layers: object }[]
      freezes: object[]
    }>('GET', 'export')
    file.flags[0]!.layers = { ...file.flags[0]!.layers, production: { off: 'gone' } }
    const window = { yearly: { from: '12-24', to: '12-26' } }
    file.freezes = [{ key: 'sale', name: 'Sale', environments: ['gone'], window, zone: 'UTC' }]

    const { body } = await server.ask<{ issues: { path: string }[] }>('POST', 'import', {
      body: file,
    })

    expect(body.issues.map(({ path }) => path)).toEqual([
      'flags.new-checkout.layers.production.off',
      'freezes.sale.environments',
    ])
  })

  test('of a key that is bound to a scope says nothing of other scopes', async () => {
    await using server = await startShopServer()
    const key = await server.makeKey('admin', 'production/acme')

    for (const scope of ['production/globex', 'production/glbex']) {
      const { body } = await server.ask('GET', `outcomes?scope=${scope}`, { key })
      expect(body).toMatchObject({ status: 403, code: 'SCOPE_OUTSIDE_KEY' })
    }
  })
})
