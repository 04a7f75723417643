import type { Change, Flag } from '@flaghoist/core/schema'
import { describe, expect, test } from 'vitest'
import { type Answer, startShopServer, startTestServer } from './http-server.ts'

interface Page<T> {
  readonly items: T[]
  readonly next?: string
}

/** The headers of an answer, without those that differ from request to request. */
function headersOf({ headers }: Answer): Readonly<Record<string, string>> {
  const { date: _, 'x-request-id': __, ...others } = Object.fromEntries(headers)
  return others
}

describe('flags', () => {
  test('are made of a key alone: boolean, on and off, and off everywhere', async () => {
    await using server = await startTestServer()

    const { status, headers, body } = await server.ask<Flag>('POST', 'flags', {
      body: { key: 'beta' },
    })

    expect(status).toBe(201)
    expect(headers.get('location')).toBe('/api/v1/projects/default/flags/beta')
    expect(body).toMatchObject({
      type: 'boolean',
      variants: [
        { key: 'on', value: true },
        { key: 'off', value: false },
      ],
    })
    expect(body.layers).toEqual({ '*': { on: false, off: 'off' } })
    expect((await server.ask('GET', 'flags/beta')).body).toEqual(body)
  })

  test.for([
    ['a misspelt member', { key: 'a', desciption: 'x' }, 400, 'Did you mean "description"?'],
    ['an invalid key', { key: 'New Checkout' }, 400, 'starts with a letter or digit'],
    ['no key', {}, 400, 'key'],
    ['a type without variants', { key: 'a', type: 'string' }, 400, 'needs "variants"'],
    [
      'a value of another type',
      { key: 'a', type: 'number', variants: [{ key: 'x', value: 'y' }] },
      422,
      'Set a number value.',
    ],
    [
      'a layer of an unknown scope',
      { key: 'a', layers: { staging: { on: true } } },
      422,
      'Environment "staging" does not exist.',
    ],
    [
      'a variant that is not there',
      { key: 'a', layers: { '*': { off: 'nope' } } },
      422,
      'Variant "nope" does not exist.',
    ],
    [
      'a prerequisite that is not there',
      { key: 'a', prerequisites: [{ flag: 'b', variants: ['on'] }] },
      422,
      '"b"',
    ],
  ] as const)('are refused with %s, and nothing is written', async ([, flag, status, message]) => {
    await using server = await startTestServer()
    const before = await server.ask('GET', '/api/v1/projects/default')

    const answer = await server.ask('POST', 'flags', { body: flag })

    expect(answer.status).toBe(status)
    expect(answer.headers.get('content-type')).toContain('application/problem+json')
    expect(answer.body.detail).toContain(message)
    expect(answer.body.hint).toBeTruthy()
    expect(answer.body.issues ?? [{}]).not.toEqual([])
    expect((await server.ask('GET', '/api/v1/projects/default')).body).toEqual(before.body)
  })

  test('are listed by tag, kind and text, in pages', async () => {
    await using server = await startTestServer()
    for (const [key, team, kind] of [
      ['a-one', 'shop', 'release'],
      ['b-two', 'shop', 'ops'],
      ['c-one', 'search', 'release'],
    ] as const)
      await server.ask('POST', 'flags', { body: { key, kind, tags: { team } } })
    const keys = async (query: string) =>
      (await server.ask<Page<Flag>>('GET', `flags${query}`)).body.items.map(({ key }) => key)

    expect(await keys('')).toEqual(['a-one', 'b-two', 'c-one'])
    expect(await keys('?tag=team:shop')).toEqual(['a-one', 'b-two'])
    expect(await keys('?kind=ops')).toEqual(['b-two'])
    expect(await keys('?search=ONE')).toEqual(['a-one', 'c-one'])
    const first = await server.ask<Page<Flag>>('GET', 'flags?limit=2')
    expect(first.body.next).toBe('b-two')
    expect(await keys(`?limit=2&cursor=${first.body.next}`)).toEqual(['c-one'])
  })

  test('are changed member by member; null removes', async () => {
    await using server = await startShopServer()
    const at = '2027-01-01T00:00:00Z'
    await server.ask('PATCH', 'flags/new-checkout', {
      body: { owner: 'ada', expectedRemovalAt: at },
    })

    const { body } = await server.ask<Flag>('PATCH', 'flags/new-checkout', {
      body: { description: 'New', expectedRemovalAt: null },
    })

    expect(body).toMatchObject({ owner: 'ada', description: 'New', tags: { team: 'shop' } })
    expect(body).not.toHaveProperty('expectedRemovalAt')
    expect(body.layers).toHaveProperty('production/acme')
  })

  test('are archived and unarchived, and their key stays reserved', async () => {
    await using server = await startShopServer()

    expect((await server.ask('DELETE', 'flags/new-checkout')).body).toHaveProperty('archivedAt')
    expect((await server.ask<Page<Flag>>('GET', 'flags')).body.items).toEqual([])
    expect((await server.ask<Page<Flag>>('GET', 'flags?archived=true')).body.items).toHaveLength(1)
    expect((await server.ask('POST', 'flags', { body: { key: 'new-checkout' } })).status).toBe(409)

    // As clients do that send the content type of JSON with every request.
    const headers = { 'content-type': 'application/json' }
    const back = await server.ask('POST', 'flags/new-checkout/unarchive', { headers })
    expect(back.body).not.toHaveProperty('archivedAt')
  })
})

describe('writes', () => {
  test('with a stale ETag change nothing and say which version is current', async () => {
    await using server = await startShopServer()
    const etag = (await server.ask('GET', 'flags/new-checkout')).headers.get('etag')!
    await server.ask('PATCH', 'flags/new-checkout', { body: { owner: 'bob' } })

    const stale = await server.ask('PATCH', 'flags/new-checkout', {
      body: { owner: 'ada' },
      headers: { 'if-match': etag },
    })

    expect(stale.body).toMatchObject({ status: 409, code: 'VERSION_CONFLICT' })
    const now = await server.ask('GET', 'flags/new-checkout')
    expect(stale.body.detail).toContain(now.headers.get('etag')!.replaceAll('"', ''))
    expect(now.body.owner).toBe('bob')
    const fresh = await server.ask('PATCH', 'flags/new-checkout', {
      body: { owner: 'ada' },
      headers: { 'if-match': now.headers.get('etag')! },
    })
    expect(fresh.status).toBe(200)
  })

  test('of another flag do not make an ETag stale', async () => {
    await using server = await startShopServer()
    const etag = (await server.ask('GET', 'flags/new-checkout')).headers.get('etag')!
    await server.ask('POST', 'flags', { body: { key: 'other' } })

    const answer = await server.ask('PATCH', 'flags/new-checkout', {
      body: { owner: 'ada' },
      headers: { 'if-match': etag },
    })

    expect(answer.status).toBe(200)
  })

  test('name their change, unless they changed nothing', async () => {
    await using server = await startTestServer()
    await server.ask('POST', 'flags', { body: { key: 'a' } })
    const patch = async () => {
      const { headers } = await server.ask('PATCH', 'flags/a', { body: { owner: 'ada' } })
      return headers.get('flaghoist-change')
    }

    const seq = await patch()
    expect((await server.ask('GET', `changes/${seq}`)).body).toMatchObject({
      action: 'flag.update',
    })
    expect(await patch()).toBeNull()
  })

  test.for([
    ['POST', 'flags', { key: 'a' }],
    ['POST', 'edits', { edits: [{ flag: 'b', scope: 'production', layer: { on: true } }] }],
    ['PATCH', 'flags/b', { description: '' }],
    ['POST', 'flags/b/restore', { reason: 'Fixed' }],
    ['DELETE', 'flags/b', undefined],
  ] as const)(
    'with the same Idempotency-Key are done once: %s %s',
    async ([method, path, body]) => {
      await using server = await startTestServer()
      await server.ask('POST', 'flags', { body: { key: 'b' } })
      await server.ask('POST', 'flags/b/kill', { body: { reason: 'Test' } })
      const ask = () =>
        server.ask(method, path, { ...(body && { body }), headers: { 'idempotency-key': 'once' } })

      const first = await ask()
      await server.ask('POST', 'flags', { body: { key: 'c' } })
      const second = await ask()

      expect(second.status).toBe(first.status)
      expect(second.body).toEqual(first.body)
      const { 'idempotency-replayed': isReplayed, ...headers } = headersOf(second)
      expect(isReplayed).toBe('true')
      expect(headers).toEqual(headersOf(first))
    },
  )

  test('have an Idempotency-Key for one request only', async () => {
    await using server = await startTestServer()
    const headers = { 'idempotency-key': 'once' }
    await server.ask('POST', 'flags', { body: { key: 'a' }, headers })

    const other = await server.ask('POST', 'flags', {
      body: { key: 'b' },
      headers,
    })
    expect(other.body).toMatchObject({ status: 422, code: 'IDEMPOTENCY_KEY_REUSED' })
  })

  test('that need a retry never show a secret twice', async () => {
    await using server = await startTestServer()
    const ask = () =>
      server.ask('POST', 'keys', {
        body: { name: 'shop', kind: 'server', scope: 'production' },
        headers: { 'idempotency-key': 'once' },
      })

    expect((await ask()).body.secret).toMatch(/^fh_server_/)
    expect((await ask()).body).not.toHaveProperty('secret')
  })
})

describe('what is written', () => {
  test.for([
    ['segments/vip', { include: null }],
    ['instances/acme', { tags: null }],
    ['environments/production', { name: null }],
  ] as const)('is never without what it needs: %s', async ([path, body]) => {
    await using server = await startShopServer()
    await server.ask('POST', 'segments', { body: { key: 'vip', include: ['ada'] } })
    const before = await server.ask('GET', path)

    expect((await server.ask('PATCH', path, { body })).status).toBe(400)
    expect((await server.ask('GET', path)).body).toEqual(before.body)
  })

  test('is never more than can be read again', async () => {
    await using server = await startShopServer()
    const path = 'flags/new-checkout/layers/production/acme'
    const rule = {
      when: [[{ attribute: 'x', op: 'exists', values: [] }]],
      serve: { variant: 'on' },
    }
    const segments = Array.from({ length: 301 }, (_, i) => `s${i}`)
    for (const body of [{ rules: Array(201).fill(rule) }, { rollout: { percent: 1, segments } }])
      expect((await server.ask('PUT', path, { body })).status).toBe(400)
    expect((await server.ask('GET', 'changes')).status).toBe(200)
  })

  test('has an ETag that a layer which goes makes stale', async () => {
    await using server = await startShopServer()
    const { headers } = await server.ask('GET', 'flags/new-checkout')
    await server.ask('DELETE', 'flags/new-checkout/layers/production/acme')

    const { status } = await server.ask('PATCH', 'flags/new-checkout', {
      body: { owner: 'x' },
      headers: { 'if-match': headers.get('etag')! },
    })
    expect(status).toBe(409)
  })

  test.for([
    ['keys', { name: 'x', kind: 'server' }],
    ['/api/v1/projects', { key: 'other', name: 'Other' }],
  ] as const)('refuses an If-Match that it would ignore: POST %s', async ([path, body]) => {
    await using server = await startShopServer()

    expect(await server.ask('POST', path, { body, headers: { 'if-match': '"1"' } })).toMatchObject({
      status: 400,
      body: { code: 'REQUEST_INVALID' },
    })
  })
})

describe('a request', () => {
  test('with very many mistakes, or a very long one, is answered in short', async () => {
    await using server = await startShopServer()
    const key = await server.makeKey('client', 'production/acme')
    const many = Object.fromEntries(Array.from({ length: 5_000 }, (_, i) => [`m${i}`, 1]))
    const batch = { id: 'batch-001', exposures: Array(5_000).fill({}) }
    for (const body of [
      many,
      { ['x'.repeat(900_000)]: 1 },
      { sdk: { id: '1', name: 'x' }, batch },
    ]) {
      const answer = await server.ask('POST', '/sdk/v1/events', { key, body })
      expect(answer.status).toBe(400)
      expect(JSON.stringify(answer.body).length).toBeLessThan(10_000)
    }
  })

  test('whose URL cannot be read gets a problem as well', async () => {
    await using server = await startShopServer()
    expect((await server.ask('GET', '/api/v1/projects/%E0%A4%A')).body).toMatchObject({
      status: 400,
      code: 'REQUEST_INVALID',
    })
  })

  test('finds what is called as a part of a path', async () => {
    await using server = await startShopServer()
    await server.ask('POST', '/api/v1/projects', { body: { key: 'layers', name: 'Layers' } })
    await server.ask('POST', 'flags', { body: { key: 'layers' } })
    const body = { on: true }

    expect(
      (await server.ask('GET', '/api/v1/projects/layers/environments/production')).status,
    ).toBe(200)
    expect((await server.ask('PUT', 'flags/layers/layers/production', { body })).status).toBe(200)
    expect((await server.ask('PUT', 'flags/layers/layers/production/acme', { body })).status).toBe(
      200,
    )
  })
})

describe('the log', () => {
  test.for(['0', '1.5', 'nonsense', 'Infinity', '-3'])('has no page %s', async (cursor) => {
    await using server = await startShopServer()
    expect((await server.ask('GET', `changes?cursor=${cursor}`)).status).toBe(400)
  })

  test('is at its end before any page that could be', async () => {
    await using server = await startShopServer()
    const last = await server.ask<Page<object>>('GET', 'changes?cursor=9000000000000000')
    expect(last.body).toEqual((await server.ask('GET', 'changes')).body)
  })

  test('takes back what a file has brought, and keeps what stands beside it', async () => {
    await using server = await startShopServer()
    const { body: file } = await server.ask<{ segments: object[]; flags: object[] }>(
      'GET',
      'export',
    )
    const rule = {
      id: 'r',
      when: [[{ attribute: 'x', op: 'segment', values: ['acme'] }]],
      serve: { variant: 'on' },
    }
    const base = { on: false, off: 'off', fallthrough: { variant: 'on' }, rules: [rule] }
    const { body } = await server.ask<{ version: number }>('POST', 'import', {
      body: {
        ...file,
        // Called as an instance that stays.
        segments: [...file.segments, { key: 'acme', include: [], exclude: [], when: [] }],
        flags: [
          ...file.flags,
          { ...file.flags[0], key: 'imported', layers: { '*': base, production: { on: true } } },
        ],
      },
    })
    await server.ask('POST', 'flags/imported/kill', {
      body: { scopes: ['production/acme'], reason: 'It is broken' },
    })
    expect((await server.ask('POST', `changes/${body.version}/revert`)).status).toBe(200)

    const { body: left } = await server.ask<Flag>('GET', 'flags/imported')
    expect(left.layers).toMatchObject({
      '*': { on: false },
      production: { on: true },
      'production/acme': { killed: {} },
    })
    expect(left.layers['*']).not.toHaveProperty('rules')
  })

  test('takes a project back that a file has brought, with its instances', async () => {
    await using server = await startShopServer()
    const { body: file } = await server.ask<{ instances: object[]; flags: object[] }>(
      'GET',
      'export',
    )
    const [instance] = file.instances
    const [flag] = file.flags
    const more = {
      ...file,
      instances: [...file.instances, { ...instance, key: 'initech' }],
      flags: [
        ...file.flags,
        {
          ...flag,
          key: 'imported',
          layers: {
            '*': { on: false, off: 'off', fallthrough: { variant: 'on' } },
            'production/initech': { on: true },
          },
        },
      ],
    }
    const { body } = await server.ask<{ version: number }>('POST', 'import', { body: more })
    const reverted = await server.ask('POST', `changes/${body.version}/revert`)

    expect(reverted.status).toBe(200)
    expect((await server.ask('GET', 'instances/initech')).status).toBe(404)
  })

  test('is listed newest first, and found by entity, flag, scope, actor, action and time', async () => {
    await using server = await startShopServer()
    const { body: log } = await server.ask<Page<Change>>('GET', 'changes?limit=1')
    // What comes next has to be of a later millisecond.
    await expect.poll(Date.now, { interval: 1 }).toBeGreaterThan(Date.parse(log.items[0]!.at))
    const start = new Date().toISOString()
    await server.ask('POST', 'flags/new-checkout/kill', { body: { reason: 'It breaks' } })
    const found = async (query: string) =>
      (await server.ask<Page<Change>>('GET', `changes${query}`)).body.items.map(
        ({ action }) => action,
      )

    expect((await found('')).slice(0, 3)).toEqual(['flag.kill', 'layer.set', 'flag.create'])
    expect(await found('?flag=new-checkout')).toEqual(['flag.kill', 'layer.set', 'flag.create'])
    expect(await found('?entity=instance:acme')).toEqual(['instance.create'])
    expect(await found('?scope=production/acme')).toEqual(['layer.set'])
    expect(await found('?action=flag.kill&actor=FLAGHOIST_ADMIN_KEY')).toEqual(['flag.kill'])
    expect(await found('?actor=nobody')).toEqual([])
    expect(await found(`?from=${start}`)).toEqual(['flag.kill'])
    expect(await found(`?to=${start}&limit=1`)).toEqual(['layer.set'])
  })

  test('comes in pages that meet', async () => {
    await using server = await startShopServer()
    const seen: number[] = []
    let cursor = ''
    do {
      const { body } = await server.ask<Page<Change>>('GET', `changes?limit=2${cursor}`)
      seen.push(...body.items.map(({ seq }) => seq))
      cursor = body.next === undefined ? '' : `&cursor=${body.next}`
    } while (cursor !== '')

    expect(seen).toEqual([5, 4, 3, 2, 1])
  })

  test('takes a change back', async () => {
    await using server = await startShopServer()
    const { body } = await server.ask<Page<Change>>('GET', 'changes?action=layer.set')

    const reverted = await server.ask('POST', `changes/${body.items[0]!.seq}/revert`)

    expect(reverted.status).toBe(200)
    expect((await server.ask('GET', 'flags/new-checkout/layers/production/acme')).status).toBe(404)
    expect((await server.ask('POST', 'changes/999/revert')).body.code).toBe('CHANGE_NOT_FOUND')
  })
})

describe('a project', () => {
  test('goes out as a file and comes in elsewhere', async () => {
    await using server = await startShopServer()
    await using other = await startTestServer()
    const file = (await server.ask('GET', 'export')).body

    const imported = await other.ask('POST', 'import', { body: file })

    expect(imported.status).toBe(200)
    expect((await other.ask('GET', 'export')).body).toEqual(file)
    expect(JSON.stringify(file)).not.toContain('hash')
    const wrong = await other.ask('POST', 'import', { body: { ...file, flgs: [] } })
    expect(wrong.body.detail).toContain('Did you mean "flags"?')
  })

  test('is made by a key for every project, and is apart from the others', async () => {
    await using server = await startShopServer()
    const bound = await server.makeKey('admin')

    const made = await server.ask('POST', '/api/v1/projects', {
      body: { key: 'bank', name: 'Bank' },
    })

    expect(made.status).toBe(201)
    expect((await server.ask('GET', '/api/v1/projects/bank/flags')).body).toEqual({ items: [] })
    expect((await server.ask('GET', '/api/v1/projects/bank', { key: bound })).status).toBe(404)
    expect(
      (await server.ask('POST', '/api/v1/projects', { key: bound, body: { key: 'x' } })).status,
    ).toBe(403)
    expect((await server.ask('POST', '/api/v1/projects', { body: { key: 'bank' } })).status).toBe(
      409,
    )
  })

  test('keeps instances and segments that are in use', async () => {
    await using server = await startShopServer()

    const used = await server.ask('DELETE', 'instances/acme')
    const free = await server.ask('DELETE', 'instances/globex')

    expect(used.body).toMatchObject({ status: 422, code: 'INVALID_CHANGE' })
    expect(used.body.detail).toContain('"new-checkout" in production/acme')
    expect(free.status).toBe(200)
    const page = await server.ask<Page<{ key: string }>>('GET', 'instances?tag=region:eu')
    expect(page.body.items.map(({ key }) => key)).toEqual(['acme'])
  })
})
