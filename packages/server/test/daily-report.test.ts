import { expect, test } from 'vitest'
import { createSigningSecret, sealReceiver } from '../src/delivery/subscriptions/sealed-receiver.ts'
import { createVault } from '../src/delivery/vault.ts'
import { createMemory, createMemoryStores } from '../src/stores/memory/memory-stores.ts'
import { DAY_MS, MINUTE_MS } from '../src/time.ts'
import { startTestServer } from './http-server.ts'
import { startNoticeReceiver } from './notice-receiver.ts'
import { givenShop, on, subscription, writeOf } from './shop.ts'

const SECRET = 'a secret of the server, for tests'

test('a server that was down sends the last daily report late, and once', async () => {
  await using receiver = await startNoticeReceiver()
  const memory = createMemory()
  const started = Date.now()
  let now = started - 3 * DAY_MS
  const { projects } = await givenShop(createMemoryStores(memory), { now: () => now })
  const secrets = { url: receiver.url, secret: createSigningSecret() }
  const sealed = sealReceiver(createVault(SECRET, ':memory:'), 'shop', 'ops', secrets)
  const at = new Date(started - 5 * MINUTE_MS).toISOString().slice(11, 16)
  const daily = {
    channel: 'webhook' as const,
    events: ['daily-report' as const],
    dailyReport: { at, timeZone: 'UTC', onQuietDays: false },
  }
  await projects.commit(...writeOf([subscription('ops', { ...daily, ...sealed })]))
  now = started - DAY_MS / 2
  const killed = { by: 'Ada', at: new Date(now).toISOString(), reason: 'Payments fail' }
  await projects.commit(
    ...writeOf([on('theme', 'production', { killed })], { action: 'flag.kill' }),
  )

  const settings = {
    FLAGHOIST_SECRET: SECRET,
    FLAGHOIST_PRIVATE_WEBHOOK_HOSTS: '127.0.0.1',
  }
  for (const _ of ['first', 'second']) {
    await using server = await startTestServer(settings, createMemoryStores(memory))
    await receiver.webhooks(1)
    const path = '/api/v1/projects/shop/subscriptions/ops/deliveries'
    await expect
      .poll(async () => (await server.ask('GET', path)).body.items, { timeout: 15_000 })
      .toMatchObject([{ event: 'daily-report', state: 'delivered' }])
  }

  expect(receiver.got).toHaveLength(1)
  expect(await receiver.webhooks(1)).toMatchObject([
    {
      type: 'notice.daily-report',
      data: {
        what: 'Daily report of shop: 1 kill.',
        details: [
          { name: 'Period' },
          { name: 'Killed', text: expect.stringMatching(/^theme in /) },
        ],
      },
    },
  ])
})

test('the time of a daily report is checked, and has defaults', async () => {
  await using server = await startTestServer()
  const subscribe = (dailyReport: object) =>
    server.ask('POST', 'subscriptions', {
      body: { key: 'ops', channel: 'slack', url: 'https://chat.example/x', dailyReport },
    })
  expect((await subscribe({ timeZone: 'Mars/Olympus' })).body).toMatchObject({ status: 422 })
  expect((await subscribe({ at: '8:00' })).body).toMatchObject({ status: 400 })
  expect((await subscribe({ timeZone: 'Europe/Zurich' })).body).toMatchObject({
    dailyReport: { at: '08:00', timeZone: 'Europe/Zurich', onQuietDays: false },
  })
})
