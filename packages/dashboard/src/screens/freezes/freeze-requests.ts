import {
  api,
  bodyOf,
  changeOf,
  type Schema,
  type Versioned,
  versionedBodyOf,
} from '../../api/client.ts'
import type { Change } from '../../flag/flag-requests.ts'
import { createParams, pathTo, writeParams } from '../../project/entity-params.ts'
import { inProject } from '../../project/project.svelte.ts'

export type Freeze = Schema<'Freeze'>

/** The calendar of a scope, with the changes that overrode one of its freezes. */
export interface ScopeCalendar extends Schema<'Calendar'> {
  readonly overrides: readonly Change[]
}

interface CalendarTarget {
  readonly scope: string
  /** ISO 8601 in UTC; `to` is exclusive. */
  readonly from: string
  readonly to: string
}

const LIMIT = 1_000
const SHOWN_OVERRIDES = 100

export async function requestFreezes(signal: AbortSignal): Promise<readonly Freeze[]> {
  const params = { path: inProject(), query: { limit: LIMIT } }
  const { items } = await bodyOf(api.GET('/api/v1/projects/{project}/freezes', { params, signal }))
  return items
}

export async function requestCalendar(
  { scope, from, to }: CalendarTarget,
  signal: AbortSignal,
): Promise<ScopeCalendar> {
  const path = inProject()
  const query = { override: 'freeze', from, to, limit: SHOWN_OVERRIDES } as const
  const [calendar, { items }] = await Promise.all([
    bodyOf(
      api.GET('/api/v1/projects/{project}/calendar', {
        params: { path, query: { scope, from, to } },
        signal,
      }),
    ),
    bodyOf(api.GET('/api/v1/projects/{project}/changes', { params: { path, query }, signal })),
  ])
  const keys = new Set(calendar.freezes.map(({ key }) => key))
  const overrides = items.filter(({ overrides = [] }) => overrides.some((key) => keys.has(key)))
  return { ...calendar, overrides }
}

export function requestFreeze(key: string): Promise<Versioned<Freeze>> {
  const path = '/api/v1/projects/{project}/freezes/{key}'
  return versionedBodyOf(api.GET(path, { params: { path: pathTo(key) } }))
}

export function createFreeze(body: Freeze, reason: string): Promise<number | undefined> {
  const params = createParams(reason)
  return changeOf(api.POST('/api/v1/projects/{project}/freezes', { params, body }))
}

/** Replaces the members of a freeze in the version that the person has seen. */
export function updateFreeze(
  seen: Versioned<Freeze>,
  { key: _, ...freeze }: Freeze,
  reason: string,
): Promise<number | undefined> {
  const params = writeParams(seen, reason)
  const body = { environments: null, instances: null, ...freeze }
  return changeOf(api.PATCH('/api/v1/projects/{project}/freezes/{key}', { params, body }))
}

/** Ends a freeze in the version that the person has seen: ordinary changes are accepted again. */
export function deleteFreeze(seen: Versioned<Freeze>, reason: string): Promise<number | undefined> {
  const params = writeParams(seen, reason)
  return changeOf(api.DELETE('/api/v1/projects/{project}/freezes/{key}', { params }))
}
