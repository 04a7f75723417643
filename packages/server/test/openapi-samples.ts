import { expect } from 'vitest'
import type { TestServer } from './http-server.ts'
import type { ApiOperation } from './openapi-operations.ts'

/** The examples in an order in which each finds what it needs: creates before deletes. */
export const ORDER = [
  'isAlive',
  'isReady',
  'getMetrics',
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
  'listInstanceUsage',
  'getScopes',
  'createSegment',
  'listSegments',
  'getSegment',
  'updateSegment',
  'includeInSegment',
  'excludeInSegment',
  'listSegmentUsage',
  'getSegmentOverview',
  'explainSegment',
  'deleteSegment',
  'createMetric',
  'listMetrics',
  'listMetricUsage',
  'getMetric',
  'updateMetric',
  'deleteMetric',
  'createPlan',
  'listPlans',
  'listPlanUsage',
  'getPlanOverview',
  'previewPlan',
  'getPlan',
  'updatePlan',
  'deletePlan',
  'createFreeze',
  'listFreezes',
  'getFreeze',
  'updateFreeze',
  'getCalendar',
  'deleteFreeze',
  'createView',
  'listViews',
  'getView',
  'updateView',
  'deleteView',
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
  'listStaleFlags',
  'getMatrix',
  'getDrift',
  'getFlag',
  'getFlagOverview',
  'updateFlag',
  'previewLayer',
  'setLayer',
  'getLayer',
  'updateLayer',
  'previewLayers',
  'updateLayers',
  'resolveFlag',
  'getFlagUsage',
  'getFlagExposures',
  'getFlagHealth',
  'getReadiness',
  'explainFlag',
  'explainFlags',
  'killFlag',
  'restoreFlag',
  'killByTag',
  'createKey',
  'listKeys',
  'createSession',
  'getSession',
  'listSessions',
  'endSession',
  'deleteSession',
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
  'streamActivity',
  'createEdits',
  'deleteLayer',
  'archiveFlag',
  'unarchiveFlag',
  'startRollout',
  'listRollouts',
  'getRollout',
  'getRun',
  'getRolloutTimeline',
  'getRolloutOverview',
  'getRolloutOptions',
  'pauseRollout',
  'resumeRollout',
  'advanceRollout',
  'adoptRollout',
  'quarantineRollout',
  'retryRollout',
  'finishRollout',
  'rollbackRollout',
  // The engine ends a rollout whose runs are all over, and most actions are refused from then on.
  'skipRollout',
  'getReport',
  'getAttention',
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
export const EXCEPTIONS: Readonly<Record<string, string>> = {
  streamRefetches: 'a token is issued by a bulk evaluation and expires',
  checkOverride: 'the secret of a key is random',
  revokeKey: 'the id of a key is random',
  createSession: 'the secret of a key is random',
  endSession: 'the id of a session is random',
  retryDelivery: 'only a delivery that has failed can be sent again',
  deleteInstance: 'keys and layers of earlier examples refer to the instance',
  deleteProject: 'the project holds the admin key of all projects',
}

const EXAMPLE_FLAG = 'new-checkout'

export interface SampleOptions {
  /** Secret of an API key. */
  readonly key: string
  /** Key of the flag, in place of the one in the example. */
  readonly flag?: string
}

/** Runs the JavaScript sample of an operation on a server, and returns its response, unread. */
export async function runSample(
  server: TestServer,
  operation: ApiOperation,
  { key, flag = EXAMPLE_FLAG }: SampleOptions,
): Promise<Response> {
  const ended = new AbortController()
  let seen: Response | undefined
  const fetchHere = async (url: string, init?: RequestInit) => {
    const target = server.url + url.slice('http://127.0.0.1:4400'.length)
    const response = await fetch(target, { ...init, signal: ended.signal })
    seen = response.clone()
    return response
  }
  const print = () => {
    if (seen !== undefined && isStream(seen)) ended.abort()
  }
  // Keys of other entities begin with that of the flag, and go on with a date or a name.
  const script = samplesOf(operation)[1].replaceAll(new RegExp(`${EXAMPLE_FLAG}(?!-)`, 'g'), flag)
  const body = new AsyncFunction('fetch', 'process', 'console', script)
  const environment = { env: { FLAGHOIST_KEY: key } }
  await body(fetchHere, environment, { log: print }).catch((error: Error) => {
    if (!ended.signal.aborted && seen?.ok !== false) throw error
  })
  return seen!
}

export const isStream = ({ headers }: Response): boolean =>
  headers.get('content-type')?.startsWith('text/event-stream') === true

const AsyncFunction = (async () => undefined).constructor as new (
  ...parts: string[]
) => (...values: unknown[]) => Promise<void>

/** Returns the curl and the JavaScript sample of an operation. */
export function samplesOf(operation: ApiOperation): readonly [string, string] {
  const [curl, script] = operation['x-codeSamples']
  expect([curl?.label, script?.label]).toEqual(['curl', 'JavaScript'])
  return [curl!.source, script!.source]
}
