import {
  api,
  bodyOf,
  changeOf,
  type Schema,
  type Versioned,
  versionedBodyOf,
} from '../../api/client.ts'
import { createParams, pathTo, writeParams } from '../../project/entity-params.ts'
import { inProject } from '../../project/project.svelte.ts'

export type Plan = Schema<'Plan'>
export type PlanPreview = Schema<'PlanPreview'>
export type Wave = Plan['waves'][number]
export type Step = Wave['steps'][number]
export type Selector = Wave['instances']

/** A plan in the version that a write of it names, its use, and the instances of its waves. */
export interface PlanOverview extends Pick<Schema<'PlanOverview'>, 'usage' | 'preview'> {
  readonly seen: Versioned<Plan>
}

export async function requestOverview(key: string, signal: AbortSignal): Promise<PlanOverview> {
  const path = '/api/v1/projects/{project}/plans/{key}/overview'
  const answer = api.GET(path, { params: { path: pathTo(key) }, signal })
  const { plan: body, version, ...rest } = await bodyOf(answer)
  return { seen: { body, version: `"${version}"` }, ...rest }
}

/** Requests the instances that waves with these selectors would have now. */
export function requestPreview(
  selectors: readonly Selector[],
  signal: AbortSignal,
): Promise<PlanPreview> {
  const path = '/api/v1/projects/{project}/plans/preview'
  const body = { waves: selectors.map((instances) => ({ instances })) }
  return bodyOf(api.POST(path, { params: { path: inProject() }, body, signal }))
}

/** Requests the keys of the metrics that a plan can name. */
export async function requestMetricKeys(signal: AbortSignal): Promise<readonly string[]> {
  const params = { path: inProject() }
  const { items } = await bodyOf(api.GET('/api/v1/projects/{project}/metrics', { params, signal }))
  return items.map(({ key }) => key)
}

export function requestPlan(key: string, signal?: AbortSignal): Promise<Versioned<Plan>> {
  const path = '/api/v1/projects/{project}/plans/{key}'
  const params = { path: pathTo(key) }
  return versionedBodyOf(api.GET(path, { params, ...(signal && { signal }) }))
}

export function createPlan(body: Plan, reason: string): Promise<number | undefined> {
  const params = createParams(reason)
  return changeOf(api.POST('/api/v1/projects/{project}/plans', { params, body }))
}

/** Replaces the members of a plan in the version that the person has seen. */
export function updatePlan(
  seen: Versioned<Plan>,
  { key: _, ...plan }: Plan,
  reason: string,
): Promise<number | undefined> {
  const params = writeParams(seen, reason)
  const body = { metrics: null, ...plan }
  return changeOf(api.PATCH('/api/v1/projects/{project}/plans/{key}', { params, body }))
}

/**
 * Deletes a plan in the version that the person has seen. A changed built-in one has its own
 * members again.
 */
export function deletePlan(seen: Versioned<Plan>, reason: string): Promise<number | undefined> {
  const params = writeParams(seen, reason)
  return changeOf(api.DELETE('/api/v1/projects/{project}/plans/{key}', { params }))
}
