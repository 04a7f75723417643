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

export type Metric = Schema<'Metric'>
export type MetricUsage = Schema<'MetricUsage'>

/** Requests the metrics with the rollouts that they judge, and their last outcomes. */
export async function requestMetrics(signal: AbortSignal): Promise<readonly MetricUsage[]> {
  const params = { path: inProject() }
  const path = '/api/v1/projects/{project}/metric-usage'
  const { items } = await bodyOf(api.GET(path, { params, signal }))
  return items
}

export function createMetric(body: Metric, reason: string): Promise<number | undefined> {
  const params = createParams(reason)
  return changeOf(api.POST('/api/v1/projects/{project}/metrics', { params, body }))
}

export function requestMetric(key: string): Promise<Versioned<Metric>> {
  const path = '/api/v1/projects/{project}/metrics/{key}'
  return versionedBodyOf(api.GET(path, { params: { path: pathTo(key) } }))
}

/**
 * Replaces the members of a metric in the version that the person has seen. One that the metric
 * lacks is removed.
 */
export function updateMetric(
  seen: Versioned<Metric>,
  { key: _, ...metric }: Metric,
  reason: string,
): Promise<number | undefined> {
  const params = writeParams(seen, reason)
  const body = { direction: null, unit: null, limit: null, ...metric }
  return changeOf(api.PATCH('/api/v1/projects/{project}/metrics/{key}', { params, body }))
}

/**
 * Deletes a metric in the version that the person has seen. A changed built-in one has its own
 * settings again.
 */
export function deleteMetric(seen: Versioned<Metric>, reason: string): Promise<number | undefined> {
  const params = writeParams(seen, reason)
  return changeOf(api.DELETE('/api/v1/projects/{project}/metrics/{key}', { params }))
}
