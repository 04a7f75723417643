import { onTestFinished } from 'vitest'
import { startTestServer, type TestServer } from '../../server/test/http-server.ts'

/** A server with a flag of each type and with each kind of answer, for browsers as well. */
export async function startShop(): Promise<TestServer> {
  const server = await startTestServer()
  onTestFinished(() => server[Symbol.asyncDispose]())
  await furnish(server)
  return server
}

/** Makes the flags of the shop. */
export async function furnish(server: TestServer): Promise<void> {
  const make = async (
    key: string,
    type: string,
    values: Record<string, unknown>,
    layer: object,
  ) => {
    const variants = Object.entries(values).map(([name, value]) => ({ key: name, value }))
    const made = await server.ask('POST', 'flags', {
      body: { key, type, variants, clientVisible: true },
    })
    const set = await server.ask('PUT', `flags/${key}/layers/production`, {
      body: { on: true, ...layer },
    })
    if (made.status !== 201 || set.status !== 200)
      throw new Error(`${key}: ${JSON.stringify([made.body, set.body])}`)
  }
  const serve = (variant: string) => ({ fallthrough: { variant } })
  await make('boolean-on', 'boolean', { on: true, off: false }, serve('on'))
  await make('boolean-off', 'boolean', { on: true, off: false }, serve('off'))
  await make('text', 'string', { greeting: 'hi', parting: 'bye' }, serve('greeting'))
  await make('empty-text', 'string', { empty: '', full: 'full' }, serve('empty'))
  await make('whole', 'number', { ten: 10, none: 0 }, serve('ten'))
  await make('zero', 'number', { ten: 10, none: 0 }, serve('none'))
  await make('half', 'number', { half: 0.5, none: 0 }, serve('half'))
  await make('large', 'number', { large: Number.MAX_SAFE_INTEGER, none: 0 }, serve('large'))
  await make(
    'object',
    'json',
    { pictures: { show: true, perPage: 100 }, none: {} },
    serve('pictures'),
  )
  await make(
    'disabled',
    'string',
    { off: 'off', on: 'on' },
    { on: false, off: 'off', ...serve('on') },
  )
  await make(
    'for-ada',
    'string',
    { hit: 'hit', miss: 'miss' },
    {
      rules: [
        {
          id: 'ada',
          when: [[{ attribute: 'targetingKey', op: 'in', values: ['ada'] }]],
          serve: { variant: 'hit' },
        },
      ],
      ...serve('miss'),
    },
  )
  await make(
    'since-2026',
    'boolean',
    { on: true, off: false },
    {
      rules: [
        {
          id: 'late',
          when: [[{ attribute: 'joined', op: 'after', values: ['2026-01-01T00:00:00Z'] }]],
          serve: { variant: 'on' },
        },
      ],
      ...serve('off'),
    },
  )
  await make(
    'rollout',
    'boolean',
    { on: true, off: false },
    {
      rollout: { by: 'targetingKey', salt: 's', share: 100_000, serve: { variant: 'on' } },
      ...serve('off'),
    },
  )
}
