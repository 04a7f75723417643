import { BUCKETS, bucketOf } from '@flaghoist/core'
import type { Layer } from '@flaghoist/core/schema'
import { expect, onTestFinished, test } from 'vitest'
import type { z } from 'zod'
import { fc } from '../../../test-support/fast-check.ts'
import { buildApp } from '../src/app.ts'
import { assembleServices } from '../src/assemble-services.ts'
import { loadConfig } from '../src/config.ts'
import { prepareFirstStart } from '../src/first-start.ts'
import type { ExplainedFlags } from '../src/flags/evaluate/schemas.ts'
import type { RulesetTarget } from '../src/rulesets/rulesets.ts'
import { createSdkServer } from '../src/sdk-server.ts'
import { createMemoryStores } from '../src/stores/memory/memory-stores.ts'
import { ADMIN_KEY, startShopServer, type TestServer } from './http-server.ts'
import { BASE, creationOf, on, SHOP, writeOf } from './shop.ts'

const path = 'flags/new-checkout'

async function explain(server: TestServer, context: object, scope = 'production/acme') {
  const { body } = await server.ask('POST', `${path}/evaluate`, { body: { scope, context } })
  return body
}

const setLayer = (server: TestServer, scope: string, layer: object) =>
  server.ask<Layer>('PUT', `${path}/layers/${scope}`, { body: layer })

test('names the rule, its name and the layer that has it', async () => {
  await using server = await startShopServer()
  const when = [[{ attribute: 'plan', op: 'in', values: ['pro'] }]]
  const rules = [{ id: 'paying', name: 'Paying customers', when, serve: { variant: 'on' } }]
  await setLayer(server, 'production', { on: true, rules, fallthrough: { variant: 'off' } })

  expect(await explain(server, { targetingKey: 'ada', plan: 'pro' })).toEqual({
    key: 'new-checkout',
    value: true,
    variant: 'on',
    reason: 'TARGETING_MATCH',
    decision: 'rule',
    layer: 'production',
    rule: { id: 'paying', name: 'Paying customers' },
  })
  expect(await explain(server, { targetingKey: 'ada' })).toMatchObject({
    value: false,
    decision: 'fallthrough',
    layer: 'production',
  })
})

test('names the bucket and the share, for both arms of a rollout', async () => {
  await using server = await startShopServer()
  const layer = { on: true, rollout: { percent: 50 }, fallthrough: { variant: 'off' } }
  const { body } = await setLayer(server, 'production/acme', layer)
  const { salt } = body.rollout!

  for (const targetingKey of ['ada', 'bob', 'cy', 'dee', 'eve', 'fay']) {
    const bucket = bucketOf(salt, targetingKey)
    const isTreated = bucket < BUCKETS / 2
    expect(await explain(server, { targetingKey })).toMatchObject({
      value: isTreated,
      arm: isTreated ? 'treatment' : 'control',
      decision: isTreated ? 'rollout' : 'fallthrough',
      layer: 'production/acme',
      rollout: { by: 'targetingKey', bucket, share: 50_000 },
    })
  }
  expect(await explain(server, {})).toMatchObject({
    reasonDetail: 'bucket-key-missing',
    rollout: { by: 'targetingKey', share: 50_000 },
  })
})

test('names the bucket of a split', async () => {
  await using server = await startShopServer()
  const fallthrough = { percent: { on: 30, off: 70 }, by: 'company' }
  const { body } = await setLayer(server, 'production/acme', { on: true, fallthrough })
  const { split } = body.fallthrough as { split: { salt: string } }

  expect(await explain(server, { company: 'initech' })).toMatchObject({
    reason: 'SPLIT',
    decision: 'fallthrough',
    split: { by: 'company', bucket: bucketOf(split.salt, 'initech') },
  })
})

test('says that a flag is off or killed, and in which layer', async () => {
  await using server = await startShopServer()
  expect(await explain(server, {}, 'production')).toMatchObject({
    value: false,
    reasonDetail: 'off',
    decision: 'off',
    layer: '*',
  })
  // The context chooses an instance of an environment, as in a ruleset of the environment.
  expect(await explain(server, { instance: 'acme' }, 'production')).toMatchObject({ value: true })

  await server.ask('POST', `${path}/kill`, { body: { scopes: ['production'] } })
  expect(await explain(server, {})).toMatchObject({ decision: 'killed', layer: 'production' })
})

test('answers for all flags as an SDK of the scope does, and counts nothing', async () => {
  await using server = await startShopServer()
  const key = await server.makeKey('server', 'production/acme')
  await server.ask('POST', 'flags', { body: { key: 'search' } })
  await setLayer(server, 'production', { on: true, fallthrough: { percent: { on: 50, off: 50 } } })
  const context = fc.record({ targetingKey: fc.string(), plan: fc.constantFrom('pro', 'free') })

  await fc.assert(
    fc.asyncProperty(context, async (given) => {
      const body = { scope: 'production/acme', context: given }
      const { body: explained } = await server.ask<{ items: object[] }>('POST', 'evaluate', {
        body,
      })
      const { body: remote } = await server.ask<{ flags: object[] }>(
        'POST',
        '/ofrep/v1/evaluate/flags',
        { key, body: { context: given } },
      )
      const parts = ({ key: flag, value, variant, reason }: Record<string, unknown>) => ({
        flag,
        value,
        variant,
        reason,
      })
      expect(explained.items.map((item) => parts({ ...item }))).toEqual(
        remote.flags.map((item) => parts({ ...item })),
      )
    }),
    { numRuns: 20 },
  )
  const { body: counted } = await server.ask('GET', 'exposures')
  expect(counted).toMatchObject({ items: [] })
})

test('answers for several scopes, so that people see where a context gets another value', async () => {
  await using server = await startShopServer()
  await server.ask('POST', 'flags', { body: { key: 'search' } })
  await setLayer(server, 'production/acme', { on: true, fallthrough: { variant: 'on' } })
  await setLayer(server, 'production/globex', { on: false })
  const scope = ['production/globex', 'production/acme', 'production/globex']
  const ask = (key?: string) =>
    server.ask<{ items: Record<string, unknown>[] }>('POST', 'evaluate', {
      ...(key && { key }),
      body: { scope, context: { targetingKey: 'ada' } },
    })

  const { items } = (await ask()).body
  expect(items.map(({ scope, key, value, layer }) => [scope, key, value, layer])).toEqual([
    ['production/globex', 'new-checkout', false, 'production/globex'],
    ['production/globex', 'search', false, '*'],
    ['production/acme', 'new-checkout', true, 'production/acme'],
    ['production/acme', 'search', false, '*'],
  ])
  expect((await ask(await server.makeKey('admin', 'production/acme'))).body).toMatchObject({
    code: 'SCOPE_OUTSIDE_KEY',
  })
})

test('answers for several scopes in one version, although one of them is prepared later', async () => {
  const stores = createMemoryStores()
  const config = loadConfig({
    FLAGHOIST_DATA_DIR: ':memory:',
    FLAGHOIST_LOG_LEVEL: 'silent',
    FLAGHOIST_ADMIN_KEY: ADMIN_KEY,
  })
  const services = await assembleServices(config, stores)
  const { projects, rulesets } = services
  await prepareFirstStart(services, console.warn)
  await projects.commit(...creationOf(SHOP, { action: 'project.create' }))
  const prepare = async (target: RulesetTarget) => {
    if (target.scope === 'staging')
      await projects.commit(...writeOf([on('theme', '*', { ...BASE, on: false })]))
    await rulesets.prepare(target)
  }
  const slow = { ...services, rulesets: { ...rulesets, prepare } }
  const server = createSdkServer(slow)
  const app = await buildApp(server, slow)
  await server.load(app)
  onTestFinished(async () => {
    await server.close(config)
    projects.close()
    await stores.close()
  })

  const response = await app.inject({
    method: 'POST',
    url: '/api/v1/projects/shop/evaluate',
    headers: { authorization: `Bearer ${ADMIN_KEY}` },
    payload: { scope: ['production', 'staging'] },
  })

  const { version, items } = response.json<z.infer<typeof ExplainedFlags>>()
  expect(version).toBe(2)
  expect(items.map(({ scope, key, value }) => [scope, key, value])).toEqual([
    ['production', 'new-checkout', true],
    ['production', 'theme', false],
    ['staging', 'new-checkout', true],
    ['staging', 'theme', false],
  ])
})

test.for([
  ['a misspelt flag', 'flags/new-chekout/evaluate', { scope: 'production' }, 404],
  ['a misspelt scope', `${path}/evaluate`, { scope: 'prodction' }, 404],
  ['every environment at once', `${path}/evaluate`, { scope: '*' }, 400],
  ['no scope', `${path}/evaluate`, { context: {} }, 400],
  ['a misspelt scope among others', 'evaluate', { scope: ['production', 'prodction'] }, 404],
  ['a list of no scopes', 'evaluate', { scope: [] }, 400],
  ['a list of scopes for one flag', `${path}/evaluate`, { scope: ['production'] }, 400],
] as const)('is refused for %s', async ([, route, body, status]) => {
  await using server = await startShopServer()
  expect((await server.ask('POST', route, { body })).status).toBe(status)
})

test('of a key that is bound to a scope stays within it', async () => {
  await using server = await startShopServer()
  const key = await server.makeKey('admin', 'production/acme')
  const ask = (scope: string, context = {}) =>
    server.ask('POST', `${path}/evaluate`, { key, body: { scope, context } })

  expect((await ask('production/acme', { instance: 'globex' })).body).toMatchObject({ value: true })
  expect((await ask('production/globex')).status).toBe(403)
  expect((await ask('production')).status).toBe(403)
})

test('refuses a fallback that is nested too deep to be sent back', async () => {
  await using server = await startShopServer()
  const fallback = '['.repeat(3_000) + ']'.repeat(3_000)
  const body = `{"scope":"production/acme","fallback":${fallback}}`

  const answer = await server.ask('POST', `${path}/evaluate`, { body })

  expect(answer.body).toMatchObject({ status: 400, code: 'REQUEST_INVALID' })
})
