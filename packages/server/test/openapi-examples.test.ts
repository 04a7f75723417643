import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type CheckAnswer, createAnswerCheck } from './fuzz/answer-check.ts'
import { ADMIN_KEY, startTestServer, type TestServer } from './http-server.ts'
import { type ApiOperation, loadDocument, operationsOf } from './openapi-operations.ts'
import { EXCEPTIONS, isStream, ORDER, runSample, samplesOf } from './openapi-samples.ts'

// Keys of flags may have capitals, and two characters that those of other entities may not have.
describe.for(['new-checkout', 'newCheckout~v2:A'])('the examples for the flag %s', (flag) => {
  const dataDir = mkdtempSync(join(tmpdir(), 'flaghoist-examples-'))
  let server: TestServer
  let operations: ReadonlyMap<string, ApiOperation>
  let check: CheckAnswer
  let sdkKey: string | undefined

  beforeAll(async () => {
    server = await startTestServer({ FLAGHOIST_DATA_DIR: dataDir })
    const document = await loadDocument(server.url)
    check = createAnswerCheck(document)
    operations = new Map(operationsOf(document).map((one) => [one.operationId, one]))
  })
  afterAll(async () => {
    await server[Symbol.asyncDispose]()
    rmSync(dataDir, { recursive: true })
  })

  test('are all sent', () => {
    expect([...operations.keys()].sort()).toEqual([...new Set(ORDER)].sort())
  })

  test.for(ORDER)('%s: the curl and the JavaScript sample name the same request', (id) => {
    const [curl, script] = samplesOf(operations.get(id)!)
    const url = /'(http:[^']*)'/

    expect(curl).toMatch(/^curl /)
    expect(url.exec(curl)?.[1]).toBe(url.exec(script)?.[1])
    expect(script).not.toMatch(id in EXCEPTIONS ? /$^/ : /<\w+>/)
  })

  test.for(ORDER)('%s: the JavaScript sample runs, and succeeds', async (id) => {
    const operation = operations.get(id)!
    const response = await runSample(server, operation, { key: await keyOf(operation), flag })

    const { status } = response
    const isExpected = id in EXCEPTIONS ? status >= 400 : status < 300
    const fault = isStream(response) ? undefined : await faultOf(response, operation)
    expect({ status, isExpected, fault }).toEqual({ status, isExpected: true, fault: undefined })
  })

  async function faultOf(response: Response, { method }: ApiOperation) {
    const { pathname, search } = new URL(response.url)
    // `fetch` has decoded the body.
    const { 'content-encoding': _, ...headers } = Object.fromEntries(response.headers)
    return check(
      { method, path: pathname + search, headers: [], body: undefined },
      { status: response.status, headers, body: Buffer.from(await response.arrayBuffer()) },
    )
  }

  async function keyOf({ path }: ApiOperation): Promise<string> {
    if (!/^\/(sdk|ofrep)\//.test(path)) return ADMIN_KEY
    sdkKey ??= await server.makeKey('server', 'production')
    return sdkKey
  }
})
