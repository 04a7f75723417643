import { expect, onTestFinished, test } from 'vitest'
import { startNoticeReceiver } from '../../test/notice-receiver.ts'
import {
  BASE,
  creationOf,
  environment,
  flag,
  givenShop,
  NOW,
  on,
  openShop,
  subscription,
  writeOf,
} from '../../test/shop.ts'
import type { Projects } from '../projects/projects.ts'
import { createMemory, createMemoryStores } from '../stores/memory/memory-stores.ts'
import type { Stores } from '../stores/stores.ts'
import { createNotifier } from './notifier.ts'
import { createSigningSecret, sealReceiver } from './subscriptions/sealed-receiver.ts'
import { createVault } from './vault.ts'

const vault = createVault('a secret of the server, for tests', ':memory:')

function notifierOf(parts: { projects: Projects; stores: Stores }, errors: unknown[] = []) {
  return createNotifier({
    ...parts,
    vault,
    isTrustedHost: (host) => host === '127.0.0.1',
    publicUrl: undefined,
    readReport: () => Promise.reject(new Error('no report is due')),
    random: Math.random,
    onError: (error) => errors.push(error),
    now: Date.now,
    elapsed: () => performance.now(),
  })
}

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
  const notifier = notifierOf({ projects, stores }, errors)
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

test('of two processes on one store one sends, and the other takes over when it ends', async () => {
  await using receiver = await startNoticeReceiver()
  const memory = createMemory()
  const one = await givenShop(createMemoryStores(memory))
  const secrets = { url: receiver.url, secret: createSigningSecret() }
  const sealed = sealReceiver(vault, 'shop', 'ops', secrets)
  await one.projects.commit(
    ...writeOf([subscription('ops', { channel: 'webhook', perMinute: 60, ...sealed })]),
  )
  const other = await openShop(createMemoryStores(memory))
  const kill = async (scope: string) => {
    const killed = { by: 'Ada', at: NOW, reason: '' }
    await one.projects.commit(...writeOf([on('theme', scope, { killed })]))
  }
  const [first, second] = [notifierOf(one), notifierOf(other)]
  first.start()
  second.start()
  onTestFinished(() => second.close())

  await kill('production')
  expect(await receiver.webhooks(1)).toMatchObject([{ data: { scopes: ['production'] } }])
  await first.close()
  await kill('staging')

  expect(await receiver.webhooks(2)).toMatchObject([{}, { data: { scopes: ['staging'] } }])
  const settled = () => other.stores.outbox.pending('shop', 'ops')
  await expect.poll(settled).toEqual([])
  expect(receiver.got).toHaveLength(2)
})
