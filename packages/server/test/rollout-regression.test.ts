import { createFlags, type Flags } from '@flaghoist/node'
import { describe, expect, test } from 'vitest'
import { startShopServer } from './http-server.ts'

const INSTANCES = ['acme', 'globex', 'initech'] as const
const plan = {
  waves: [
    {
      name: 'All',
      instances: { rest: true },
      // It stays at this step: no test needs more users than it has.
      steps: [{ audience: { share: 50 }, minMinutes: 60, minUnits: 0, gate: 'healthy' }],
    },
  ],
}

/** Serves users, of whom those on the new path fail with a probability. */
function serve(flags: Flags, from: number, users: number, failing: number): void {
  for (let i = from; i < from + users; i += 1) {
    const mine = flags.for({ targetingKey: `user-${i}` })
    const isNew = mine.isEnabled('search')
    const isUnlucky = i % 100 < (isNew ? failing : 1)
    if (isUnlucky) mine.error(new Error('broken'))
  }
}

const share = (flags: Flags) =>
  Array.from({ length: 200 }, (_, i) =>
    Number(flags.isEnabled('search', { targetingKey: `probe-${i}` })),
  ).reduce((sum, one) => sum + one, 0) / 200

describe('a regression that SDKs report', () => {
  test('rolls back the one instance within seconds; the others go on', async () => {
    await using server = await startShopServer()
    await server.ask('POST', 'instances', { body: { key: 'initech' } })
    await server.ask('POST', 'flags', { body: { key: 'search' } })
    const flags = Object.fromEntries(
      await Promise.all(
        INSTANCES.map(async (name) => {
          const key = await server.makeKey('server', `production/${name}`)
          const made = createFlags({ url: server.url, key })
          await made.ready()
          return [name, made] as const
        }),
      ),
    ) as unknown as Record<(typeof INSTANCES)[number], Flags>
    try {
      await server.ask('POST', 'rollouts', {
        body: { key: 'r1', flag: 'search', environment: 'production', plan },
      })
      await expect
        .poll(() => INSTANCES.map((name) => share(flags[name]) > 0.3), { timeout: 10_000 })
        .toEqual([true, true, true])

      const began = performance.now()
      for (const name of INSTANCES) serve(flags[name], 0, 2_000, name === 'initech' ? 20 : 1)
      await expect.poll(() => share(flags.initech), { timeout: 15_000, interval: 20 }).toBe(0)
      expect(performance.now() - began).toBeLessThan(10_000)

      expect(share(flags.acme)).toBeGreaterThan(0.3)
      expect(share(flags.globex)).toBeGreaterThan(0.3)
      const { body } = await server.ask<{
        items: { scope?: string; reason?: string; state?: string; evidence?: object }[]
      }>('GET', 'rollouts/r1/timeline')
      const decision = body.items.find(({ state }) => state === 'rolled-back')
      expect(decision).toMatchObject({
        scope: 'production/initech',
        reason: expect.stringMatching(/^initech: search fails for \d/),
        evidence: { metric: 'error' },
      })

      const { body: rollout } = await server.ask<{ runs: { scope: string }[] }>(
        'GET',
        'rollouts/r1',
      )
      const run = rollout.runs.find(({ scope }) => scope === 'production/initech')
      expect(run).toMatchObject({
        attention: 'regressed',
        share: 0,
        actions: expect.arrayContaining(['retry']),
        numbers: { metric: 'error', evidence: { log10: expect.any(Number) } },
      })
      const { numbers } = run as unknown as { numbers: { rates: Record<string, number> } }
      expect(numbers.rates.treatment).toBeGreaterThan(5 * numbers.rates.control!)
      const brief = await server.ask<{ items: object[] }>(
        'GET',
        'rollouts/r1/timeline?evidence=false',
      )
      expect(brief.body.items.some((item) => 'evidence' in item)).toBe(false)

      const health = await server.ask<{ state: string; metrics: { key: string; units: object }[] }>(
        'GET',
        'flags/search/health?scope=production/globex',
      )
      expect(health.body).toMatchObject({ state: 'waiting', share: 50 })
      const error = health.body.metrics.find(({ key }) => key === 'error')
      const { evidence, minutes } = error as unknown as {
        evidence: { log10: number; threshold: number; series: { log10: number }[] }
        minutes: { exposed: { control: number; treatment: number } }[]
      }
      expect(evidence.threshold).toEqual(expect.any(Number))
      // The reports may span two minutes.
      const users = minutes.reduce(
        (sum, { exposed }) => sum + exposed.control + exposed.treatment,
        0,
      )
      expect(users).toBeGreaterThan(0)
      expect(evidence.series.at(-1)!.log10).toBeCloseTo(evidence.log10)
    } finally {
      await Promise.all(INSTANCES.map((name) => flags[name].close()))
    }
  }, 40_000)
})
