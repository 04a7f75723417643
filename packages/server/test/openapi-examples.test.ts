import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { ADMIN_KEY, startTestServer, type TestServer } from './http-server.ts'
import { type ApiOperation, loadDocument, operationsOf } from './openapi-operations.ts'
import { EXCEPTIONS, ORDER, runSample, samplesOf } from './openapi-samples.ts'

describe('the examples of the API document', () => {
  const dataDir = mkdtempSync(join(tmpdir(), 'flaghoist-examples-'))
  let server: TestServer
  let operations: ReadonlyMap<string, ApiOperation>
  let sdkKey: string | undefined

  beforeAll(async () => {
    server = await startTestServer({ FLAGHOIST_DATA_DIR: dataDir })
    const document = await loadDocument(server.url)
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
    const { status } = await runSample(server, operation, await keyOf(operation))

    const isExpected = id in EXCEPTIONS ? status >= 400 : status < 300
    expect({ status, isExpected }).toEqual({ status, isExpected: true })
  })

  async function keyOf({ path }: ApiOperation): Promise<string> {
    if (!/^\/(sdk|ofrep)\//.test(path)) return ADMIN_KEY
    sdkKey ??= await server.makeKey('server', 'production')
    return sdkKey
  }
})
