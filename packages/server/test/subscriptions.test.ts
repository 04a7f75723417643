import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Webhook } from 'standardwebhooks'
import { describe, expect, onTestFinished, test } from 'vitest'
import { startShopServer, startTestServer, type TestServer } from './http-server.ts'
import { type NoticeReceiver, startNoticeReceiver } from './notice-receiver.ts'

const LOCAL = { FLAGHOIST_PRIVATE_WEBHOOK_HOSTS: '127.0.0.1' }
const KILL = 'flags/new-checkout/kill'
const RESTORE = 'flags/new-checkout/restore'

interface DeliveryRow {
  id: string
  event: string
  state: string
  attempts: number
  status?: number
  error?: string
}

const subscribe = (server: TestServer, { url }: NoticeReceiver, parts: object = {}) =>
  server.ask('POST', 'subscriptions', {
    body: { key: 'ops', channel: 'webhook', url: `${url}/hooks/token-x9Yz`, ...parts },
  })

async function deliveries(server: TestServer, key = 'ops'): Promise<DeliveryRow[]> {
  const { body } = await server.ask<{ items: DeliveryRow[] }>(
    'GET',
    `subscriptions/${key}/deliveries`,
  )
  return body.items
}

const stateOf = async (server: TestServer) => (await deliveries(server)).map(({ state }) => state)

function folder(): string {
  const path = mkdtempSync(join(tmpdir(), 'flaghoist-notices-'))
  onTestFinished(() => rmSync(path, { recursive: true }))
  return path
}

describe('a subscription', () => {
  test('receives a signed message, which the official library verifies', async () => {
    await using receiver = await startNoticeReceiver()
    await using server = await startShopServer(LOCAL)
    const { status, body: created } = await subscribe(server, receiver)
    expect(status).toBe(201)

    await server.ask('POST', `${KILL}?reason=Payments%20fail`)

    const [message] = await receiver.webhooks(1)
    const { body, headers } = receiver.got[0]!
    expect(
      new Webhook(created.secret as string).verify(body, headers as Record<string, string>),
    ).toEqual(message)
    expect(message).toEqual({
      type: 'notice.killed',
      timestamp: expect.any(String),
      data: {
        event: 'killed',
        severity: 'critical',
        project: 'default',
        change: expect.any(Number),
        at: expect.any(String),
        flags: ['new-checkout'],
        scopes: ['*'],
        what: expect.stringMatching(/ killed "new-checkout" in all environments\.$/),
        reason: 'Payments fail',
        done: 'The flag is off there for all users.',
        todo: 'Use "restore" after a fix.',
      },
    })
    await expect
      .poll(() => deliveries(server), { timeout: 15_000 })
      .toMatchObject([
        {
          id: headers['webhook-id'],
          event: 'killed',
          state: 'delivered',
          attempts: 1,
          status: 200,
        },
      ])
  })

  test('receives the events, scopes and severities that it selects', async () => {
    await using receiver = await startNoticeReceiver()
    await using server = await startShopServer(LOCAL)
    await server.ask('POST', 'environments', { body: { key: 'staging' } })
    await subscribe(server, receiver, { events: ['killed'], scopes: ['production/acme'] })
    await subscribe(server, receiver, { key: 'loud', minSeverity: 'critical', scopes: ['staging'] })
    await subscribe(server, receiver, { key: 'off', enabled: false })

    for (const scope of ['production/globex', 'staging', 'production/acme']) {
      await server.ask('POST', KILL, { body: { scopes: [scope] } })
      await server.ask('POST', RESTORE, { body: { scopes: [scope] } })
    }

    const got = await receiver.webhooks(2)
    expect(got.map(({ data }) => [data.event, data.scopes])).toEqual(
      expect.arrayContaining([
        ['killed', ['staging']],
        ['killed', ['production/acme']],
      ]),
    )
    expect(got).toHaveLength(2)
    expect(await deliveries(server, 'off')).toEqual([])
  })

  test('receives a failed message again under the same id, until it accepts it', async () => {
    await using receiver = await startNoticeReceiver()
    await using server = await startShopServer(LOCAL)
    await subscribe(server, receiver)
    receiver.respondWith(503)

    await server.ask('POST', KILL)

    await expect
      .poll(() => deliveries(server), { timeout: 15_000 })
      .toMatchObject([
        { state: 'pending', attempts: 1, status: 503, error: 'The receiver returned status 503.' },
      ])
    await receiver.webhooks(2)
    const [first, second] = receiver.got
    expect(second!.headers['webhook-id']).toBe(first!.headers['webhook-id'])
    await expect
      .poll(() => deliveries(server), { timeout: 15_000 })
      .toMatchObject([{ state: 'delivered', attempts: 2 }])
  })

  test('receives nothing before its Retry-After has passed', async () => {
    await using receiver = await startNoticeReceiver()
    await using server = await startShopServer(LOCAL)
    await subscribe(server, receiver)
    receiver.respondWith({ status: 429, retryAfter: '8' })

    await server.ask('POST', KILL)
    await receiver.webhooks(1)
    await server.ask('POST', RESTORE)
    await receiver.webhooks(2)

    expect(receiver.got[1]!.at - receiver.got[0]!.at).toBeGreaterThanOrEqual(7_900)
  })

  test('receives a message that failed with 410 only when a person sends it again', async () => {
    await using receiver = await startNoticeReceiver()
    await using server = await startShopServer(LOCAL)
    await subscribe(server, receiver)
    receiver.respondWith(410)
    await server.ask('POST', KILL)
    await expect.poll(() => stateOf(server), { timeout: 15_000 }).toEqual(['failed'])
    const [{ id } = { id: '' }] = await deliveries(server)
    const retry = () => server.ask('POST', `subscriptions/ops/deliveries/${id}/retry`)

    expect(await retry()).toMatchObject({ status: 200, body: { retried: id } })

    await expect.poll(() => stateOf(server), { timeout: 15_000 }).toEqual(['delivered'])
    expect(receiver.got.map(({ headers }) => headers['webhook-id'])).toEqual([id, id])
    expect(await retry()).toMatchObject({ status: 409, body: { code: 'DELIVERY_NOT_FAILED' } })
    expect(await server.ask('POST', 'subscriptions/ops/deliveries/msg_x/retry')).toMatchObject({
      status: 404,
    })
  }, 40_000)

  test('receives a flood as one message that counts it', async () => {
    await using receiver = await startNoticeReceiver()
    await using server = await startShopServer(LOCAL)
    await subscribe(server, receiver, { perMinute: 2 })
    receiver.respondWith(503)
    await server.ask('POST', KILL)
    await receiver.webhooks(1)
    for (let i = 0; i < 10; i += 1) {
      await server.ask('POST', RESTORE)
      await server.ask('POST', KILL)
    }

    const [, summary] = await receiver.webhooks(2)

    expect(summary).toMatchObject({
      type: 'notice.summary',
      data: { count: 21, notices: { length: 20, 0: { event: 'killed', severity: 'critical' } } },
    })
    await expect
      .poll(async () => new Set(await stateOf(server)), { timeout: 15_000 })
      .toEqual(new Set(['delivered']))
  })

  test('can be tested, also while it is disabled', async () => {
    await using receiver = await startNoticeReceiver()
    await using server = await startShopServer(LOCAL)
    await subscribe(server, receiver, { enabled: false })
    const sendTest = () => server.ask('POST', 'subscriptions/ops/test')

    expect(await sendTest()).toMatchObject({ status: 200, body: { delivered: true, status: 200 } })
    receiver.respondWith(404)
    expect(await sendTest()).toMatchObject({
      body: { delivered: false, status: 404, error: 'The receiver returned status 404.' },
    })
    const [message] = await receiver.webhooks(1)
    expect(message).toMatchObject({ type: 'notice.test', data: { project: 'default' } })
  })

  test('cannot reach private addresses, and its deliveries show why', async () => {
    await using receiver = await startNoticeReceiver()
    await using server = await startShopServer()
    const post = (url: string) =>
      server.ask('POST', 'subscriptions', { body: { key: 'ops', channel: 'slack', url } })

    for (const url of [
      receiver.url,
      'https://169.254.169.254/',
      'https://[::1]/',
      'https://127.1/',
    ])
      expect(await post(url)).toMatchObject({ status: 422, body: { code: 'URL_FORBIDDEN' } })
    expect(await post('https://localhost:1/hooks')).toMatchObject({ status: 201 })
    await server.ask('POST', KILL)

    await expect
      .poll(() => deliveries(server), { timeout: 15_000 })
      .toMatchObject([
        {
          state: 'failed',
          error: expect.stringMatching(/^localhost resolves to .* not public\.$/),
        },
      ])
    expect(receiver.got).toEqual([])
  })
})

describe('the secrets of a subscription', () => {
  test('are shown in no response, no log, no export and no file', async () => {
    await using receiver = await startNoticeReceiver()
    const dataDir = folder()
    const settings = { ...LOCAL, FLAGHOIST_DATA_DIR: dataDir }
    const server = await startTestServer(settings)
    await server.ask('POST', 'flags', { body: { key: 'new-checkout' } })
    const { body: created } = await subscribe(server, receiver, {
      url: `${receiver.url}/planted-x9Yz`,
    })
    const secret = created.secret as string
    expect(secret).toMatch(/^whsec_/)
    expect(created.target).toMatch(/^127\.0\.0\.1:\d+\/…x9Yz$/)
    await server.ask('POST', 'subscriptions/ops/test')
    receiver.respondWith(500)
    await server.ask('POST', KILL)
    await receiver.webhooks(2)
    const bound = await server.makeKey('admin', 'production')

    for (const path of [
      'subscriptions',
      'subscriptions/ops',
      'subscriptions/ops/deliveries',
      'changes',
      'changes?entity=subscription:ops',
      'export',
    ]) {
      const { body } = await server.ask('GET', path)
      expect(JSON.stringify(body)).not.toMatch(/planted|whsec_/)
    }
    expect((await server.ask('GET', 'subscriptions', { key: bound })).status).toBe(403)
    const { body: seen } = await server.ask('GET', 'changes', { key: bound })
    expect(JSON.stringify(seen)).not.toContain('subscription')
    const { body: file } = await server.ask('GET', 'export')
    expect(file).not.toHaveProperty('subscriptions')
    await server[Symbol.asyncDispose]()
    for (const name of readdirSync(dataDir)) {
      const bytes = readFileSync(join(dataDir, name), 'latin1')
      expect(bytes).not.toContain('planted')
      expect(bytes).not.toContain(secret.slice(6))
    }
  })

  test('are shown once, and not to a repeated request', async () => {
    await using receiver = await startNoticeReceiver()
    await using server = await startShopServer(LOCAL)
    const create = () =>
      server.ask('POST', 'subscriptions', {
        body: { key: 'ops', channel: 'webhook', url: receiver.url },
        headers: { 'idempotency-key': 'once' },
      })

    expect((await create()).body).toHaveProperty('secret')
    const { body } = await create()
    expect(body).not.toHaveProperty('secret')
    expect(body.note).toBe('Only the first response shows the secret.')
  })

  test('can be replaced one by one', async () => {
    await using receiver = await startNoticeReceiver()
    await using server = await startShopServer(LOCAL)
    const { body: created } = await subscribe(server, receiver)
    const update = (body: object) => server.ask('PATCH', 'subscriptions/ops', { body })
    const verify = (index: number, secret: unknown) => {
      const { body, headers } = receiver.got[index]!
      return new Webhook(secret as string).verify(body, headers as Record<string, string>)
    }

    expect((await update({ url: `${receiver.url}/other` })).body).not.toHaveProperty('secret')
    await server.ask('POST', 'subscriptions/ops/test')
    expect(receiver.got[0]!.path).toBe('/other')
    verify(0, created.secret)

    const { body: rotated } = await update({ rotateSecret: true })
    await server.ask('POST', 'subscriptions/ops/test')
    expect(receiver.got[1]!.path).toBe('/other')
    verify(1, rotated.secret)
    expect(() => verify(1, created.secret)).toThrow()
  })

  test('that another server secret encrypted are reported, and can be set again', async () => {
    await using receiver = await startNoticeReceiver()
    const settings = { ...LOCAL, FLAGHOIST_DATA_DIR: folder() }
    const former = await startTestServer({ ...settings, FLAGHOIST_SECRET: 'a'.repeat(32) })
    await subscribe(former, receiver)
    await former[Symbol.asyncDispose]()
    await using server = await startTestServer({ ...settings, FLAGHOIST_SECRET: 'b'.repeat(32) })
    const update = (body: object) => server.ask('PATCH', 'subscriptions/ops', { body })

    expect(await server.ask('POST', 'subscriptions/ops/test')).toMatchObject({
      body: { delivered: false, error: expect.stringContaining('cannot decrypt') },
    })
    expect(await update({ url: receiver.url })).toMatchObject({
      status: 409,
      body: { code: 'SECRET_CHANGED' },
    })
    expect(await update({ url: receiver.url, rotateSecret: true })).toMatchObject({ status: 200 })
    expect(await server.ask('POST', 'subscriptions/ops/test')).toMatchObject({
      body: { delivered: true },
    })
  })
})

describe('a restart', () => {
  test('sends pending messages, and none under a new id', async () => {
    await using receiver = await startNoticeReceiver()
    const settings = { ...LOCAL, FLAGHOIST_DATA_DIR: folder() }
    const first = await startTestServer(settings)
    await first.ask('POST', 'flags', { body: { key: 'new-checkout' } })
    await subscribe(first, receiver)
    await first.ask('POST', KILL)
    await receiver.webhooks(1)
    receiver.respondWith(503)
    await first.ask('POST', RESTORE)
    await receiver.webhooks(2)
    await first[Symbol.asyncDispose]()

    await using second = await startTestServer(settings)
    await receiver.webhooks(3)
    await second.ask('POST', KILL)
    const got = await receiver.webhooks(4)

    expect(got.map(({ data }) => data.event)).toEqual(['killed', 'restored', 'restored', 'killed'])
    expect(new Set(receiver.got.map(({ headers }) => headers['webhook-id'])).size).toBe(3)
  })
})
