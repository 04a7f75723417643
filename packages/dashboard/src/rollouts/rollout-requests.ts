import { api, bodyOf, type Schema, withReason } from '../api/client.ts'
import { previewOf } from '../api/preview.ts'
import { inProject } from '../project/project.svelte.ts'

export type Attention = Schema<'ShownRun'>['attention']
export type RunAction = Schema<'ShownRun'>['actions'][number]
export type TimelineEntry = Schema<'TimelineEntry'>
type RolloutStart = Schema<'RolloutStart'>

const LIMIT = 1_000

/** Requests the rollouts in progress, or those that have ended; newest first. */
export function requestRollouts(isInProgress: boolean, signal: AbortSignal) {
  const query = { limit: LIMIT, inProgress: isInProgress ? ('true' as const) : ('false' as const) }
  const params = { path: inProject(), query }
  return bodyOf(api.GET('/api/v1/projects/{project}/rollouts', { params, signal }))
}

export type ListedRollout = Awaited<ReturnType<typeof requestRollouts>>['items'][number]

/** A rollout with every decision about it, and the verdicts in one scope. */
export type Overview = Awaited<ReturnType<typeof readOverview>>
export type Rollout = Overview['rollout']
export type Run = Rollout['runs'][number]

interface OverviewRequest {
  readonly rollout: string
  /** Scope of the run to look at; by default that of the run which needs people most. */
  readonly scope: string | undefined
  /** Overview that the page has: decisions in its timeline are not requested again. */
  readonly held: Overview | undefined
}

/** Requests a rollout with every decision about it, and the verdicts in one scope. */
export async function requestOverview(
  { rollout, scope, held }: OverviewRequest,
  signal: AbortSignal,
): Promise<Overview> {
  const earlier = held?.rollout.key === rollout ? held.timeline : []
  const after = earlier[0]?.version
  const query = { ...(scope && { scope }), ...(after !== undefined && { after }) }
  const overview = await readOverview({ path: { ...inProject(), rollout }, query }, signal)
  return { ...overview, timeline: [...overview.timeline, ...earlier] }
}

interface OverviewParams {
  readonly path: { readonly project: string; readonly rollout: string }
  readonly query: { readonly scope?: string; readonly after?: number }
}

function readOverview(params: OverviewParams, signal: AbortSignal) {
  const path = '/api/v1/projects/{project}/rollouts/{rollout}/overview'
  return bodyOf(api.GET(path, { params, signal }))
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

/** A rollout that is not started. */
export interface StartQuery {
  readonly flag: string
  /** By default the environment that matters most. */
  readonly environment?: string
  readonly plan: string
  readonly from?: string
  readonly to?: string
}

/** Requests the choices of a rollout, with its waves and times if it can start. */
export function requestStartOptions({ flag, ...query }: StartQuery, signal: AbortSignal) {
  const params = { path: { ...inProject(), flag }, query }
  const path = '/api/v1/projects/{project}/flags/{flag}/rollout-options'
  return bodyOf(api.GET(path, { params, signal }))
}

/** @param version number that the options of the start have named */
export function requestStart(body: RolloutStart, reason: string, version: number) {
  const params = {
    path: inProject(),
    query: withReason(reason),
    header: { 'if-match': `"${version}"` },
  }
  return bodyOf(api.POST('/api/v1/projects/{project}/rollouts', { params, body }))
}
