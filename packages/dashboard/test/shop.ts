import { onTestFinished } from 'vitest'
import { startShopServer, startTestServer, type TestServer } from '../../server/test/http-server.ts'

/** A shop with the instances acme and globex, and the flag new-checkout, which is on for acme. */
export const givenShop = async (): Promise<TestServer> => untilTestEnds(await startShopServer())

/** A server as its first start leaves it. */
export const givenNewServer = async (): Promise<TestServer> =>
  untilTestEnds(await startTestServer())

function untilTestEnds(server: TestServer): TestServer {
  onTestFinished(() => server[Symbol.asyncDispose]())
  return server
}
