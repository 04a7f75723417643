import { describe, expect, test } from 'vitest'
import { startShopServer } from './http-server.ts'

interface Receipt {
  readonly version: number
  readonly changed: readonly { flag: string; scope: string }[]
  readonly propagation: string
}

const reason = 'Checkout breaks'

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

  test.for([
    ['no reason', {}],
    ['a reason of one letter', { reason: 'x' }],
    ['no scope at all', { scopes: [], reason }],
    ['a misspelt member', { scope: ['production'], reason }],
  ] as const)('is refused with %s', async ([, body]) => {
    await using server = await startShopServer()
    expect((await server.ask('POST', 'flags/new-checkout/kill', { body })).status).toBe(400)
  })

  test('of a flag or a scope that is not there is refused', async () => {
    await using server = await startShopServer()
    expect((await server.ask('POST', 'flags/nope/kill', { body: { reason } })).status).toBe(404)
    const scopes = ['staging']
    expect(
      (await server.ask('POST', 'flags/new-checkout/kill', { body: { scopes, reason } })).status,
    ).toBe(422)
  })
})

describe('a kill by tag', () => {
  test.for([
    ['tags of flags', { flagTags: { team: 'shop' } }, [['new-checkout', '*']]],
    [
      'tags of instances',
      { instanceTags: { region: 'eu' } },
      [
        ['new-checkout', 'production/acme'],
        ['search', 'production/acme'],
      ],
    ],
    [
      'both',
      { flagTags: { team: 'shop' }, instanceTags: { region: 'us' } },
      [['new-checkout', 'production/globex']],
    ],
    [
      'an environment',
      { flagTags: { team: 'shop' }, environments: ['production'] },
      [['new-checkout', 'production']],
    ],
    ['a tag that nothing has', { flagTags: { team: 'none' } }, []],
  ] as const)(
    'finds flags and scopes by %s, but no permanent flag',
    async ([, selector, expected]) => {
      await using server = await startShopServer()
      await server.ask('POST', 'flags', { body: { key: 'search', tags: { team: 'search' } } })
      await server.ask('POST', 'flags', {
        body: { key: 'forever', permanent: true, tags: { team: 'shop' } },
      })

      const { status, body } = await server.ask<Receipt>('POST', 'kill', {
        body: { ...selector, reason },
      })

      expect(status).toBe(200)
      const changed = body.changed.map(({ flag, scope }) => [flag, scope])
      expect(changed.sort()).toEqual([...expected].map((one) => [...one]).sort())
    },
  )

  test('has to name something', async () => {
    await using server = await startShopServer()
    const { body } = await server.ask('POST', 'kill', { body: { reason } })
    expect(body).toMatchObject({ status: 400 })
  })
})
