import type { Flag } from '@flaghoist/core/schema'
import { describe, expect, test, vi } from 'vitest'
import { DAY_MS, startOfMinute } from '../src/time.ts'
import { startShopServer, type TestServer } from './http-server.ts'

const path = 'flags/new-checkout'

async function expose(server: TestServer, scope: string) {
  const key = await server.makeKey('server', scope)
  const { body: ruleset } = await server.ask<{
    flags: Record<string, { revision: number }>
  }>('GET', '/sdk/v1/ruleset', { key })
  const exposure = {
    minute: startOfMinute(Date.now()),
    flag: 'new-checkout',
    revision: ruleset.flags['new-checkout']!.revision,
    variant: 'on',
    reason: 'STATIC',
    count: 1,
  }
  return server.ask('POST', '/sdk/v1/events', {
    key,
    body: {
      sdk: { id: crypto.randomUUID(), name: 'test/1' },
      batch: { id: crypto.randomUUID(), exposures: [exposure], outcomes: [] },
    },
  })
}

describe('an archival', () => {
  test('lists the scopes that still evaluate the flag, before and after it', async () => {
    await using server = await startShopServer()
    await server.ask('PUT', `${path}/layers/production`, { body: { on: true } })
    expect((await server.ask('GET', `${path}/usage`)).body).toEqual({
      lastExposures: [],
      connected: 0,
      sdks: [],
    })
    await expose(server, 'production/acme')
    await expose(server, 'production/globex')

    const { body: usage } = await server.ask<{ lastExposures: { scope: string; day: string }[] }>(
      'GET',
      `${path}/usage`,
    )
    const thisMinute = expect.stringMatching(/:00\.000Z$/)
    const today = new Date(Math.floor(Date.now() / DAY_MS) * DAY_MS).toISOString()
    expect(usage.lastExposures.sort((a, b) => a.scope.localeCompare(b.scope))).toEqual([
      { scope: 'production/acme', at: thisMinute, day: today },
      { scope: 'production/globex', at: thisMinute, day: today },
    ])
    const key = await server.makeKey('admin', 'production/acme')
    expect((await server.ask('GET', `${path}/usage`, { key })).body).toMatchObject({
      lastExposures: [{ scope: 'production/acme', at: thisMinute, day: today }],
    })

    const { body } = await server.ask<{ lastExposures: object[] }>('DELETE', path)
    expect(body).toMatchObject({ archivedAt: expect.any(String) })
    expect(body.lastExposures).toHaveLength(2)
  })

  test('does not block the deletion of segments and instances that the flag names', async () => {
    await using server = await startShopServer()
    await server.ask('POST', 'segments', { body: { key: 'staff' } })
    const when = [[{ attribute: 'targetingKey', op: 'segment', values: ['staff'] }]]
    const rules = [{ when, serve: { variant: 'on' } }]
    const layer = { on: true, rules, fallthrough: { variant: 'off' } }
    await server.ask('PUT', `${path}/layers/production/acme`, { body: layer })
    expect((await server.ask('DELETE', 'segments/staff')).status).toBe(422)

    await server.ask('DELETE', path)

    expect((await server.ask('DELETE', 'segments/staff')).status).toBe(200)
    expect((await server.ask('DELETE', 'instances/acme')).status).toBe(200)
    const { body: file } = await server.ask('GET', 'export')
    expect((await server.ask('POST', 'import?mode=replace', { body: file })).status).toBe(200)
    expect((await server.ask('PATCH', path, { body: { owner: 'ada' } })).status).toBe(200)
    expect((await server.ask('POST', 'flags', { body: { key: 'new-checkout' } })).status).toBe(409)

    // The flag must lose its references to deleted entities before it is served again.
    const back = await server.ask<{ issues: { path: string }[] }>('POST', `${path}/unarchive`)
    expect(back.status).toBe(422)
    expect(back.body.issues.map((issue) => issue.path)).toContain('layers.production/acme.scope')
    expect((await server.ask('DELETE', `${path}/layers/production/acme`)).status).toBe(200)
    expect((await server.ask('POST', `${path}/unarchive`)).status).toBe(200)
  })
})

describe('stale flags', () => {
  const keysOf = async (server: TestServer, query = '?stale=true') =>
    (await server.ask<{ items: Flag[] }>('GET', `flags${query}`)).body.items.map(({ key }) => key)

  test('serve every context the same and have not changed for 30 days, or are overdue', async () => {
    const now = Date.now()
    vi.useFakeTimers({ toFake: ['Date'], now: now - 31 * DAY_MS })
    try {
      await using server = await startShopServer()
      const create = (key: string, parts: object = {}) =>
        server.ask('POST', 'flags', { body: { key, ...parts } })
      await create('everywhere', { layers: { '*': { on: true } } })
      await create('nowhere')
      await create('growing', { layers: { production: { on: true, rollout: { percent: 5 } } } })
      await create('forever', { permanent: true })
      await create('touched')
      await create('gone')
      await server.ask('DELETE', 'flags/gone')
      expect(await keysOf(server)).toEqual([])

      vi.setSystemTime(now)
      await server.ask('PATCH', 'flags/touched', { body: { description: 'Still needed' } })
      await create('late', { expectedRemovalAt: '2020-01-01T00:00:00Z' })

      // `new-checkout` is on for acme only.
      expect(await keysOf(server)).toEqual(['everywhere', 'late', 'nowhere'])
      expect(await keysOf(server, '?stale=true&search=where&limit=1')).toEqual(['everywhere'])
    } finally {
      vi.useRealTimers()
    }
  })

  test('are listed with reasons, last exposure and steps, the overdue ones first', async () => {
    const now = Date.now()
    vi.useFakeTimers({ toFake: ['Date'], now: now - 31 * DAY_MS })
    try {
      await using server = await startShopServer()
      await server.ask('POST', 'flags', {
        body: { key: 'everywhere', layers: { '*': { on: true } } },
      })
      vi.setSystemTime(now)
      await server.ask('PATCH', path, { body: { expectedRemovalAt: '2020-01-01T00:00:00Z' } })
      await expose(server, 'production/acme')

      const { body } = await server.ask('GET', 'stale-flags')
      const today = new Date(Math.floor(now / DAY_MS) * DAY_MS).toISOString()
      expect(body).toEqual({
        total: 2,
        items: [
          expect.objectContaining({
            key: 'new-checkout',
            expectedRemovalAt: '2020-01-01T00:00:00Z',
            reasons: [
              { code: 'overdue', text: 'Its removal was planned for 2020-01-01T00:00:00Z.' },
            ],
            lastExposureDay: today,
            steps: [
              'Serve the variant that stays in every scope.',
              expect.stringContaining('PATCH'),
            ],
          }),
          {
            key: 'everywhere',
            kind: 'release',
            description: '',
            owner: '',
            reasons: [
              {
                code: 'one-variant',
                text: expect.stringMatching(
                  /^Every context gets "on", and nothing has changed since 20.*Z\.$/,
                ),
              },
            ],
            steps: [
              'Keep the code of "on". Delete the other path and flags.isEnabled("everywhere"), and deploy.',
              expect.stringContaining('flags/everywhere/usage'),
              expect.stringContaining('DELETE /api/v1/projects/default/flags/everywhere'),
              expect.stringContaining('flaghoist-codegen'),
            ],
          },
        ],
      })
      expect((await server.ask('GET', 'stale-flags?limit=1')).body).toMatchObject({
        total: 2,
        items: [{ key: 'new-checkout' }],
      })
      const key = await server.makeKey('admin', 'production/globex')
      // `new-checkout` is on for acme only, which the key does not see.
      expect((await server.ask('GET', 'stale-flags', { key })).body.items).toMatchObject([
        { key: 'new-checkout', reasons: [{ code: 'overdue' }] },
        { key: 'everywhere' },
      ])
    } finally {
      vi.useRealTimers()
    }
  })
})
