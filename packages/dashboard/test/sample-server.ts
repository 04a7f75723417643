import { ADMIN_KEY, startTestServer, type TestServer } from '../../server/test/http-server.ts'
import { createAsk } from '../demo/api.ts'
import { seed } from '../demo/seed.ts'
import { seedRare } from '../demo/seed-rare.ts'

/** Address of this machine at which nobody listens. */
const NOBODY = 'http://127.0.0.1:9/hook'

const PROJECT = 'shop'

/** Starts a server with the sample project. */
export async function startSampleServer(): Promise<TestServer> {
  const server = await startTestServer({
    FLAGHOIST_PROJECT: PROJECT,
    FLAGHOIST_PRIVATE_WEBHOOK_HOSTS: '127.0.0.1',
  })
  await seed({ url: server.url, key: ADMIN_KEY, project: PROJECT })
  return server
}

/** Starts a server with the sample project, a freeze, a view and a subscription. */
export async function startFullServer(): Promise<TestServer> {
  const server = await startSampleServer()
  await addRare(server)
  return server
}

/** Adds a freeze, a view and a subscription to the sample project. */
export async function addRare(server: TestServer): Promise<void> {
  const base = `/api/v1/projects/${PROJECT}`
  const ask = createAsk({ url: server.url, key: ADMIN_KEY, base })
  await seedRare(ask)
  await ask('POST', 'subscriptions', { key: 'ops', channel: 'webhook', url: NOBODY })
}
