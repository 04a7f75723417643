import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { ADMIN_KEY, startTestServer, type TestServer } from './http-server.ts'
import { type ApiOperation, loadDocument, operationsOf } from './openapi-operations.ts'

/** The examples in an order in which each finds what it needs: creates before deletes. */
const ORDER = [
  'isAlive',
  'isReady',
  'createProject',
  'listProjects',
  'getProject',
  'createEnvironment',
  'revertChange',
  'createEnvironment',
  'listEnvironments',
  'getEnvironment',
  'updateEnvironment',
  'deleteEnvironment',
  'createInstance',
  'listInstances',
  'getInstance',
  'updateInstance',
  'createSegment',
  'listSegments',
  'getSegment',
  'updateSegment',
  'includeInSegment',
  'excludeInSegment',
  'deleteSegment',
  'createMetric',
  'listMetrics',
  'getMetric',
  'updateMetric',
  'deleteMetric',
  'createPlan',
  'listPlans',
  'getPlan',
  'updatePlan',
  'deletePlan',
  'createFreeze',
  'listFreezes',
  'getFreeze',
  'updateFreeze',
  'getCalendar',
  'deleteFreeze',
  'createSubscription',
  'listSubscriptions',
  'getSubscription',
  'updateSubscription',
  'testSubscription',
  'listDeliveries',
  'retryDelivery',
  'deleteSubscription',
  'createFlag',
  'listFlags',
  'getFlag',
  'updateFlag',
  'previewLayer',
  'setLayer',
  'getLayer',
  'updateLayer',
  'previewLayers',
  'updateLayers',
  'resolveFlag',
  'getFlagUsage',
  'getFlagHealth',
  'getReadiness',
  'explainFlag',
  'explainFlags',
  'killFlag',
  'restoreFlag',
  'killByTag',
  'createKey',
  'listKeys',
  'getRuleset',
  'streamRuleset',
  'sendEvents',
  'checkOverride',
  'evaluateFlag',
  'evaluateFlags',
  'streamRefetches',
  'listExposures',
  'listOutcomes',
  'getPropagation',
  'deleteLayer',
  'archiveFlag',
  'unarchiveFlag',
  'startRollout',
  'listRollouts',
  'getRollout',
  'getRun',
  'getRolloutTimeline',
  'pauseRollout',
  'resumeRollout',
  'advanceRollout',
  'adoptRollout',
  'quarantineRollout',
  'retryRollout',
  'skipRollout',
  'finishRollout',
  'rollbackRollout',
  'getReport',
  'getReleaseNotes',
  'abortRollout',
  'exportProject',
  'createBackup',
  'importProject',
  'listChanges',
  'getHead',
  'getChange',
  'revokeKey',
  'deleteInstance',
  'deleteProject',
]

/** Operations whose example cannot succeed as it is, with the reason. */
const EXCEPTIONS: Readonly<Record<string, string>> = {
  streamRefetches: 'a token is issued by a bulk evaluation and expires',
  checkOverride: 'the secret of a key is random',
  revokeKey: 'the id of a key is random',
  retryDelivery: 'only a delivery that has failed can be sent again',
  deleteInstance: 'keys and layers of earlier examples refer to the instance',
  deleteProject: 'the project holds the admin key of all projects',
}

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
    const { status } = await run(
      samplesOf(operations.get(id)!)[1],
      await keyOf(operations.get(id)!),
    )

    const isExpected = id in EXCEPTIONS ? status >= 400 : status < 300
    expect({ status, isExpected }).toEqual({ status, isExpected: true })
  })

  async function keyOf({ path }: ApiOperation): Promise<string> {
    if (!/^\/(sdk|ofrep)\//.test(path)) return ADMIN_KEY
    sdkKey ??= await server.makeKey('server', 'production')
    return sdkKey
  }

  /** Runs a sample with a `fetch` of this server, and returns its response. */
  async function run(source: string, key: string): Promise<Response> {
    const ended = new AbortController()
    let seen: Response | undefined
    const fetchHere = async (url: string, init?: RequestInit) => {
      const target = server.url + url.slice('http://127.0.0.1:4400'.length)
      seen = await fetch(target, { ...init, signal: ended.signal })
      return seen
    }
    const print = () => {
      const isStream = seen?.headers.get('content-type')?.startsWith('text/event-stream')
      if (isStream) ended.abort()
    }
    const body = new AsyncFunction('fetch', 'process', 'console', source)
    const environment = { env: { FLAGHOIST_KEY: key } }
    await body(fetchHere, environment, { log: print }).catch((error: Error) => {
      if (!ended.signal.aborted && seen?.ok !== false) throw error
    })
    return seen!
  }
})

const AsyncFunction = (async () => undefined).constructor as new (
  ...parts: string[]
) => (...values: unknown[]) => Promise<void>

function samplesOf(operation: ApiOperation): readonly [string, string] {
  const [curl, script] = operation['x-codeSamples']
  expect([curl?.label, script?.label]).toEqual(['curl', 'JavaScript'])
  return [curl!.source, script!.source]
}
