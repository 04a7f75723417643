import { describe, expect, test } from 'vitest'
import { ADMIN_KEY, startShopServer, type TestServer } from './http-server.ts'

interface Receipt {
  readonly version: number
  readonly changed: readonly { flag: string; scope: string }[]
  readonly propagation: string
  readonly warnings?: readonly { code: string; message: string }[]
}

const reason = 'Checkout breaks'

/** Sends a body as it is. No content type is sent for an empty one. */
async function post(server: TestServer, path: string, body?: string, type?: string) {
  const response = await fetch(`${server.url}/api/v1/projects/default/${path}`, {
    method: 'POST',
    headers: { authorization: `Bearer ${ADMIN_KEY}`, ...(type && { 'content-type': type }) },
    ...(body !== undefined && { body: new TextEncoder().encode(body) }),
  })
  return { status: response.status, answer: (await response.json()) as Receipt }
}

describe('a kill', () => {
  test('holds in the scopes that it names, and says which version carries it', async () => {
    await using server = await startShopServer()

    const { status, body } = await server.ask<Receipt>('POST', 'flags/new-checkout/kill', {
      body: { scopes: ['production/acme'], reason },
    })

    expect(status).toBe(200)
    expect(body.changed).toEqual([{ flag: 'new-checkout', scope: 'production/acme' }])
    expect((await server.ask('GET', body.propagation)).body).toMatchObject({
      version: body.version,
    })
    const layer = await server.ask('GET', 'flags/new-checkout/layers/production/acme')
    expect(layer.body).toMatchObject({ on: true, killed: { reason, by: 'FLAGHOIST_ADMIN_KEY' } })
    const key = await server.makeKey('server', 'production/acme')
    const ruleset = await server.ask('GET', '/sdk/v1/ruleset', { key })
    expect(ruleset.body).toMatchObject({ flags: { 'new-checkout': { killed: true } } })
  })

  test('is not refused for an Idempotency-Key that no other write accepts', async () => {
    await using server = await startShopServer()
    const headers = { 'idempotency-key': 'x'.repeat(300) }

    const { status } = await server.ask('POST', 'flags/new-checkout/kill', { headers })

    expect(status).toBe(200)
  })

  test('is the same when it comes twice', async () => {
    await using server = await startShopServer()
    const kill = () => server.ask<Receipt>('POST', 'flags/new-checkout/kill', { body: { reason } })

    const first = await kill()
    const second = await kill()

    expect(first.body.changed).toEqual([{ flag: 'new-checkout', scope: '*' }])
    expect(second.body).toMatchObject({ version: first.body.version, changed: [] })
  })

  test('stays through every other change, and goes with a restore', async () => {
    await using server = await startShopServer()
    await server.ask('POST', 'flags/new-checkout/kill', {
      body: { scopes: ['production/acme'], reason },
    })
    await server.ask('PUT', 'flags/new-checkout/layers/production/acme', { body: { on: true } })
    await server.ask('DELETE', 'flags/new-checkout/layers/production/acme')
    const resolved = () => server.ask('GET', 'flags/new-checkout/resolved?scope=production/acme')

    expect((await resolved()).body).toMatchObject({ configuration: { killed: true } })

    const restored = await server.ask<Receipt>('POST', 'flags/new-checkout/restore', { body: {} })
    expect(restored.body.changed).toEqual([{ flag: 'new-checkout', scope: 'production/acme' }])
    expect((await resolved()).body).not.toHaveProperty('configuration.killed')
  })

  test('stays through the import of a file that does not know of it', async () => {
    await using server = await startShopServer()
    const { body: file } = await server.ask('GET', 'export')
    await server.ask('POST', 'flags/new-checkout/kill', {
      body: { scopes: ['production/acme', 'production'], reason },
    })

    await server.ask('POST', 'import?mode=replace', { body: file })

    for (const scope of ['production/acme', 'production']) {
      const { body } = await server.ask('GET', `flags/new-checkout/layers/${scope}`)
      expect(body).toMatchObject({ killed: { reason } })
    }
  })

  test('stays in a flag that an import archives, and does not come back with the file that had it', async () => {
    await using server = await startShopServer()
    const { body: without } = await server.ask<{ flags: object[] }>('GET', 'export')
    const kill = { scopes: ['production/acme'], reason }
    await server.ask('POST', 'flags/new-checkout/kill', { body: kill })
    const { body: withIt } = await server.ask<{ flags: object[] }>('GET', 'export')
    await server.ask('POST', 'import?mode=replace', { body: { ...without, flags: [] } })
    await server.ask('POST', 'flags/new-checkout/unarchive')
    const isKilled = async () => {
      const path = 'flags/new-checkout/resolved?scope=production/acme'
      return (await server.ask<{ configuration: { killed?: boolean } }>('GET', path)).body
        .configuration.killed
    }
    expect(await isKilled()).toBe(true)

    await server.ask('POST', 'flags/new-checkout/restore', { body: {} })
    await server.ask('POST', 'import', { body: withIt })
    expect(await isKilled()).toBeUndefined()
  })

  test('is done whatever was answered to the same request before', async () => {
    await using server = await startShopServer()
    const headers = { 'idempotency-key': 'once' }
    const kill = () =>
      server.ask<Receipt>('POST', 'flags/new-checkout/kill', { body: { reason }, headers })
    await kill()
    await server.ask('POST', 'flags/new-checkout/restore', { body: {} })

    expect((await kill()).body.changed).toHaveLength(1)
  })

  test('everywhere is not restored for one instance alone', async () => {
    await using server = await startShopServer()
    await server.ask('POST', 'flags/new-checkout/kill', { body: { reason } })

    const one = await server.ask('POST', 'flags/new-checkout/restore', {
      body: { scopes: ['production/acme'] },
    })

    expect(one.body).toMatchObject({ status: 409, code: 'NOT_ON_SCOPE' })
  })

  test('by a key of an instance reaches that instance alone', async () => {
    await using server = await startShopServer()
    const key = await server.makeKey('admin', 'production/acme')

    const own = await server.ask<Receipt>('POST', 'flags/new-checkout/kill', {
      key,
      body: { reason },
    })
    const other = await server.ask('POST', 'flags/new-checkout/kill', {
      key,
      body: { scopes: ['production/globex'], reason },
    })

    expect(own.body.changed).toEqual([{ flag: 'new-checkout', scope: 'production/acme' }])
    expect(other.body).toMatchObject({ status: 403, code: 'SCOPE_FORBIDDEN' })
  })

  test('of a flag or of scopes that do not exist is refused with a suggestion', async () => {
    await using server = await startShopServer()
    const scopes = ['prodction', 'production/acmee']

    const flag = await server.ask('POST', 'flags/new-chekout/kill', { body: { reason } })
    const scope = await server.ask('POST', 'flags/new-checkout/kill', { body: { scopes } })

    expect(flag.body).toMatchObject({ status: 404, hint: 'Did you mean "new-checkout"?' })
    expect(scope.body).toMatchObject({
      status: 404,
      code: 'SCOPE_NOT_FOUND',
      detail: 'There is no scope "prodction" in this project.',
      hint: 'Did you mean "production"?',
    })
  })
})

describe('a kill is not refused for its form', () => {
  const long = 'x'.repeat(1_100_000)
  const deep = `{"reason": ${'['.repeat(200_000)}${']'.repeat(200_000)}}`
  test.for<[string, string | undefined, string | undefined, readonly string[]]>([
    ['no body', undefined, undefined, []],
    ['a content type without a body', undefined, 'application/json', []],
    ['an empty object', '{}', 'application/json', []],
    ['null', 'null', 'application/json', []],
    ['JSON without a content type', '{"reason":"Checkout breaks"}', '', []],
    ['JSON as text', '{"reason":"Checkout breaks"}', 'text/plain', []],
    ['JSON with a mark', '\ufeff{"reason":"Checkout breaks"}', 'application/json', []],
    ['an invalid content type', '{}', 'json', []],
    ['an invalid charset', '{}', 'application/json; charset=;;', []],
    [
      'a form',
      'reason=broken',
      'application/x-www-form-urlencoded',
      [
        'BODY_IGNORED The body is not JSON: found "reason" at line 1, column 1, where a value was expected. The kill used none of it.',
      ],
    ],
    [
      'malformed JSON',
      '{"reason": "x",\n}',
      'application/json',
      ['BODY_IGNORED The body is not JSON: found "}" at line 2, column 1'],
    ],
    ['a list', '[]', 'application/json', ['BODY_IGNORED The body is not a JSON object.']],
    ['more than fits', long, 'text/plain', ['BODY_IGNORED The body is longer than 1 MiB.']],
    [
      'a long reason',
      JSON.stringify({ reason: long.slice(0, 500_000) }),
      'application/json',
      ['REASON_SHORTENED The reason has 500000 characters; the first 1000 were kept.'],
    ],
    ['a reason of one letter', '{"reason":"x"}', 'application/json', []],
    ['a number as the reason', '{"reason":500}', 'application/json', []],
    ['a deep reason', deep, 'application/json', ['REASON_IGNORED "reason" is a list, not text.']],
    [
      'a misspelt member',
      '{"scope":["production"]}',
      'application/json',
      ['MEMBER_IGNORED Member "scope" is unknown. Did you mean "scopes"?'],
    ],
    [
      'an inherited name as a member',
      '{"__proto__":{"scopes":["production"]}}',
      'application/json',
      ['MEMBER_IGNORED Member "__proto__" is unknown.'],
    ],
    [
      'no scope in the list',
      '{"scopes":[]}',
      'application/json',
      ['SCOPES_IGNORED "scopes" is an empty list'],
    ],
    [
      'a number as the scopes',
      '{"scopes":7}',
      'application/json',
      ['SCOPES_IGNORED "scopes" is 7'],
    ],
  ])('%s', async ([, body, type, warnings]) => {
    await using server = await startShopServer()

    const { status, answer } = await post(server, 'flags/new-checkout/kill', body, type)

    expect(answer).toMatchObject({ changed: [{ flag: 'new-checkout', scope: '*' }] })
    expect(status).toBe(200)
    const found = (answer.warnings ?? []).map(({ code, message }) => `${code} ${message}`)
    expect(found).toEqual(warnings.map((text) => expect.stringContaining(text)))
  })

  test('a reason is kept as far as it can be shown', async () => {
    await using server = await startShopServer()
    const given = `a\u0000b\n${'😀'.repeat(800)}`

    await server.ask('POST', 'flags/new-checkout/kill', { body: { reason: given } })

    const { body } = await server.ask<{ killed: { reason: string } }>(
      'GET',
      'flags/new-checkout/layers/*',
    )
    expect(body.killed.reason).toBe(`a\ufffdb\n${'😀'.repeat(498)}`)
  })

  test('one scope needs no list', async () => {
    await using server = await startShopServer()
    const { body } = await server.ask<Receipt>('POST', 'flags/new-checkout/kill', {
      body: { scopes: 'production/acme' },
    })
    expect(body.changed).toEqual([{ flag: 'new-checkout', scope: 'production/acme' }])
  })

  test('known scopes are killed, and the others named', async () => {
    await using server = await startShopServer()
    const scopes = ['production/acme', 'prodction/globex', 'production/acme/x', { a: 1 }, '']

    const { body } = await server.ask<Receipt>('POST', 'flags/new-checkout/kill', {
      body: { scopes },
    })

    expect(body.changed).toEqual([{ flag: 'new-checkout', scope: 'production/acme' }])
    expect(body.warnings!.map(({ code }) => code)).toEqual(Array(4).fill('SCOPE_NOT_FOUND'))
    expect(body.warnings![0]!.message).toBe(
      'There is no scope "prodction/globex" in this project. Did you mean "production/globex"?',
    )
  })

  test('the scopes of a key are killed, and it learns nothing of the others', async () => {
    await using server = await startShopServer()
    const key = await server.makeKey('admin', 'production/acme')
    const kill = (...scopes: string[]) =>
      server.ask<Receipt>('POST', 'flags/new-checkout/kill', { key, body: { scopes } })

    const { body } = await kill('production', 'production/globex', 'production/nobody')

    expect(body.changed).toEqual([{ flag: 'new-checkout', scope: 'production/acme' }])
    expect(body.warnings!.map(({ code }) => code)).toEqual(Array(3).fill('SCOPE_FORBIDDEN'))
    const [existing, missing] = [await kill('production/globex'), await kill('production/nobody')]
    expect([existing.status, missing.status]).toEqual([403, 403])
  })
})

describe('a restore', () => {
  test.for([
    ['a misspelt scope', { scopes: ['production/acmee'] }, 404, 'Did you mean "production/acme"?'],
    ['no scope in the list', { scopes: [] }, 400, 'scopes'],
    ['a misspelt member', { scope: ['production'] }, 400, 'Did you mean "scopes"?'],
    ['malformed JSON', '{', 400, 'line 1, column 2'],
  ] as const)('is refused with %s', async ([, body, status, text]) => {
    await using server = await startShopServer()
    await server.ask('POST', 'flags/new-checkout/kill')

    const answer = await server.ask('POST', 'flags/new-checkout/restore', { body })

    expect(answer.status).toBe(status)
    expect(JSON.stringify(answer.body)).toContain(JSON.stringify(text).slice(1, -1))
    const { body: layer } = await server.ask('GET', 'flags/new-checkout/layers/*')
    expect(layer).toHaveProperty('killed')
  })

  test('needs no body', async () => {
    await using server = await startShopServer()
    await server.ask('POST', 'flags/new-checkout/kill')

    const { body } = await server.ask<Receipt>('POST', 'flags/new-checkout/restore')

    expect(body.changed).toEqual([{ flag: 'new-checkout', scope: '*' }])
  })
})

interface ReceiptByTag extends Omit<Receipt, 'changed'> {
  readonly flags: readonly string[]
  readonly scopes: readonly string[]
}

describe('a kill by tag', () => {
  test.for([
    ['tags of flags', { flagTags: { team: 'shop' } }, ['new-checkout'], ['*']],
    [
      'tags of instances',
      { instanceTags: { region: 'eu' } },
      ['new-checkout', 'search'],
      ['production/acme'],
    ],
    [
      'both',
      { flagTags: { team: 'shop' }, instanceTags: { region: 'us' } },
      ['new-checkout'],
      ['production/globex'],
    ],
    [
      'an environment',
      { flagTags: { team: 'shop' }, environments: ['production'] },
      ['new-checkout'],
      ['production'],
    ],
    ['a tag that nothing has', { flagTags: { team: 'none' } }, [], []],
  ] as const)(
    'finds flags and scopes by %s, but no permanent flag',
    async ([, selector, flags, scopes]) => {
      await using server = await startShopServer()
      await server.ask('POST', 'flags', { body: { key: 'search', tags: { team: 'search' } } })
      await server.ask('POST', 'flags', {
        body: { key: 'forever', permanent: true, tags: { team: 'shop' } },
      })

      const { status, body } = await server.ask<ReceiptByTag>('POST', 'kill', {
        body: { ...selector, reason },
      })

      expect(status).toBe(200)
      expect(body).toMatchObject({ flags, scopes })
    },
  )

  test.for([
    ['no body', undefined, 400],
    ['no tag', {}, 400],
    ['a misspelt selection', { flagTag: {}, instanceTags: {} }, 400],
    ['only an unknown environment', { flagTags: {}, environments: ['prodction'] }, 404],
    ['more than fits', { flagTags: {}, reason: 'x'.repeat(2 ** 20) }, 413],
  ] as const)('needs its selection: refused with %s', async ([, body, status]) => {
    await using server = await startShopServer()
    expect((await server.ask('POST', 'kill', { body })).status).toBe(status)
  })

  test('is not refused for its form otherwise', async () => {
    await using server = await startShopServer()
    const selection = { flagTags: {}, environments: ['production', 'stagin'], reason: [1] }

    const { answer } = await post(server, 'kill', JSON.stringify(selection), 'text/plain')

    expect(answer).toMatchObject({ flags: ['new-checkout'], scopes: ['production'] })
    expect(answer.warnings!.map(({ code }) => code)).toEqual(['REASON_IGNORED', 'ENTITY_NOT_FOUND'])
  })
})
