import { onTestFinished } from 'vitest'
import { startShopServer, type TestServer } from '../../server/test/http-server.ts'

/** A shop with the instances acme and globex, and the flag new-checkout, which is on for acme. */
export async function givenShop(): Promise<TestServer> {
  const server = await startShopServer()
  onTestFinished(() => server[Symbol.asyncDispose]())
  return server
}
