import { BUILT_IN_METRICS, BUILT_IN_PLANS } from '@flaghoist/core/model'
import { describe, expect, test } from 'vitest'
import { startTestServer } from './http-server.ts'

const step = { audience: { share: 10 }, minMinutes: 1, minUnits: 10, gate: 'healthy' }
const wave = (name: string, instances: object, audience: object = step.audience) => ({
  name,
  instances,
  steps: [{ ...step, audience }],
})

describe.each([
  ['metrics', BUILT_IN_METRICS, { margin: 20 }],
  ['plans', BUILT_IN_PLANS, { failBudget: 7 }],
] as const)('the built-in %s', (plural, builtIn, edit) => {
  const [{ key } = { key: '' }] = builtIn

  test('exist in a new project', async () => {
    await using server = await startTestServer()
    const { body } = await server.ask<{ items: unknown[] }>('GET', plural)
    expect(body.items).toEqual([...builtIn].sort((a, b) => (a.key < b.key ? -1 : 1)))
    expect((await server.ask('GET', `${plural}/${key}`)).body).toEqual(builtIn[0])
  })

  test('can be changed, and return when the change is deleted', async () => {
    await using server = await startTestServer()
    const changed = await server.ask('PATCH', `${plural}/${key}`, { body: edit })
    expect(changed.body).toEqual({ ...builtIn[0], ...edit })

    expect((await server.ask('DELETE', `${plural}/${key}`)).status).toBe(200)
    expect((await server.ask('GET', `${plural}/${key}`)).body).toEqual(builtIn[0])
    const again = await server.ask('DELETE', `${plural}/${key}`)
    expect(again.body).toMatchObject({ status: 409, code: 'ENTITY_BUILT_IN' })
  })
})

describe('a plan', () => {
  test.for([
    ['without a wave', [], 'waves'],
    ['with a wave that selects nothing', [wave('Pilots', {})], 'selects no instance'],
    [
      'with a wave after the rest',
      [wave('All', { rest: true }), wave('Pilots', { keys: ['acme'] })],
      'Move it before that wave.',
    ],
    [
      'with two waves of one name',
      [wave('Pilots', { percent: 5 }), wave('Pilots', { rest: true })],
      'Rename one.',
    ],
    [
      'with an unknown segment',
      [wave('All', { rest: true }, { segments: ['staf'] })],
      'Did you mean "staff"?',
    ],
    ['with a share of 0', [wave('All', { rest: true }, { share: 0 })], 'selects nothing'],
    ['with a share finer than a bucket', [wave('All', { percent: 0.0004 })], 'finer than one'],
  ] as const)('%s is refused', async ([, waves, text]) => {
    await using server = await startTestServer()
    await server.ask('POST', 'segments', { body: { key: 'staff' } })
    const { status, body } = await server.ask('POST', 'plans', { body: { key: 'own', waves } })
    expect(status).toBeGreaterThanOrEqual(400)
    expect(JSON.stringify(body)).toContain(text.replaceAll('"', '\\"'))
  })

  test('keeps its segments and metrics from being deleted', async () => {
    await using server = await startTestServer()
    await server.ask('POST', 'segments', { body: { key: 'staff' } })
    await server.ask('POST', 'metrics', { body: { key: 'orders', kind: 'conversion' } })
    const waves = [wave('All', { rest: true }, { segments: ['staff'] })]
    await server.ask('POST', 'plans', { body: { key: 'own', waves, metrics: ['orders'] } })

    for (const path of ['segments/staff', 'metrics/orders']) {
      const { status, body } = await server.ask('DELETE', path)
      expect(status).toBe(422)
      expect(JSON.stringify(body)).toContain('the plan \\"own\\"')
    }
    await server.ask('DELETE', 'plans/own')
    expect((await server.ask('DELETE', 'segments/staff')).status).toBe(200)
  })

  test('has no holdback where it is null, until it is given one', async () => {
    await using server = await startTestServer()
    const body = { key: 'own', waves: [wave('All', { rest: true })], holdback: null }
    expect((await server.ask('POST', 'plans', { body })).body).toMatchObject({ holdback: null })

    const renamed = await server.ask('PATCH', 'plans/own', { body: { name: 'Own' } })
    expect(renamed.body).toMatchObject({ name: 'Own', holdback: null })
    const holdback = { percent: 5, hours: 1 }
    const given = await server.ask('PATCH', 'plans/own', { body: { holdback } })
    expect(given.body).toMatchObject({ holdback })
    const ended = await server.ask('PATCH', 'plans/own', { body: { holdback: null } })
    expect(ended.body).toMatchObject({ holdback: null })
  })

  test('travels in an export, and an import restores it', async () => {
    await using server = await startTestServer()
    const waves = [wave('All', { rest: true })]
    const created = await server.ask('POST', 'plans', { body: { key: 'own', waves } })
    const { body: file } = await server.ask('GET', 'export')
    await server.ask('DELETE', 'plans/own')

    expect((await server.ask('POST', 'import', { body: file })).status).toBe(200)
    expect((await server.ask('GET', 'plans/own')).body).toEqual(created.body)
  })
})

describe('a metric', () => {
  test.for([
    [{ kind: 'failure', direction: 'higher' }, 'A failure is better lower.'],
    [{ kind: 'conversion', limit: { percent: 5, above: 3 } }, 'has no "above"'],
    [{ kind: 'measurement', limit: { percent: 5 } }, 'needs "above"'],
    [{ kind: 'failure', margin: -1 }, 'margin'],
  ] as const)('of %j is refused', async ([members, text]) => {
    await using server = await startTestServer()
    const { status, body } = await server.ask('POST', 'metrics', {
      body: { key: 'own', ...members },
    })
    expect(status).toBeGreaterThanOrEqual(400)
    expect(JSON.stringify(body)).toContain(text.replaceAll('"', '\\"'))
  })
})
