import { startLink } from '../../../test-support/faults/link.ts'
import { randomOf } from '../../../test-support/random.ts'
import { waitUntil } from '../../../test-support/wait-until.ts'
import { createFlags, type Flags } from '../../sdk-node/src/index.ts'
import { startTestServer, type TestServer } from '../../server/test/http-server.ts'
import { startNoticeReceiver } from '../../server/test/notice-receiver.ts'

/** A shop in which much happens at once, with an SDK of each customer. */
export interface BusyShop extends AsyncDisposable {
  readonly server: TestServer
  /** Lets the SDK of globex hear nothing, while its connections stay open; or hear again. */
  setGlobexSilent(isSilent: boolean): void
}

const INSTANCES = [
  { key: 'acme', name: 'Acme', tags: { region: 'eu', tier: 'pilot' } },
  { key: 'globex', name: 'Globex', tags: { region: 'us' } },
  { key: 'initech', name: 'Initech', tags: { region: 'eu' } },
  { key: 'umbrella', name: 'Umbrella', tags: { region: 'us' } },
] as const

const planOf = (steps: readonly object[]) => ({
  waves: [{ name: 'All', instances: { rest: true }, steps }],
  holdback: null,
})
const half = { audience: { share: 50 }, minMinutes: 0, minUnits: 0, gate: 'manual' }
/** It waits for a person at a half. */
const MANUAL = planOf([half])
/** It stays at a half for an hour, and rolls back what regresses. */
const WATCHED = planOf([{ ...half, gate: 'healthy', minMinutes: 60 }])

/**
 * Starts the shop. Ada has killed dark-theme at initech; the rollout of search has rolled initech
 * back, that of new-checkout waits for a person, and that of banner runs; free-shipping differs at
 * acme without an explanation. The removal of old-cart is overdue. The SDK of umbrella is offline.
 */
export async function startBusyShop(): Promise<BusyShop> {
  const receiver = await startNoticeReceiver()
  const server = await startTestServer({ FLAGHOIST_PRIVATE_WEBHOOK_HOSTS: '127.0.0.1' })
  const { body: ada } = await server.ask<{ secret: string }>('POST', 'keys', {
    body: { name: 'Ada', kind: 'admin' },
  })
  const ask = async (method: string, path: string, body?: object) => {
    const answer = await server.ask(method, path, { key: ada.secret, body })
    if (answer.status >= 400) throw new Error(`${method} ${path}: ${JSON.stringify(answer.body)}`)
  }
  await ask('PATCH', 'environments/production', { order: 1 })
  await ask('POST', 'environments', { key: 'staging', order: 0 })
  for (const instance of INSTANCES) await ask('POST', 'instances', instance)
  await ask('POST', 'segments', { key: 'staff', include: ['user-1'] })
  for (const key of ['banner', 'dark-theme', 'free-shipping', 'new-checkout', 'search'])
    await ask('POST', 'flags', { key, owner: 'team-shop' })
  await ask('POST', 'flags', { key: 'old-cart', expectedRemovalAt: '2026-01-31T12:00:00Z' })
  await ask('POST', 'freezes', {
    key: 'holidays',
    name: 'Holidays',
    environments: ['staging'],
    window: { yearly: { from: '12-20', to: '01-06' } },
    zone: 'instance',
  })
  const webhook = { key: 'ops', channel: 'webhook', url: `${receiver.url}/hooks/ops` }
  await ask('POST', 'subscriptions', webhook)

  const link = await startLink(Number(new URL(server.url).port), randomOf(1))
  const sdks = new Map<string, Flags>()
  for (const { key } of INSTANCES) {
    const url = key === 'globex' ? link.url : server.url
    const flags = createFlags({ url, key: await server.makeKey('server', `production/${key}`) })
    sdks.set(key, flags)
    await flags.ready()
  }

  await ask('PUT', 'flags/dark-theme/layers/production?reason=The+theme+is+ready', {
    on: true,
    fallthrough: { variant: 'on' },
    rules: [
      {
        when: [[{ attribute: 'targetingKey', op: 'segment', values: ['staff'] }]],
        serve: { variant: 'off' },
      },
    ],
  })
  await ask('PUT', 'flags/free-shipping/layers/production/acme', { on: true })
  for (const [key, plan] of Object.entries({
    'new-checkout': MANUAL,
    search: WATCHED,
    banner: WATCHED,
  }))
    await ask('POST', 'rollouts', { key, flag: key, environment: 'production', plan })
  await ask('POST', 'flags/dark-theme/kill', {
    scopes: ['production/initech'],
    reason: 'Dark pages are empty',
  })
  await waitUntil(
    'the SDK of initech serves the rollout',
    () =>
      sdks.get('initech')!.isEnabled('dark-theme') === false && countOn(sdks.get('initech')!) > 0,
  )
  for (const [key, flags] of sdks) serve(flags, key === 'initech' ? 20 : 1)
  for (const flags of sdks.values()) await flags.flush()
  await waitUntil('search is rolled back at initech', async () => {
    const { body } = await server.ask<{ counts: { rolledBack: number } }>('GET', 'attention')
    return body.counts.rolledBack === 1
  })
  await sdks.get('umbrella')!.close()

  return {
    server,
    setGlobexSilent: (isSilent) => link.set({ isSilent }),
    async [Symbol.asyncDispose]() {
      link.set({})
      for (const flags of sdks.values()) await flags.close()
      link.close()
      await server[Symbol.asyncDispose]()
      await receiver[Symbol.asyncDispose]()
    },
  }
}

/** Users that each SDK serves. */
const USERS = Array.from({ length: 2_000 }, (_, i) => ({ targetingKey: `user-${i}` }))

/** Returns the number of a hundred users who get the new search. */
const countOn = (flags: Flags): number =>
  USERS.slice(0, 100).filter((user) => flags.isEnabled('search', user)).length

/**
 * Serves users, of whom one in a hundred fails.
 * @param unlucky number of those in a hundred who fail on the new path
 */
function serve(flags: Flags, unlucky: number): void {
  for (const [i, user] of USERS.entries()) {
    const mine = flags.for(user)
    mine.isEnabled('dark-theme')
    mine.isEnabled('old-cart')
    if (i % 100 < (mine.isEnabled('search') ? unlucky : 1)) mine.error(new Error('broken'))
  }
}
