import type { Change } from '@flaghoist/core/schema'
import { describe, expect, test } from 'vitest'
import { startShopServer, type TestServer } from './http-server.ts'
import { openStreamClient } from './stream-client.ts'

interface Shown {
  readonly key: string
  readonly status: string
  readonly runs: readonly { scope: string; state: string; step: number; next?: string }[]
}

interface Listed {
  readonly items: readonly { readonly key: string; readonly overview: object }[]
  readonly next?: string
}

const step = (share: number, gate = 'manual') => ({
  audience: { share },
  minMinutes: 0,
  minUnits: 0,
  gate,
})
const plan = {
  waves: [
    { name: 'Acme', instances: { keys: ['acme'] }, steps: [step(10), step(50)] },
    { name: 'All others', instances: { rest: true }, steps: [step(10)] },
  ],
  holdback: null,
}
const start = { key: 'r1', flag: 'search', environment: 'production', plan }

/** A server with acme and globex, and a flag that is off; an SDK is connected in each instance. */
async function givenSearch() {
  const server = await startShopServer()
  await server.ask('POST', 'flags', { body: { key: 'search' } })
  const connect = async (instance: string) => {
    const key = await server.makeKey('server', `production/${instance}`)
    return openStreamClient(server.url, key, { sdkId: instance })
  }
  return { server, acme: await connect('acme'), globex: await connect('globex') }
}

const statesOf = async (server: TestServer) => {
  const { body } = await server.ask<Shown>('GET', 'rollouts/r1')
  return Object.fromEntries(body.runs.map(({ scope, state }) => [scope, state]))
}
const act = (server: TestServer, action: string, body?: object, rollout = 'r1') =>
  server.ask('POST', `rollouts/${rollout}/${action}?reason=Test`, { body: body ?? {} })

describe('a rollout', () => {
  test('reaches the SDKs of the first wave, and waits there for a person', async () => {
    const { server, acme, globex } = await givenSearch()
    await using _ = server
    const started = await server.ask<Shown>('POST', 'rollouts', { body: start })
    expect([started.status, started.headers.get('location')]).toEqual([
      201,
      '/api/v1/projects/default/rollouts/r1',
    ])
    await acme.until('10 %', () => acme.ruleset?.flags.search?.rollout?.share === 10_000)

    const { body } = await server.ask<Shown>('GET', 'rollouts/r1')
    expect(body).toMatchObject({
      safety: { isSafe: false, text: expect.stringContaining('0 of 3 scopes are safe. acme') },
    })
    expect(body.runs).toMatchObject([
      { scope: 'production/acme', state: 'exposing', next: expect.stringContaining('advance') },
      { scope: 'production/globex', state: 'pending' },
      { scope: 'production', state: 'pending' },
    ])
    expect(globex.ruleset?.flags.search).toMatchObject({ on: false })
    acme.close()
    globex.close()
  })

  test('waits while a freeze is in force, which people override for a reason', async () => {
    const { server, acme, globex } = await givenSearch()
    await using _ = server
    const window = { once: { from: '2020-01-01T00:00', to: '2099-12-31T00:00' } }
    await server.ask('POST', 'freezes', { body: { key: 'sale', window } })
    await server.ask('POST', 'rollouts', { body: start })

    const { body } = await server.ask<Shown>('GET', 'rollouts/r1')
    expect(body.runs[0]).toMatchObject({
      next: 'The freeze "sale" applies in production/acme until 2099-12-31T00:00:00Z.',
    })
    const scopes = { body: { scopes: ['production/acme'] } }
    const advance = (query: string) => server.ask('POST', `rollouts/r1/advance${query}`, scopes)
    expect(await advance('?reason=Hurry')).toMatchObject({ body: { code: 'SCOPE_FROZEN' } })
    expect(await advance('?override=freeze&reason=Hurry')).toMatchObject({ status: 200 })
    await acme.until('10 %', () => acme.ruleset?.flags.search?.rollout?.share === 10_000)
    expect(await act(server, 'rollback', scopes.body)).toMatchObject({ status: 200 })
    await acme.until('off', () => acme.ruleset?.flags.search?.on === false)
    acme.close()
    globex.close()
  })

  test('is steered by a person, and each decision is in its timeline', async () => {
    const { server, acme, globex } = await givenSearch()
    await using _ = server
    await server.ask('POST', 'rollouts', { body: start })
    await acme.until('10 %', () => acme.ruleset?.flags.search?.rollout?.share === 10_000)
    const dry = await server.ask<Shown>('POST', 'rollouts/r1/advance?dryRun=true', { body: {} })
    expect(dry.body.runs).toMatchObject([{ scope: 'production/acme', step: 1 }])
    expect(acme.ruleset?.flags.search?.rollout?.share).toBe(10_000)
    await act(server, 'advance', { scopes: ['production/acme'] })
    await acme.until('50 %', () => acme.ruleset?.flags.search?.rollout?.share === 50_000)
    await act(server, 'advance', { scopes: ['production/acme'] })
    await globex.until('10 %', () => globex.ruleset?.flags.search?.rollout?.share === 10_000)
    const servesAll = { on: true, fallthrough: { variant: 'on' } }
    await expect.poll(() => acme.ruleset?.flags.search).toMatchObject(servesAll)

    await act(server, 'rollback', { scopes: ['production/globex'] })
    await globex.until('off', () => globex.ruleset?.flags.search?.on === false)
    expect(acme.ruleset?.flags.search).toMatchObject({ on: true })

    const { body } = await server.ask<{
      items: { scope?: string; state?: string; reason?: string }[]
    }>('GET', 'rollouts/r1/timeline')
    // The engine may have quarantined the scope since.
    const rolledBack = body.items.find(({ state }) => state === 'rolled-back')
    expect(rolledBack).toMatchObject({ scope: 'production/globex', reason: 'Test' })
    const ofAcme = body.items.filter(({ scope }) => scope === 'production/acme')
    expect(ofAcme.map(({ state }) => state)).toEqual(['done', 'exposing', 'exposing', 'waiting'])
    acme.close()
    globex.close()
  })

  test('waits in an instance without a connected SDK', async () => {
    await using server = await startShopServer()
    await server.ask('POST', 'flags', { body: { key: 'search' } })
    await server.ask('POST', 'rollouts', { body: start })
    await expect
      .poll(async () => (await server.ask<Shown>('GET', 'rollouts/r1')).body.runs[0])
      .toMatchObject({ state: 'waiting', next: expect.stringContaining('No SDK is connected') })
  })

  test('reaches an instance whose SDK has the key of the environment', async () => {
    await using server = await startShopServer()
    await server.ask('POST', 'flags', { body: { key: 'search' } })
    const key = await server.makeKey('server', 'production')
    const everywhere = await openStreamClient(server.url, key)
    await server.ask('POST', 'rollouts', { body: start })
    await everywhere.until('10 % in acme', () => {
      const { instances } = everywhere.ruleset?.flags.search ?? {}
      return instances?.acme?.rollout?.share === 10_000
    })
    everywhere.close()
  })

  test('is planned without being started', async () => {
    const { server, acme, globex } = await givenSearch()
    await using _ = server
    const { status, body } = await server.ask<Shown>('POST', 'rollouts?dryRun=true', {
      body: start,
    })
    expect(status).toBe(200)
    expect(body.runs.map(({ scope }) => scope)).toEqual([
      'production/acme',
      'production/globex',
      'production',
    ])
    expect((await server.ask('GET', 'rollouts/r1')).status).toBe(404)
    acme.close()
    globex.close()
  })

  test('is listed with its runs summed up, page by page', async () => {
    const { server, acme, globex } = await givenSearch()
    await using _ = server
    await server.ask('POST', 'rollouts', { body: { ...start, key: 'r9' } })
    await act(server, 'abort', { leave: false }, 'r9')
    await server.ask('POST', 'rollouts', { body: start })
    await acme.until('10 %', () => acme.ruleset?.flags.search?.rollout?.share === 10_000)

    const list = async (query: string) =>
      (await server.ask<Listed>('GET', `rollouts?${query}`)).body
    const { items, next } = await list('limit=1')
    expect(items).toMatchObject([
      {
        key: 'r1',
        overview: {
          attention: 'needs-person',
          states: [
            { state: 'exposing', runs: 1 },
            { state: 'pending', runs: 2 },
          ],
          share: { from: 10, to: 10 },
          text: 'acme: The next step waits for a person: use "advance".',
          sentence: 'Wave 1 of 2, "Acme": 0 of 3 runs done, 1 in progress.',
        },
        safety: { isSafe: false },
      },
    ])
    const second = await list(`limit=1&cursor=${encodeURIComponent(next!)}`)
    expect(second.items).toMatchObject([{ key: 'r9', overview: { attention: 'settled' } }])
    expect(second.next).toBeUndefined()
    expect((await list('inProgress=false')).items.map(({ key }) => key)).toEqual(['r9'])
    expect((await list('inProgress=true')).items.map(({ key }) => key)).toEqual(['r1'])
    expect((await list('flag=search&limit=1')).items.map(({ key }) => key)).toEqual(['r1'])
    expect((await list('flag=new-checkout')).items).toEqual([])
    expect((await server.ask('GET', 'rollouts?flag=serch')).body).toMatchObject({
      status: 404,
      hint: 'Did you mean "search"?',
    })

    await act(server, 'pause')
    expect((await list('limit=1')).items[0]!.overview).toMatchObject({
      attention: 'needs-person',
      text: expect.stringContaining('paused the rollout'),
    })
    acme.close()
    globex.close()
  })

  test('says what an action would do, and which ones a run takes', async () => {
    const { server, acme, globex } = await givenSearch()
    await using _ = server
    await server.ask('POST', 'rollouts', { body: start })
    await acme.until('10 %', () => acme.ruleset?.flags.search?.rollout?.share === 10_000)
    const { body } = await server.ask<{ runs: object[] }>('GET', 'rollouts/r1')
    expect(body.runs).toMatchObject([
      { share: 10, attention: 'needs-person', actions: expect.arrayContaining(['advance']) },
      { share: 0, attention: 'pending', actions: [] },
      { share: 0, attention: 'pending', actions: [] },
    ])
    const dry = (action: string, asked: object = { scopes: ['production/acme'] }) =>
      server.ask('POST', `rollouts/r1/${action}?dryRun=true`, { body: asked })
    expect((await dry('rollback')).body).toMatchObject({
      text: 'acme is rolled back: 0% of the users get "on" instead of 10%.',
      risk: { scopes: [{ scope: 'production/acme', movedBuckets: 10_000 }] },
    })
    expect((await dry('pause')).body).toMatchObject({
      text: 'acme is held: 10% of the users keep "on".',
      risk: { scopes: [] },
    })
    expect((await dry('retry')).body).toMatchObject({
      text: 'Nothing changes: no run can do this now.',
    })
    expect((await dry('pause', {})).body).toMatchObject({
      text: expect.stringContaining('Regressions are still rolled back.'),
    })
    acme.close()
    globex.close()
  })

  test('says of a scope of a later wave that it has not begun', async () => {
    const { server, acme, globex } = await givenSearch()
    await using _ = server
    await server.ask('POST', 'rollouts', { body: start })
    const ofGlobex = 'rollouts/r1/runs/production%2Fglobex'
    expect((await server.ask('GET', ofGlobex)).body).toMatchObject({ state: 'pending', wave: 1 })
    const skipped = await act(server, 'skip', { scopes: ['production/globex'] })
    expect(skipped.body).toMatchObject({
      status: 404,
      code: 'RUN_NOT_STARTED',
      detail: expect.stringContaining('Wave "All others" is not open yet.'),
    })
    await act(server, 'abort', { leave: false })
    expect((await server.ask('GET', ofGlobex)).body).toMatchObject({
      code: 'RUN_NOT_STARTED',
      detail: expect.stringContaining('The rollout ended before.'),
    })
    const misspelt = await server.ask('GET', 'rollouts/r1/runs/production%2Fglobx')
    expect(misspelt.body).toMatchObject({ hint: 'Did you mean "production/globex"?' })
    const key = await server.makeKey('admin', 'production/acme')
    const hidden = await server.ask('POST', 'rollouts/r1/skip', {
      key,
      body: { scopes: ['production/globx'] },
    })
    expect(JSON.stringify(hidden.body)).not.toContain('globex')
    acme.close()
    globex.close()
  })

  test('ends as it began after an abort that restores', async () => {
    const { server, acme, globex } = await givenSearch()
    await using _ = server
    await server.ask('POST', 'rollouts', { body: start })
    await acme.until('10 %', () => acme.ruleset?.flags.search?.rollout?.share === 10_000)
    expect((await act(server, 'abort')).body).toMatchObject({ code: 'REQUEST_INVALID' })
    expect((await act(server, 'abort', { leave: false })).body).toMatchObject({ status: 'aborted' })
    await acme.until('off', () => acme.ruleset?.flags.search?.on === false)
    expect(await statesOf(server)).toEqual({ 'production/acme': 'rolled-back' })
    acme.close()
    globex.close()
  })

  test.for([
    ['an unknown flag', { flag: 'serch' }, 404, 'Did you mean'],
    ['an unknown environment', { environment: 'prod' }, 404, 'prod'],
    ['an unknown plan', { plan: 'standart' }, 404, 'Did you mean \\"standard\\"?'],
    [
      'a wave without instances',
      { plan: { waves: [{ ...plan.waves[0], instances: { tags: { tier: 'x' } } }] } },
      422,
      'WAVE_EMPTY',
    ],
    ['the same variant twice', { from: 'on', to: 'on' }, 422, 'ROLLOUT_UNSUITABLE'],
    ['an unknown variant', { to: 'onn' }, 404, 'Did you mean'],
  ] as const)('of %s is refused', async ([, parts, wanted, text]) => {
    await using server = await startShopServer()
    await server.ask('POST', 'flags', { body: { key: 'search' } })
    const { status, body } = await server.ask('POST', 'rollouts', { body: { ...start, ...parts } })
    expect(status).toBe(wanted)
    expect(JSON.stringify(body)).toContain(text)
  })

  test('of a flag that has one in progress is refused', async () => {
    await using server = await startShopServer()
    await server.ask('POST', 'flags', { body: { key: 'search' } })
    await server.ask('POST', 'rollouts', { body: start })
    const second = await server.ask('POST', 'rollouts', { body: { ...start, key: 'r2' } })
    expect(second.body).toMatchObject({ status: 409, code: 'ROLLOUT_OVERLAPS' })
  })

  test.for([
    ['flag', 'DELETE', 'flags/search', undefined],
    ['instance', 'PATCH', 'instances/acme', { status: 'retired' }],
    [
      'variants',
      'PATCH',
      'flags/search',
      {
        variants: [
          { key: 'off', value: false },
          { key: 'new', value: true },
        ],
      },
    ],
  ] as const)('keeps its %s while it is in progress', async ([, method, path, body]) => {
    await using server = await startShopServer()
    await server.ask('POST', 'flags', { body: { key: 'search' } })
    await server.ask('POST', 'rollouts', { body: start })
    expect((await server.ask(method, path, { body })).body).toMatchObject({
      status: 409,
      code: 'ROLLOUT_RUNNING',
    })
    await act(server, 'abort', { leave: true })
    expect((await server.ask(method, path, { body })).status).toBe(200)
  })

  test('cannot be undone by reverting one of its changes', async () => {
    await using server = await startShopServer()
    await server.ask('POST', 'flags', { body: { key: 'search' } })
    await server.ask('POST', 'rollouts', { body: start })
    const { body } = await server.ask<{ items: Change[] }>('GET', 'changes?action=rollout.start')
    const reverted = await server.ask('POST', `changes/${body.items[0]!.seq}/revert`)
    expect(reverted.body).toMatchObject({ code: 'REVERT_FORBIDDEN' })
  })
})

describe('a key of one instance', () => {
  test('sees and rolls back its own run only', async () => {
    const { server, acme, globex } = await givenSearch()
    await using _ = server
    const key = await server.makeKey('admin', 'production/acme')
    await server.ask('POST', 'rollouts', { body: start })
    await acme.until('10 %', () => acme.ruleset?.flags.search?.rollout?.share === 10_000)

    const ask = (method: string, path: string, body?: object) =>
      server.ask(method, path, { key, body })
    expect((await ask('GET', 'rollouts')).body).toMatchObject({ code: 'PROJECT_KEY_REQUIRED' })
    expect((await ask('GET', 'rollouts/r1')).body).toMatchObject({ code: 'PROJECT_KEY_REQUIRED' })
    expect((await ask('GET', 'rollouts/r1/runs/production%2Facme')).body).toMatchObject({
      state: 'exposing',
    })
    expect((await ask('GET', 'rollouts/r1/runs/production%2Fglobex')).status).toBe(404)
    expect(
      (await ask('POST', 'rollouts/r1/rollback', { scopes: ['production/globex'] })).status,
    ).toBe(404)
    expect((await ask('POST', 'rollouts/r1/rollback', {})).body).toMatchObject({
      runs: [{ scope: 'production/acme', state: 'rolled-back' }],
    })
    acme.close()
    globex.close()
  })
})
