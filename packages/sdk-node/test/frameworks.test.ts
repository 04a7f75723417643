import { once } from 'node:events'
import type { IncomingMessage, Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import express from 'express'
import express4 from 'express4'
import Fastify from 'fastify'
import { afterEach, beforeEach, describe, expect, onTestFinished, test } from 'vitest'
import { startTestServer, type TestServer } from '../../server/test/http-server.ts'
import { flaghoist as expressFlags } from '../src/express.ts'
import { flaghoist as fastifyFlags } from '../src/fastify.ts'
import {
  createFlags,
  createTestFlags,
  type EvaluationContext,
  type NodeFlags,
} from '../src/index.ts'

let server: TestServer
let flags: NodeFlags

beforeEach(async () => {
  server = await startTestServer()
  await server.ask('POST', 'flags', { body: { key: 'new-home' } })
  await server.ask('PUT', 'flags/new-home/layers/production', {
    body: {
      on: true,
      fallthrough: { variant: 'off' },
      rollout: { by: 'targetingKey', salt: 's', share: 100_000, serve: { variant: 'on' } },
    },
  })
  flags = createFlags({ url: server.url, key: await server.makeKey('server', 'production') })
  await flags.ready()
})
afterEach(async () => {
  await flags.close()
  await server[Symbol.asyncDispose]()
})

type HasHeaders = Pick<IncomingMessage, 'headers'>

/** Returns the context of a request, whose user a header names. */
const userOf = ({ headers }: HasHeaders) => {
  if (headers.user === undefined) throw new Error('nobody has logged in')
  return { targetingKey: String(headers.user) }
}

/** Starts an app with the same routes in each framework. Returns its URL. */
type App = (contextOf: (request: HasHeaders) => EvaluationContext) => Promise<string>

async function listen(app: { listen(port: number, host: string): Server }): Promise<string> {
  const listening = app.listen(0, '127.0.0.1')
  await once(listening, 'listening')
  onTestFinished(() => void listening.closeAllConnections())
  onTestFinished(() => void listening.close())
  return `http://127.0.0.1:${(listening.address() as AddressInfo).port}`
}

/** Evaluates deep in a call stack, without a request. */
async function greet(): Promise<string> {
  await sleep(1)
  return flags.current().isEnabled('new-home') ? 'new' : 'old'
}

const fastify: App = async (contextOf) => {
  const app = Fastify()
  app.register(fastifyFlags, { flags, context: ({ raw }) => contextOf(raw) })
  app.get('/', greet)
  app.get('/plain', async () => 'plain')
  app.get('/who', async (request) => ({
    mine: request.flags.context,
    isCurrent: request.flags === flags.current(),
  }))
  app.get('/fails', async (request) => {
    request.flags.isEnabled('new-home')
    throw new Error('broken')
  })
  app.get('/refuses', async (request, reply) => {
    request.flags.isEnabled('new-home')
    return reply.code(404).send('no')
  })
  const url = await app.listen({ port: 0, host: '127.0.0.1' })
  onTestFinished(() => app.close())
  return url
}

const expressOf =
  (make: typeof express): App =>
  (contextOf) => {
    const app = make()
    app.use(expressFlags({ flags, context: contextOf }))
    app.get('/', async (_, response) => void response.send(await greet()))
    app.get('/plain', (_, response) => void response.send('plain'))
    app.get(
      '/who',
      (request, response) =>
        void response.json({
          mine: request.flags.context,
          isCurrent: request.flags === flags.current(),
        }),
    )
    app.get('/fails', (request) => {
      request.flags.isEnabled('new-home')
      throw new Error('broken')
    })
    app.get('/refuses', (request, response) => {
      request.flags.isEnabled('new-home')
      response.status(404).send('no')
    })
    // The default one prints what it is given.
    app.use(((_error, _request, response, _next) => {
      response.status(500).send('failed')
    }) satisfies express.ErrorRequestHandler)
    return listen(app)
  }

const ask = async (url: string, user = 'ada') => {
  const response = await fetch(url, { headers: { user, connection: 'close' } })
  return { status: response.status, text: await response.text() }
}

/** Outcomes that the server has counted once everything is sent. */
const outcomes = async () => {
  await flags.close()
  const { body } = await server.ask<{ items: { metric: string; units: number; p50?: number }[] }>(
    'GET',
    'outcomes?interval=total',
  )
  return body.items.map(({ metric, units, p50 }) => ({
    metric,
    units,
    isMeasured: p50 !== undefined,
  }))
}

describe.for([
  ['Fastify 5', fastify],
  ['Express 5', expressOf(express)],
  ['Express 4', expressOf(express4)],
] as const)('in %s', ([, start]) => {
  test('a request has the flags of its user, also deep in a call stack', async () => {
    const url = await start(userOf)

    const answers = await Promise.all(['ada', 'bob', 'cy'].map((user) => ask(`${url}/who`, user)))
    expect(answers.map(({ text }) => JSON.parse(text))).toEqual(
      ['ada', 'bob', 'cy'].map((targetingKey) => ({ mine: { targetingKey }, isCurrent: true })),
    )
    expect(await ask(url)).toEqual({ status: 200, text: 'new' })
  })

  test('its latency, or its failure, is reported without a line of code', async () => {
    const url = await start(userOf)
    for (const user of ['ada', 'bob']) await ask(url, user)
    expect((await ask(`${url}/fails`, 'cy')).status).toBe(500)
    expect((await ask(`${url}/refuses`, 'dan')).status).toBe(404)
    await ask(`${url}/plain`, 'eve')

    expect(await outcomes()).toEqual([
      { metric: 'alive', units: 4, isMeasured: false },
      { metric: 'error', units: 1, isMeasured: false },
      { metric: 'latency', units: 3, isMeasured: true },
    ])
  })

  test('a request that asks for no flag is never asked for its user', async () => {
    let asked = 0
    const url = await start(() => {
      asked += 1
      return {}
    })
    expect((await ask(`${url}/plain`)).text).toBe('plain')
    expect(asked).toBe(0)
  })

  test('a context that cannot be made is that of nobody, and is warned of', async () => {
    const warned = once(process, 'warning')
    const url = await start(({ headers: { user } }) => {
      throw new Error(`who is ${user}?`)
    })
    const { text } = await ask(`${url}/who`, `${start.name}-${Math.random()}`)
    expect(JSON.parse(text)).toEqual({ mine: {}, isCurrent: true })
    expect(String((await warned)[0])).toContain('empty context')
  })
})

describe('scopes', () => {
  test('hold across awaits and timers, side by side, and of each client apart', async () => {
    const other = createFlags({ url: server.url, key: 'fh_server_other', exposures: false })
    onTestFinished(() => other.close())
    const whoIs = async () => {
      await sleep(Math.random() * 5)
      return flags.current().context.targetingKey
    }

    const users = Array.from({ length: 50 }, (_, i) => `user-${i}`)
    const found = await Promise.all(users.map((targetingKey) => flags.run({ targetingKey }, whoIs)))

    expect(found).toEqual(users)
    flags.run({ targetingKey: 'ada' }, () => expect(other.current().context).toEqual({}))
    expect(flags.current().context).toEqual({})
    const [first, second] = flags.run({}, () => [flags.current(), flags.current()] as const)
    expect(first).toBe(second)
  })

  test('attribute what happens to what was asked in them', async () => {
    await flags.run({ targetingKey: 'ada' }, async () => {
      flags.current().isEnabled('new-home')
      await sleep(1)
      flags.current().track('bought')
    })
    expect(await outcomes()).toMatchObject([
      { metric: 'alive', units: 1 },
      { metric: 'bought', units: 1 },
    ])
  })
})

test('a snapshot is a ruleset of answers; before there are any, there is none', async () => {
  const early = createFlags({ url: 'http://127.0.0.1:9', key: 'k' })
  onTestFinished(() => early.close())
  expect(early.snapshot({ targetingKey: 'ada' })).toBeUndefined()

  const bootstrap = flags.snapshot({ targetingKey: 'ada' }, ['new-home'])!
  const page = createFlags({ url: 'http://127.0.0.1:9', key: 'k', bootstrap })
  onTestFinished(() => page.close())
  expect(page.details('new-home', false, { targetingKey: 'ada' })).toEqual(
    flags.details('new-home', false, { targetingKey: 'ada' }),
  )
  expect(Object.keys(bootstrap.flags)).toEqual(['new-home'])
})

test('flags for tests fit wherever others do', async () => {
  const testFlags = createTestFlags({ 'new-home': true })
  const app = Fastify()
  await app.register(fastifyFlags, { flags: testFlags })
  app.get('/', (request) => ({
    bound: request.flags.isEnabled('new-home'),
    current: testFlags.current().isEnabled('new-home'),
    run: testFlags.run({ targetingKey: 'ada' }, () => testFlags.current().context),
    snapshot: testFlags.snapshot({}) === undefined,
  }))
  onTestFinished(() => app.close())

  expect((await app.inject('/')).json()).toEqual({
    bound: true,
    current: true,
    run: { targetingKey: 'ada' },
    snapshot: true,
  })
})
