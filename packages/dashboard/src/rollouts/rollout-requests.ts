import { api, bodyOf, type Schema, withReason } from '../api/client.ts'
import { previewOf } from '../api/preview.ts'
import { inProject } from '../project/project.svelte.ts'

export type Attention = Schema<'ShownRun'>['attention']
export type RunAction = Schema<'ShownRun'>['actions'][number]
export type TimelineEntry = Schema<'TimelineEntry'>
export type Plan = Schema<'Plan'>
export type RolloutStart = Schema<'RolloutStart'>

const LIMIT = 1_000

/** Requests the rollouts in progress, or those that have ended; newest first. */
export function requestRollouts(isInProgress: boolean, signal: AbortSignal) {
  const query = { limit: LIMIT, inProgress: isInProgress ? ('true' as const) : ('false' as const) }
  const params = { path: inProject(), query }
  return bodyOf(api.GET('/api/v1/projects/{project}/rollouts', { params, signal }))
}

export type ListedRollout = Awaited<ReturnType<typeof requestRollouts>>['items'][number]

export function requestRollout(rollout: string, signal: AbortSignal) {
  const params = { path: { ...inProject(), rollout } }
  return bodyOf(api.GET('/api/v1/projects/{project}/rollouts/{rollout}', { params, signal }))
}

export type Rollout = Awaited<ReturnType<typeof requestRollout>>
export type Run = Rollout['runs'][number]

/** Requests every decision about a rollout, latest first. */
export async function requestTimeline(
  rollout: string,
  signal: AbortSignal,
): Promise<readonly TimelineEntry[]> {
  const params = { path: { ...inProject(), rollout }, query: { evidence: 'false' as const } }
  const { items } = await bodyOf(
    api.GET('/api/v1/projects/{project}/rollouts/{rollout}/timeline', { params, signal }),
  )
  return items
}

/** Requests the verdicts of a flag in a scope, with their series. */
export function requestHealth(
  flag: string,
  scope: string,
  signal: AbortSignal,
): Promise<Schema<'FlagHealth'>> {
  const params = { path: { ...inProject(), flag }, query: { scope } }
  return bodyOf(api.GET('/api/v1/projects/{project}/flags/{flag}/health', { params, signal }))
}

export async function requestPlans(): Promise<readonly Plan[]> {
  const params = { path: inProject(), query: { limit: LIMIT } }
  const { items } = await bodyOf(api.GET('/api/v1/projects/{project}/plans', { params }))
  return items
}

/** An action of a person on a rollout, or on some of its runs. */
export interface Act {
  readonly rollout: string
  readonly action: RunAction
  /** Scopes of the runs; absent for the whole rollout. */
  readonly scopes?: readonly string[]
  /** Responsible person or team of a quarantine. */
  readonly owner?: string | undefined
}

/** Requests what an action would do. */
export function previewAct(act: Act, signal: AbortSignal) {
  return previewOf(({ query, header = {} }) =>
    send(act, { query: { ...query, dryRun: 'true' }, header }, signal),
  )
}

/** Acts on runs as the person has seen them. Actions that stop a rollout need no version. */
export function requestAct(act: Act, reason: string, version?: string) {
  const header = version === undefined ? {} : { 'if-match': version }
  return bodyOf(send(act, { query: withReason(reason), header }))
}

interface ActParams {
  readonly query: { readonly reason?: string; readonly dryRun?: 'true' }
  readonly header: { readonly 'if-match'?: string }
}

function send(act: Act, { query, header }: ActParams, signal?: AbortSignal) {
  const { rollout, action, scopes, owner } = act
  const params = { path: { ...inProject(), rollout }, query, header }
  const body = { ...(scopes && { scopes: [...scopes] }), ...(owner && { owner }) }
  return api.POST(`/api/v1/projects/{project}/rollouts/{rollout}/${action}`, {
    params,
    body,
    ...(signal && { signal }),
  })
}

/** Requests the waves and times of a rollout that is not started. */
export function previewStart(body: RolloutStart, signal: AbortSignal) {
  return previewOf(({ query, header = {} }) => {
    const params = { path: inProject(), query: { ...query, dryRun: 'true' as const }, header }
    return api.POST('/api/v1/projects/{project}/rollouts', { params, body, signal })
  })
}

export function requestStart(body: RolloutStart, reason: string, version: string) {
  const params = {
    path: inProject(),
    query: withReason(reason),
    header: { 'if-match': version },
  }
  return bodyOf(api.POST('/api/v1/projects/{project}/rollouts', { params, body }))
}
