import { beforeAll, describe, expect, test } from 'vitest'
import { ADMIN_KEY, startTestServer, type TestServer } from '../../server/test/http-server.ts'
import { seed } from '../demo/seed.ts'
import type { Schema } from '../src/api/client.ts'
import { newPerson } from './people.ts'

let server: TestServer
beforeAll(async () => {
  server = await startTestServer()
  await seed({ url: server.url, key: ADMIN_KEY, project: 'default' })
  return () => server[Symbol.asyncDispose]()
})

const read = async <T>(path: string): Promise<T> => (await server.ask<T>('GET', path)).body
const runOf = async (rollout: string, instance: string) => {
  const { runs } = await read<Schema<'ShownRollout'>>(`rollouts/${rollout}`)
  return runs.find(({ scope }) => scope === `production/${instance}`)
}

describe('the sample project', () => {
  test('has 60 flags, 12 instances and 5 environments, and no key in use by programs', async () => {
    expect((await read<{ total: number }>('matrix')).total).toBe(60)
    expect((await read<{ items: object[] }>('instances')).items).toHaveLength(12)
    expect((await read<{ items: object[] }>('environments')).items).toHaveLength(5)
    const { items } = await read<{ items: { kind: string; revokedAt?: string }[] }>('keys')
    expect(items.filter((one) => one.kind !== 'admin' && !one.revokedAt)).toEqual([])
  })

  test('has three rollouts in different states', async () => {
    const { items } = await read<{ items: Schema<'ShownRollout'>[] }>('rollouts')
    const states = items.map(({ key, status, overview }) => [key, status, overview.attention])
    expect(states.sort()).toEqual([
      ['delivery-slots', 'paused', 'needs-person'],
      ['fast-search', 'running', 'moving'],
      ['new-checkout', 'running', 'regressed'],
    ])
  })

  test('has a customer where the server has rolled back by itself', async () => {
    expect(await runOf('new-checkout', 'initech')).toMatchObject({
      state: 'quarantined',
      attention: 'regressed',
      share: 0,
      reason: {
        code: 'regressed',
        text: expect.stringMatching(/^initech: new-checkout fails for/),
      },
      numbers: { metric: 'error' },
    })
    const { items } = await read<{ items: Schema<'TimelineEntry'>[] }>(
      'rollouts/new-checkout/timeline',
    )
    const rollback = items.find(({ state }) => state === 'rolled-back')
    expect(rollback).toMatchObject({ scope: 'production/initech', actor: { kind: 'system' } })
  })

  test('has customers whose rollout is healthy and needs more users', async () => {
    for (const [rollout, instance] of [
      ['fast-search', 'acme'],
      ['fast-search', 'globex'],
      ['new-checkout', 'umbrella'],
      ['delivery-slots', 'acme'],
    ] as const) {
      const run = await runOf(rollout, instance)
      expect(run).toMatchObject({ state: 'exposing', attention: 'moving' })
      expect(run?.usersNeeded).toBeGreaterThan(100)
      expect(run?.verdict).toMatch(/about [\d,]+ more/)
    }
  })

  test('shows a plot, the evidence and the users that decide', async () => {
    const page = await newPerson(server)
    await page.goto('/rollouts/fast-search')
    const acme = page.locator('button.run', { hasText: 'acme' })
    await acme.getByRole('img', { name: /^Evidence of harm: \d+ % of the bound/ }).waitFor()
    await acme.getByText(/next step after [\d,]+ more users/).waitFor()
    await acme.click()
    await page.getByRole('figure').locator('path.treatment[d^=M]').waitFor({ state: 'attached' })

    await page.goto('/rollouts/new-checkout')
    await page.getByRole('heading', { name: 'initech', exact: true }).waitFor()
    await page.getByRole('figure').locator('path.treatment[d^=M]').waitFor({ state: 'attached' })
    await page.getByText('rolled back · by itself').waitFor()
  })
})
