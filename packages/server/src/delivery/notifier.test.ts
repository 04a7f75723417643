import { expect, onTestFinished, test } from 'vitest'
import {
  BASE,
  creationOf,
  environment,
  flag,
  givenShop,
  NOW,
  on,
  subscription,
  writeOf,
} from '../../test/shop.ts'
import { createNotifier } from './notifier.ts'
import { createVault } from './vault.ts'

test('a project that is deleted right after a change neither fails nor delays others', async () => {
  const { projects, stores } = await givenShop()
  const bank = { kind: 'project', key: 'bank', after: { key: 'bank', name: 'Bank' } } as const
  const plan = [
    bank,
    environment('production'),
    flag('theme'),
    on('theme', '*', BASE),
    subscription('ops'),
  ]
  await projects.commit(...creationOf(plan, { project: 'bank' }))
  const errors: unknown[] = []
  const notifier = createNotifier({
    projects,
    stores,
    vault: createVault('a secret of the server, for tests', ':memory:'),
    isTrustedHost: () => false,
    publicUrl: undefined,
    random: Math.random,
    onError: (error) => errors.push(error),
    now: Date.now,
    elapsed: () => performance.now(),
  })
  notifier.start()
  onTestFinished(() => notifier.close())
  const killed = { by: 'Ada', at: NOW, reason: '' }
  const kill = [on('theme', 'production', { killed })]

  await projects.commit(...writeOf(kill))
  await projects.delete('shop', () => undefined)
  await projects.commit(...writeOf(kill, { project: 'bank' }))

  await expect
    .poll(() => stores.outbox.latest('bank', 'ops', 1), { timeout: 10_000 })
    .toHaveLength(1)
  expect(errors).toEqual([])
})
