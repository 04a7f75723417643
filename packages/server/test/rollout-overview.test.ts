import { describe, expect, test } from 'vitest'
import { startShopServer, type TestServer } from './http-server.ts'

interface Overview {
  readonly rollout: { readonly key: string; readonly runs: readonly object[] }
  readonly timeline: readonly { readonly version: number; readonly action: string }[]
  readonly health: { readonly scope: string }
}

const step = { audience: { share: 15 }, minMinutes: 0, minUnits: 0, gate: 'manual' }
const plan = {
  waves: [
    { name: 'Pilot', instances: { keys: ['acme'] }, steps: [step] },
    { name: 'All', instances: { rest: true }, steps: [step] },
  ],
  holdback: null,
}

/** A shop with a rollout that waits in acme for an SDK, and is pending elsewhere. */
async function givenRollout(): Promise<TestServer> {
  const server = await startShopServer()
  const start = { key: 'r1', flag: 'new-checkout', environment: 'production', plan }
  await server.ask('POST', 'rollouts', { body: start })
  return server
}

const overviewOf = async ({ ask }: TestServer, query = '') =>
  (await ask<Overview>('GET', `rollouts/r1/overview${query}`)).body
const quarantine = ({ ask }: TestServer, scope: string) =>
  ask('POST', 'rollouts/r1/quarantine?reason=Test', { body: { scopes: [scope] } })

describe('the overview of a rollout', () => {
  test('has what the rollout, its timeline and the health of a scope have', async () => {
    await using server = await givenRollout()
    const read = async (path: string) => (await server.ask('GET', path)).body
    const overview = await overviewOf(server, '?scope=production/globex')
    const { items } = await read('rollouts/r1/timeline?evidence=false')

    expect(overview).toEqual({
      // The times of its forecast begin with the instant of the response.
      rollout: { ...(await read('rollouts/r1')), forecast: expect.any(Object) },
      timeline: items,
      health: await read('flags/new-checkout/health?scope=production/globex'),
    })
    expect(overview.timeline).toMatchObject([{ action: 'rollout.start' }, {}])
  })

  test('looks at the run that needs people most by default', async () => {
    await using server = await givenRollout()
    const scopeOf = async (query?: string) => (await overviewOf(server, query)).health.scope
    expect(await scopeOf()).toBe('production/acme')
    expect(await scopeOf('?scope=production/globex')).toBe('production/globex')
    expect(await scopeOf('?scope=production/gone')).toBe('production/acme')

    await quarantine(server, 'production/acme')
    await expect.poll(() => scopeOf()).toBe('production/globex')
  })

  test('lists only the decisions that the client has not received', async () => {
    await using server = await givenRollout()
    const { timeline: first } = await overviewOf(server)
    const after = `?after=${first[0]!.version}`
    expect(await overviewOf(server, after)).toMatchObject({ timeline: [] })

    await quarantine(server, 'production/acme')
    const { timeline: later } = await overviewOf(server, after)
    expect(later).toMatchObject([{ scope: 'production/acme', reason: 'Test' }])
    expect((await overviewOf(server)).timeline).toEqual([...later, ...first])
  })

  test('is refused to a key that is bound to a scope', async () => {
    await using server = await givenRollout()
    const key = await server.makeKey('admin', 'production/acme')
    const { body } = await server.ask('GET', 'rollouts/r1/overview', { key })
    expect(body).toMatchObject({ status: 403, code: 'PROJECT_KEY_REQUIRED' })
  })
})
