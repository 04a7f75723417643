import { once } from 'node:events'
import { createFlags, type NodeFlags } from '@flaghoist/node'
import type { RequestEvent } from '@sveltejs/kit'
import { render } from 'svelte/server'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { startTestServer, type TestServer } from '../../server/test/http-server.ts'
import { type FlagHandleOptions, flagHandle, pageFlags } from '../src/kit/index.ts'
import { setBuilding } from './app-env.ts'
import Picks from './Picks.svelte'

let server: TestServer
let flags: NodeFlags

beforeEach(async () => {
  server = await startTestServer()
  for (const key of ['new-picks', 'new-prices']) {
    await server.ask('POST', 'flags', { body: { key, clientVisible: true } })
    await server.ask('PUT', `flags/${key}/layers/production`, {
      body: { on: true, rollout: { percent: 100 }, fallthrough: { variant: 'off' } },
    })
  }
  flags = createFlags({ url: server.url, key: await server.makeKey('server', 'production') })
  await flags.ready()
})
afterEach(async () => {
  setBuilding(false)
  await flags.close()
  await server[Symbol.asyncDispose]()
})

/** The part of a request of SvelteKit that hooks use. */
function requestOf(user?: string) {
  const cookies = new Map(user === undefined ? [] : [['user', user]])
  const set: object[] = []
  const event = {
    locals: {},
    url: new URL('http://192.168.1.7/'),
    cookies: {
      get: (name: string) => cookies.get(name),
      set(name: string, value: string, options: object) {
        cookies.set(name, value)
        set.push({ name, ...options })
      },
    },
  } as unknown as RequestEvent
  return { event, cookies, set }
}

const handleOf = (options: Partial<FlagHandleOptions> = {}) =>
  flagHandle({
    flags,
    page: { url: server.url, key: 'fh_client_test' },
    context: ({ cookies }) => ({ targetingKey: cookies.get('user') }),
    ...options,
  })

/** Number of reported failures by flag. */
async function failures(): Promise<Record<string, number>> {
  await flags.close()
  const { body } = await server.ask<{ items: { flag: string; metric: string; units: number }[] }>(
    'GET',
    'outcomes?interval=total',
  )
  const errors = body.items.filter(({ metric }) => metric === 'error')
  return Object.fromEntries(errors.map(({ flag, units }) => [flag, units]))
}

/**
 * Renders a page that uses two flags, as SvelteKit does: an error that a boundary has caught makes
 * it a 500.
 */
async function page(event: RequestEvent, isBroken: boolean): Promise<Response> {
  event.locals.flags.guard(
    'new-prices',
    () => 1,
    () => 2,
  )
  let status = 200
  const { body } = await render(Picks, {
    props: { flags: pageFlags(event.locals), isBroken },
    transformError(error) {
      status = 500
      return error
    },
  })
  return new Response(body, { status })
}

describe('a request', () => {
  test('of a page whose boundary fails on the server is a failure of that flag alone', async () => {
    const { event } = requestOf('ada')
    const warned = once(process, 'warning')
    const response = await handleOf()({ event, resolve: (one) => page(one, true) })

    const [warning] = (await warned) as [Error]
    expect(warning.message).toMatch(/^fail\("new-picks"\).*: Error: broken\n +at picks /)
    expect([response.status, await response.text()]).toEqual([500, expect.stringContaining('old')])
    expect(await failures()).toEqual({ 'new-picks': 1 })
  })

  test('of a page that works is a failure of none', async () => {
    const { event } = requestOf('ada')
    const response = await handleOf()({ event, resolve: (one) => page(one, false) })

    expect(await response.text()).toContain('new picks')
    expect(await failures()).toEqual({})
  })

  test.each([
    ['an error', new Error('broken'), { 'new-prices': 1 }],
    ['a redirect', { status: 303, location: '/' }, {}],
    ['an expected error', { status: 404, body: {} }, {}],
  ] as const)('that ends with %s counts as that', async (_, thrown, counted) => {
    const { event } = requestOf('ada')
    const resolve = ({ locals }: RequestEvent) => {
      locals.flags.isEnabled('new-prices')
      throw thrown
    }
    await expect(handleOf()({ event, resolve })).rejects.toBe(thrown)

    expect(await failures()).toEqual(counted)
  })

  test('is rendered for who has logged in meanwhile', async () => {
    const { event, cookies } = requestOf()
    await handleOf()({
      event,
      resolve(one) {
        expect(pageFlags(one.locals).context.targetingKey).toMatch(/^anonymous-/)
        cookies.set('user', 'bob')
        expect(pageFlags(one.locals).context).toEqual({ targetingKey: 'bob' })
        return new Response()
      },
    })
  })

  test('of a visitor keeps an id, also where there is no TLS', async () => {
    const { event, set } = requestOf()
    await handleOf()({
      event,
      resolve(one) {
        const ids = [1, 2].map(() => pageFlags(one.locals).context.targetingKey)
        expect(new Set(ids).size).toBe(1)
        return new Response()
      },
    })
    expect(set).toMatchObject([{ name: 'flaghoist-visitor', httpOnly: false, secure: false }])
  })

  test('of a visitor of the version before keeps the id of the cookie that scripts could not read', async () => {
    const { event, cookies } = requestOf()
    cookies.set('flaghoist-id', 'anonymous-7')
    await handleOf()({ event, resolve: () => new Response() })

    expect(pageFlags(event.locals).context).toEqual({ targetingKey: 'anonymous-7' })
    expect(cookies.get('flaghoist-visitor')).toBe('anonymous-7')
  })

  test('of a visitor who may not be remembered has no id, and neither has the page', async () => {
    const { event, set } = requestOf()
    const handle = handleOf({ visitorCookie: false })
    await handle({ event, resolve: () => new Response() })

    const { context, visitorCookie } = pageFlags(event.locals)
    expect([context.targetingKey, visitorCookie, set]).toEqual([undefined, false, []])
  })

  test('of a visitor keeps an id also where flags are first asked for in a streamed part', async () => {
    const { event, set } = requestOf()
    await handleOf()({ event, resolve: () => new Response() })
    event.cookies.set = () => {
      throw new Error('the response has been generated')
    }
    expect(set).toHaveLength(1)
    expect(event.locals.flags.context.targetingKey).toMatch(/^anonymous-/)
  })

  test('has a context whose class has getters', async () => {
    class User {
      get targetingKey() {
        return 'ada'
      }
      get plan() {
        return 'pro'
      }
    }
    const { event } = requestOf()
    await handleOf({ context: () => new User() })({ event, resolve: () => new Response() })

    const context = { targetingKey: 'ada', plan: 'pro' }
    expect(pageFlags(event.locals).context).toEqual(context)
    expect(event.locals.flags.context).toEqual(context)
  })

  test.for([
    [
      'a getter throws',
      {
        get plan() {
          throw new Error('broken')
        },
      },
    ],
    [
      'a getter within a value throws',
      {
        account: {
          get plan() {
            throw new Error('broken')
          },
        },
      },
    ],
    [
      'its JSON throws',
      {
        toJSON() {
          throw new Error('broken')
        },
      },
    ],
    [
      'its keys throw',
      new Proxy(
        {},
        {
          ownKeys() {
            throw new Error('broken')
          },
        },
      ),
    ],
    ['a value has no JSON', { plan: 1n, cycle: [], date: new Date(Number.NaN) }],
  ] as const)(
    'whose context is hostile still renders its page for the user: %s',
    async ([, parts]) => {
      const context = Object.defineProperties(parts, {
        targetingKey: { value: 'ada', enumerable: true },
      })
      const { event } = requestOf('ada')
      const handle = handleOf({ context: () => context })

      const response = await handle({ event, resolve: (one) => page(one, false) })

      expect([response.status, await response.text()]).toEqual([
        200,
        expect.stringContaining('new'),
      ])
      const props = { ...pageFlags(event.locals), context }
      const { body } = await render(Picks, { props: { flags: props, isBroken: false } })
      expect(body).toContain('new picks')
    },
  )

  test('whose context cannot be made is still answered', async () => {
    const { event } = requestOf('ada')
    const context = () => {
      throw new Error('broken')
    }
    const response = await handleOf({ context })({ event, resolve: (one) => page(one, false) })
    expect(response.status).toBe(200)
  })

  test('for a page that is prerendered is nobody’s', async () => {
    const { event } = requestOf('ada')
    setBuilding(true)
    await handleOf()({
      event,
      resolve(one) {
        expect(pageFlags(one.locals)).toMatchObject({ context: {}, bootstrap: null })
        return new Response()
      },
    })
  })
})
