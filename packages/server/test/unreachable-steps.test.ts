import { describe, expect, test } from 'vitest'
import { startShopServer } from './http-server.ts'

const LAYER = 'flags/new-checkout/layers/production'
const PRO = [[{ attribute: 'plan', op: 'in', values: ['pro'] }]]

const rule = (id: string, when: object = PRO) => ({ id, when, serve: { variant: 'on' } })
const all = { ...rule('all', []), serve: { percent: { on: 50, off: 50 } } }
const rollout = { percent: 25 }

const warning = (steps: string, scope = 'production') => [
  {
    code: 'STEPS_UNREACHABLE',
    message: `Rule "all" of flag "new-checkout" in scope "${scope}" matches every context. No context reaches ${steps} after it. Add a condition to "all", or remove the steps after it.`,
  },
]

async function given() {
  const server = await startShopServer()
  const write = async (method: string, path: string, body?: object) => {
    const answer = await server.ask<{ warnings?: unknown }>(method, path, { ...(body && { body }) })
    expect(answer.status, JSON.stringify(answer.body)).toBe(200)
    return answer.body.warnings
  }
  return { server, write }
}

describe('steps after a rule for every context have a warning', () => {
  test.for([
    ['a rule', { rules: [all, rule('pro')] }, 'rule "pro"'],
    ['the rollout', { rules: [all], rollout }, 'the rollout'],
    [
      'several steps',
      { rules: [rule('first'), all, rule('pro'), rule('eu')], rollout },
      'rule "pro" and 2 more',
    ],
  ] as const)('%s', async ([, layer, steps]) => {
    const { server, write } = await given()
    await using _ = server
    const body = { on: true, ...layer }

    const preview = { scope: 'production', layer: body }
    expect(await write('POST', 'flags/new-checkout/preview', preview)).toEqual(warning(steps))
    expect(await write('PUT', LAYER, body)).toEqual(warning(steps))
  })

  test('where another layer sets the rule', async () => {
    const { server, write } = await given()
    await using _ = server
    expect(await write('PUT', LAYER, { on: true, rules: [all] })).toBeUndefined()

    expect(await write('PATCH', `${LAYER}/acme`, { rollout })).toEqual(
      warning('the rollout', 'production/acme'),
    )
  })

  test('when the deletion of a killed layer lets them be inherited', async () => {
    const { server, write } = await given()
    await using _ = server
    await write('PUT', LAYER, { on: true, rules: [all], rollout })
    await write('PUT', `${LAYER}/acme`, { rules: [rule('pro')] })
    await write('POST', 'flags/new-checkout/kill', { scopes: ['production/acme'] })

    expect(await write('DELETE', `${LAYER}/acme`)).toEqual(
      warning('the rollout', 'production/acme'),
    )
  })

  test('when a rollout advances behind the rule', async () => {
    const { server, write } = await given()
    await using _ = server
    await write('PUT', LAYER, { on: true, rules: [all], fallthrough: { variant: 'off' } })
    await write('PUT', `${LAYER}/acme`, {})
    const step = { audience: { share: 10 }, minMinutes: 0, minUnits: 0, gate: 'manual' }
    const waves = [{ name: 'All', instances: { rest: true }, steps: [step] }]
    const plan = { waves, holdback: null }
    const start = { key: 'r1', flag: 'new-checkout', environment: 'production', plan }
    expect((await server.ask('POST', 'rollouts', { body: start })).status).toBe(201)

    expect(
      await write('POST', 'rollouts/r1/advance?reason=Test', { scopes: ['production/acme'] }),
    ).toEqual(warning('the rollout', 'production/acme'))
  })

  test('once, when they become unreachable', async () => {
    const { server, write } = await given()
    await using _ = server
    await write('PUT', LAYER, { on: true, rules: [all], rollout })

    expect(await write('PATCH', LAYER, { rollout: { percent: 30 } })).toBeUndefined()
    expect(await write('PATCH', LAYER, { rules: [rule('pro'), all] })).toBeUndefined()
    expect(await write('PATCH', LAYER, { rules: [all, rule('pro')] })).toEqual(
      warning('rule "pro" and 1 more'),
    )
    expect(await write('PATCH', LAYER, { rollout: null, rules: [rule('pro'), all] })).toBe(
      undefined,
    )
  })
})
