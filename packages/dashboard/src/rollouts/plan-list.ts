import { api, bodyOf, type Schema } from '../api/client.ts'
import { inProject } from '../project/project.svelte.ts'

export type PlanUsage = Schema<'PlanUsage'>

/** Requests the plans with the rollouts that follow them, the built-in ones first. */
export async function requestPlans(signal: AbortSignal): Promise<readonly PlanUsage[]> {
  const params = { path: inProject() }
  const path = '/api/v1/projects/{project}/plan-usage'
  const { items } = await bodyOf(api.GET(path, { params, signal }))
  return items
}
