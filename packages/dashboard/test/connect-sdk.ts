import { onTestFinished } from 'vitest'
import { createFlags, type Flags } from '../../sdk-node/src/index.ts'
import type { TestServer } from '../../server/test/http-server.ts'

/** Connects an SDK of a scope until the test ends. */
export async function connectSdk(server: TestServer, scope: string): Promise<Flags> {
  const flags = createFlags({ url: server.url, key: await server.makeKey('server', scope) })
  onTestFinished(() => flags.close())
  await flags.ready()
  return flags
}
