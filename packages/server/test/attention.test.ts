import { describe, expect, test } from 'vitest'
import { startShopServer, type TestServer } from './http-server.ts'

interface Attention {
  readonly version: number
  readonly flags: number
  readonly items: readonly Readonly<Record<string, unknown>>[]
  readonly counts: Readonly<Record<string, number>>
  readonly watching: {
    readonly running: number
    readonly safe: number
    readonly rollouts: readonly Readonly<Record<string, unknown>>[]
  }
  readonly drift?: { readonly scopes: string; readonly flags: number }
  readonly last?: { readonly text: string }
}

const attentionOf = async (server: TestServer, key?: string) =>
  (await server.ask<Attention>('GET', 'attention', { ...(key && { key }) })).body

/** The kinds that follow from the state alone, at once. */
const withoutGates = (items: Attention['items']) => items.filter(({ kind }) => kind !== 'at-gate')

const step = { audience: { share: 15 }, minMinutes: 0, minUnits: 0, gate: 'manual' }
const plan = {
  waves: [
    { name: 'All', instances: { rest: true }, steps: [step, { ...step, audience: { share: 50 } }] },
  ],
  holdback: null,
}

/** A shop in which the rollout `r1` of `search` exposes at both instances. */
async function givenRollout() {
  const server = await startShopServer()
  await server.ask('POST', 'flags', { body: { key: 'search' } })
  await server.ask('POST', 'rollouts', {
    body: { key: 'r1', flag: 'search', environment: 'production', plan },
  })
  const act = (action: string, body: object = {}) =>
    server.ask('POST', `rollouts/r1/${action}?reason=Basket+is+empty`, { body })
  const statesOf = async () => {
    const { body } = await server.ask<{ runs: { state: string }[] }>('GET', 'rollouts/r1')
    return body.runs.map(({ state }) => state)
  }
  await expect.poll(statesOf).toEqual(['waiting', 'waiting', 'waiting'])
  await act('advance', { scopes: ['production/acme', 'production/globex'] })
  return { server, act }
}

describe('attention', () => {
  test('is nothing on a quiet day, with the last change', async () => {
    await using server = await startShopServer()

    expect(await attentionOf(server)).toEqual({
      version: 5,
      flags: 1,
      items: [],
      counts: { rolledBack: 0, held: 0, quarantined: 0, killed: 0, overdue: 0 },
      drift: { scopes: 'production/*', flags: 1 },
      watching: { running: 0, safe: 0, rollouts: [] },
      last: expect.objectContaining({
        text: 'Replaced the settings of "new-checkout" in production/acme.',
      }),
    })

    await server.ask('DELETE', 'flags/new-checkout')
    expect(await attentionOf(server)).toMatchObject({ flags: 0 })
  })

  test('has the states of the flags that a query matches', async () => {
    await using server = await startShopServer()
    await server.ask('POST', 'flags', { body: { key: 'search' } })
    await server.ask('POST', 'flags/search/kill', { body: { scopes: ['production/acme'] } })
    const { body } = await server.ask<{ matrix: unknown }>('GET', 'attention?query=state:killed')
    expect(body.matrix).toEqual((await server.ask('GET', 'matrix?query=state:killed')).body)
    expect((await server.ask('GET', 'attention?query=ownr:Ada')).status).toBe(400)
  })

  test('counts the unexplained differences of the environment that matters most', async () => {
    await using server = await startShopServer()
    const driftOf = async (key?: string) => (await attentionOf(server, key)).drift
    await server.ask('POST', 'environments', { body: { key: 'staging', order: 9 } })
    expect(await driftOf()).toEqual({ scopes: 'staging/*', flags: 0 })

    await server.ask('PATCH', 'environments/production', { body: { protected: true } })
    expect(await driftOf()).toEqual({ scopes: 'production/*', flags: 1 })
    expect(await driftOf(await server.makeKey('admin', 'staging'))).toEqual({
      scopes: 'staging/*',
      flags: 0,
    })
    expect(await driftOf(await server.makeKey('admin', 'production/acme'))).toBeUndefined()

    const acme = 'flags/new-checkout/layers/production/acme'
    const { headers } = await server.ask('GET', acme)
    await server.ask('PATCH', `${acme}?reason=Pilot`, {
      body: { note: { reason: 'Pilot' } },
      headers: { 'if-match': headers.get('etag')! },
    })
    expect(await driftOf()).toEqual({ scopes: 'production/*', flags: 0 })

    await server.ask('PATCH', 'instances/globex', { body: { status: 'retired' } })
    expect(await driftOf()).toBeUndefined()
  })

  test('is a sentence, a reason and a next step for each situation of a rollout', async () => {
    const { server, act } = await givenRollout()
    await using _ = server

    await act('pause', { scopes: ['production/acme'] })
    // The engine would quarantine the scope that is rolled back within a second.
    await act('pause')
    await act('rollback', { scopes: ['production/globex'] })

    const { items, counts } = await attentionOf(server)
    expect(counts).toMatchObject({ rolledBack: 1, held: 1 })
    expect(withoutGates(items)).toMatchObject([
      {
        kind: 'rolled-back',
        severity: 'warning',
        what: '"search" is rolled back in production/globex.',
        reason: 'FLAGHOIST_ADMIN_KEY rolled back production/globex: Basket is empty',
        todo: 'Use "retry" after a fix, or "skip" to leave the old variant there.',
        flags: ['search'],
        rollout: 'r1',
        scopes: ['production/globex'],
      },
      {
        kind: 'held',
        severity: 'info',
        what: 'The rollout of "search" is held in production/acme.',
        todo: 'Use "resume" once the reason for the hold is gone.',
      },
      { kind: 'paused' },
    ])
  })

  test('ends with the situation', async () => {
    const { server, act } = await givenRollout()
    await using _ = server
    await act('quarantine', { scopes: ['production/acme'], owner: 'team-acme' })
    expect(withoutGates((await attentionOf(server)).items)).toMatchObject([
      { kind: 'quarantined', owner: 'team-acme', scopes: ['production/acme'] },
    ])

    await act('retry', { scopes: ['production/acme'] })

    expect(withoutGates((await attentionOf(server)).items)).toEqual([])
  })

  test('names a pause, and a freeze that keeps runs from their next step', async () => {
    const { server, act } = await givenRollout()
    await using _ = server
    const window = { once: { from: '2020-01-01T00:00', to: '2099-12-31T00:00' } }
    await server.ask('POST', 'freezes', {
      body: {
        key: 'sale',
        environments: ['production'],
        instances: { keys: ['acme'] },
        window,
        zone: 'UTC',
      },
    })
    expect(withoutGates((await attentionOf(server)).items)).toMatchObject([
      {
        kind: 'closed',
        severity: 'info',
        what: 'The rollout of "search" takes no step in production/acme.',
        reason: expect.stringContaining('sale'),
      },
    ])

    await act('pause')

    expect(withoutGates((await attentionOf(server)).items)).toMatchObject([
      { kind: 'paused', what: 'The rollout of "search" in production is paused.' },
    ])
  })

  test('names a kill by its author, once for all of its flags', async () => {
    await using server = await startShopServer()
    await server.ask('POST', 'flags', { body: { key: 'search', tags: { team: 'shop' } } })
    await server.ask('POST', 'kill?reason=Payments+fail', {
      body: { flagTags: { team: 'shop' }, environments: ['production'] },
    })

    const { items, counts } = await attentionOf(server)
    expect(counts.killed).toBe(2)
    expect(items).toMatchObject([
      {
        kind: 'killed',
        what: 'FLAGHOIST_ADMIN_KEY killed "new-checkout" and "search" in production.',
        reason: 'Payments fail',
        flags: ['new-checkout', 'search'],
      },
    ])
  })

  test('names the runs that wait for a person at a gate', async () => {
    const { server } = await givenRollout()
    await using _ = server

    await expect
      .poll(async () => (await attentionOf(server)).items)
      .toMatchObject([
        {
          kind: 'at-gate',
          what: 'The rollout of "search" waits for a person in production/acme and production/globex.',
          todo: 'Use "advance" to take the next step there.',
        },
      ])
  })

  test('says what a rollout in progress lacks to be safe', async () => {
    const { server } = await givenRollout()
    await using _ = server

    const { watching } = await attentionOf(server)

    expect(watching).toMatchObject({ running: 1, safe: 0 })
    expect(watching.rollouts).toMatchObject([
      {
        rollout: 'r1',
        flag: 'search',
        environment: 'production',
        isSafe: false,
        text: expect.stringMatching(/^0 of 3 scopes are safe\. /),
      },
    ])
  })

  test('shows a key of an instance nothing of another one', async () => {
    const { server, act } = await givenRollout()
    await using _ = server
    await act('pause', { scopes: ['production/acme'] })
    await server.ask('POST', 'flags/new-checkout/kill?reason=x', {
      body: { scopes: ['production/acme'] },
    })

    const globex = await attentionOf(server, await server.makeKey('admin', 'production/globex'))
    expect(JSON.stringify(globex)).not.toContain('acme')
    expect(withoutGates(globex.items)).toEqual([])
    expect(globex.watching.running).toBe(1)

    const acme = await attentionOf(server, await server.makeKey('admin', 'production/acme'))
    expect(withoutGates(acme.items).map(({ kind }) => kind)).toEqual(['killed', 'held'])
  })
})
