import { describe, expect, test } from 'vitest'
import { startShopServer, type TestServer } from './http-server.ts'

interface Options {
  readonly plans: readonly object[]
  readonly environment?: string
  readonly rollout?: object
  readonly version?: number
  readonly needsReason?: boolean
  readonly refusal?: { readonly code: string }
}

const step = { audience: { share: 15 }, minMinutes: 0, minUnits: 0, gate: 'manual' }
const waves = [{ name: 'All', instances: { rest: true }, steps: [step] }]

/** A shop with the plan slow, beside those that every project has. */
async function givenPlan(): Promise<TestServer> {
  const server = await startShopServer()
  await server.ask('POST', 'plans', { body: { key: 'slow', name: 'Slow', waves } })
  return server
}

const optionsOf = async ({ ask }: TestServer, query = '', flag = 'new-checkout') =>
  (await ask<Options>('GET', `flags/${flag}/rollout-options${query}`)).body

/** Returns a value with each instant replaced: those of a start begin with the response. */
const withoutTimes = (value: object) =>
  JSON.parse(JSON.stringify(value).replaceAll(/\d{4}-\d\d-\d\dT[\d:.]+Z/g, 'T'))

describe('the options of a rollout', () => {
  test('are the plans, the variants, and the rollout as a dry run of its start shows it', async () => {
    await using server = await givenPlan()
    const { body: plans } = await server.ask<{ items: { key: string; name: string }[] }>(
      'GET',
      'plans',
    )
    const body = { flag: 'new-checkout', environment: 'production', plan: 'slow' }
    const dry = await server.ask<object>('POST', 'rollouts?dryRun=true', { body })
    expect(dry.status).toBe(200)

    expect(withoutTimes(await optionsOf(server, '?plan=slow'))).toEqual({
      plans: plans.items.map(({ key, name }) => ({
        ...{ key, name },
        origin: key === 'slow' ? 'own' : 'built-in',
      })),
      variants: ['on', 'off'],
      environment: 'production',
      rollout: withoutTimes(dry.body),
      version: 0,
      needsReason: false,
    })
    expect(plans.items.map(({ key }) => key)).toEqual(expect.arrayContaining(['slow', 'standard']))
    expect((await server.ask<{ items: object[] }>('GET', 'rollouts')).body.items).toEqual([])
  })

  test('choose variants, and say why the start would be refused', async () => {
    await using server = await givenPlan()
    expect(await optionsOf(server, '?from=on&to=off')).toMatchObject({
      rollout: { from: 'on', to: 'off' },
    })
    const codeOf = async (query: string) => {
      const { rollout, version, refusal } = await optionsOf(server, query)
      expect([rollout, version]).toEqual([undefined, undefined])
      return refusal?.code
    }
    expect(await codeOf('?plan=gone')).toBe('ENTITY_NOT_FOUND')
    expect(await codeOf('?environment=gone')).toBe('ENTITY_NOT_FOUND')
    expect(await codeOf('?from=on&to=on')).toBe('ROLLOUT_UNSUITABLE')
    const body = { key: 'r1', flag: 'new-checkout', environment: 'production' }
    await server.ask('POST', 'rollouts', { body })
    expect(await codeOf('')).toBe('ROLLOUT_OVERLAPS')
    expect(await optionsOf(server, '', 'gone')).toMatchObject({ code: 'ENTITY_NOT_FOUND' })
  })

  test('name the version, and the need for a reason, of a start that then succeeds', async () => {
    await using server = await givenPlan()
    // A flag that is off everywhere changes once the engine exposes a run, not at the start.
    const layer = { on: true, fallthrough: { variant: 'off' } }
    await server.ask('PUT', 'flags/new-checkout/layers/production', { body: layer })
    await server.ask('PATCH', 'environments/production', { body: { protected: true } })
    const { environment, version, needsReason } = await optionsOf(server, '?plan=slow')
    const body = { key: 'r1', flag: 'new-checkout', environment, plan: 'slow' }
    const headers = { 'if-match': `"${version}"` }
    const query = needsReason ? '?reason=Test' : ''
    expect((await server.ask('POST', `rollouts${query}`, { body, headers })).status).toBe(201)
  })

  test('are refused to a key that is bound to a scope', async () => {
    await using server = await givenPlan()
    const key = await server.makeKey('admin', 'production/acme')
    const { body } = await server.ask('GET', 'flags/new-checkout/rollout-options', { key })
    expect(body).toMatchObject({ status: 403, code: 'PROJECT_KEY_REQUIRED' })
  })
})
