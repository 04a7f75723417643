import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { ADMIN_KEY, startTestServer, type TestServer } from './http-server.ts'
import { type ApiOperation, loadDocument, operationsOf } from './openapi-operations.ts'
import { EXCEPTIONS, ORDER, runSample } from './openapi-samples.ts'

/**
 * Keys that requests are sent with: of every kind, of the same and of other projects, environments
 * and instances. The samples address the project `default` and the scope `production/acme`.
 */
const KEYS = [
  'none',
  'unknown',
  'client',
  'server',
  'other project',
  'other environment',
  'other instance',
] as const
type KeyName = (typeof KEYS)[number]

/** The statuses that each key may receive. */
type Access = Readonly<Record<KeyName, readonly number[]>>

const OK = [200, 202]
const UNKNOWN = [401]
const FORBIDDEN = [403]
/** As for an entity that does not exist; 422 where the body names it. */
const HIDDEN = [403, 404, 422]
const NO_KEY = { none: UNKNOWN, unknown: UNKNOWN }
const NO_SDK = { ...NO_KEY, client: FORBIDDEN, server: FORBIDDEN }

const ACCESS = {
  /** Anyone. */
  open: allow(OK),
  /** Keys of SDKs. */
  sdk: { ...allow(FORBIDDEN), ...NO_KEY, client: OK, server: OK },
  /** Keys of one kind, or tokens, that none of these is. */
  special: { ...allow([401, 403]), ...NO_KEY },
  /** Admin keys of every project. */
  everyProject: { ...allow(FORBIDDEN), ...NO_SDK },
  /** Every admin key, which sees its own projects. */
  admin: { ...allow(OK), ...NO_SDK },
  /** Every admin key; none of them finds the session that the request names. */
  anySession: { ...allow([404]), ...NO_SDK },
  /** Admin keys of the project, each for the part that it may see or change. */
  part: { ...allow(OK), ...NO_SDK, 'other project': [404] },
  /** As `part`, of one entity, which a bound key may not see at all. */
  onePart: {
    ...NO_SDK,
    'other project': [404],
    'other environment': [200, 404],
    'other instance': [200, 404],
  },
  /** Admin keys of the project, unless they are bound to another instance. */
  instance: { ...allow(OK), ...NO_SDK, 'other project': [404], 'other instance': HIDDEN },
  /** Admin keys of the project, unless they are bound to another environment. */
  environment: {
    ...allow(OK),
    ...NO_SDK,
    'other project': [404],
    'other environment': FORBIDDEN,
  },
  /** Admin keys of the project, unless they are bound to another environment or instance. */
  scope: {
    ...NO_SDK,
    'other project': [404],
    'other environment': HIDDEN,
    'other instance': HIDDEN,
  },
  /** As `scope`. The sample names no environment, and the project has two. */
  releaseNotes: {
    ...NO_SDK,
    'other project': [404],
    'other environment': [400],
    'other instance': [400],
  },
  /** Admin keys of the whole project. */
  project: {
    ...NO_SDK,
    'other project': [404],
    'other environment': HIDDEN,
    'other instance': HIDDEN,
  },
} satisfies Readonly<Record<string, Access>>

/** The row of each operation. An operation without a row fails the test. */
const ROWS: Readonly<Record<keyof typeof ACCESS, readonly string[]>> = {
  open: ['isAlive', 'isReady', 'getMetrics'],
  sdk: ['getRuleset', 'streamRuleset', 'sendEvents', 'evaluateFlag', 'evaluateFlags'],
  special: ['checkOverride', 'streamRefetches', 'createSession'],
  everyProject: ['createProject', 'createBackup'],
  admin: ['listProjects', 'getSession', 'deleteSession', 'listSessions'],
  anySession: ['endSession'],
  part: [
    ...['getProject', 'listEnvironments', 'listInstances', 'listSegments', 'listSegmentUsage'],
    ...['listMetrics', 'listMetricUsage', 'getMetric', 'listPlans', 'listFreezes', 'listViews'],
    ...['listFlags', 'listStaleFlags', 'getFlag', 'getMatrix', 'getAttention', 'getFlagUsage'],
    ...['getFlagOverview', 'getFlagExposures'],
    ...['listExposures', 'listOutcomes', 'getPropagation', 'listChanges', 'streamActivity'],
    ...['killByTag', 'listInstanceUsage', 'getScopes'],
  ],
  onePart: ['getChange', 'getRolloutTimeline'],
  instance: ['getInstance'],
  environment: ['getCalendar', 'getDrift'],
  scope: [
    ...['getLayer', 'setLayer', 'updateLayer', 'deleteLayer', 'previewLayer'],
    ...['updateLayers', 'previewLayers', 'createEdits', 'resolveFlag', 'getFlagHealth', 'getRun'],
    ...['explainFlag', 'explainFlags', 'killFlag', 'restoreFlag'],
    ...['pauseRollout', 'resumeRollout', 'advanceRollout', 'adoptRollout', 'quarantineRollout'],
    ...['retryRollout', 'skipRollout', 'finishRollout', 'rollbackRollout', 'abortRollout'],
  ],
  releaseNotes: ['getReleaseNotes'],
  project: [
    ...['deleteProject', 'exportProject', 'importProject', 'getHead', 'getReport'],
    ...['createEnvironment', 'getEnvironment', 'updateEnvironment', 'deleteEnvironment'],
    ...['createInstance', 'updateInstance', 'deleteInstance', 'revertChange'],
    ...['createSegment', 'getSegment', 'updateSegment', 'deleteSegment', 'explainSegment'],
    ...[
      'getSegmentOverview',
      'includeInSegment',
      'excludeInSegment',
      'createMetric',
      'updateMetric',
      'deleteMetric',
    ],
    ...['createPlan', 'getPlan', 'updatePlan', 'deletePlan'],
    ...['createFreeze', 'getFreeze', 'updateFreeze', 'deleteFreeze'],
    ...['createView', 'getView', 'updateView', 'deleteView'],
    ...['createSubscription', 'listSubscriptions', 'getSubscription', 'updateSubscription'],
    ...['deleteSubscription', 'testSubscription', 'listDeliveries', 'retryDelivery'],
    ...['createFlag', 'updateFlag', 'archiveFlag', 'unarchiveFlag', 'getReadiness'],
    ...['createKey', 'listKeys', 'revokeKey', 'startRollout', 'listRollouts', 'getRollout'],
    ...['getRolloutOverview', 'getRolloutOptions'],
  ],
}

function allow(statuses: readonly number[]): Access {
  return Object.fromEntries(KEYS.map((name) => [name, statuses])) as Access
}

let server: TestServer
let operations: ReadonlyMap<string, ApiOperation>
let secrets: Readonly<Record<KeyName, string>>

beforeAll(async () => {
  server = await startTestServer()
  const document = await loadDocument(server.url)
  operations = new Map(operationsOf(document).map((one) => [one.operationId, one]))
  const { ask, makeKey } = server
  await ask('POST', '/api/v1/projects', { body: { key: 'bank' } })
  await ask('POST', 'environments', { body: { key: 'qa' } })
  await ask('POST', 'instances', { body: { key: 'umbrella' } })
  const { body } = await ask<{ secret: string }>('POST', '/api/v1/projects/bank/keys', {
    body: { name: 'Bank', kind: 'admin' },
  })
  secrets = {
    none: '',
    unknown: 'fh_admin_unknown',
    client: await makeKey('client', 'production'),
    server: await makeKey('server', 'production'),
    'other project': body.secret,
    'other environment': await makeKey('admin', 'qa'),
    'other instance': await makeKey('admin', 'production/umbrella'),
  }
})
afterAll(() => server[Symbol.asyncDispose]())

describe('keys', () => {
  test('have one row for each operation', () => {
    expect(Object.values(ROWS).flat().sort()).toEqual([...operations.keys()].sort())
  })

  test.for(ORDER)('of other owners and kinds are refused: %s', async (id) => {
    const operation = operations.get(id)!
    const [access] = Object.entries(ROWS).find(([, ids]) => ids.includes(id))!
    const expected: Access = ACCESS[access as keyof typeof ACCESS]
    const statuses: Record<string, number> = {}
    for (const name of KEYS)
      statuses[name] = (await runSample(server, operation, { key: secrets[name] })).status
    for (const name of KEYS)
      expect({ name, statuses, in: expected[name] }).toEqual({
        name,
        statuses,
        in: expect.arrayContaining([statuses[name]]),
      })

    // The same request of an entitled key is answered, so that the refusals are those of the key.
    if (id in EXCEPTIONS || access === 'open') return
    const entitled = access === 'sdk' ? secrets.server : ADMIN_KEY
    const { status } = await runSample(server, operation, { key: entitled })
    expect([401, 403]).not.toContain(status)
  })

  // The edit itself lies within the scope of the bound keys. Only its reference does not.
  test.for([
    ['none', 'production/umbrella', 401],
    ['unknown', 'production/umbrella', 401],
    ['client', 'production/umbrella', 403],
    ['server', 'production/umbrella', 403],
    ['other project', 'production/umbrella', 404],
    ['other environment', 'qa/umbrella', 403],
    ['other instance', 'production/umbrella', 403],
  ] as const)('read no other scope by an alignment with it: %s', async ([name, scope, status]) => {
    const edits = [{ flag: 'new-checkout', scope, align: 'production/acme' }]
    const key = secrets[name] === '' ? null : secrets[name]
    const answer = await server.ask('POST', 'edits', { key, body: { edits } })
    expect(answer.status).toBe(status)
  })
})
