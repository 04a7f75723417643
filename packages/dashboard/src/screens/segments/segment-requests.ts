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

export type SegmentUsage = Schema<'SegmentUsage'>
export type Segment = Schema<'Segment'>
export type SegmentList = 'include' | 'exclude'
export type Membership = Schema<'ExplainedSegment'>

const LIMIT = 1_000

/** Requests the sizes of the segments, and the entities that name them. */
export async function requestUsages(signal: AbortSignal): Promise<readonly SegmentUsage[]> {
  const params = { path: inProject(), query: { limit: LIMIT } }
  const path = '/api/v1/projects/{project}/segment-usage'
  const { items } = await bodyOf(api.GET(path, { params, signal }))
  return items
}

/** Requests a segment with the entities that name it. */
export function requestOverview(key: string, signal: AbortSignal) {
  const path = '/api/v1/projects/{project}/segments/{key}/overview'
  return bodyOf(api.GET(path, { params: { path: pathTo(key) }, signal }))
}

/** Requests a segment; a key that is limited to a scope sees none of its lists. */
async function requestSegment(key: string): Promise<Versioned<Segment> | 'hidden'> {
  const path = '/api/v1/projects/{project}/segments/{key}'
  const { body, version } = await versionedBodyOf(api.GET(path, { params: { path: pathTo(key) } }))
  return 'include' in body ? { body, version } : 'hidden'
}

/** Requests a segment again. Returns the segment as seen if its lists are hidden meanwhile. */
export async function requestNewer(seen: Versioned<Segment>): Promise<Versioned<Segment>> {
  const newer = await requestSegment(seen.body.key)
  // A key that has lost its right meanwhile is refused by the write.
  return newer === 'hidden' ? seen : newer
}

/** Requests the membership of a context, with its cause. */
export function requestMembership(
  key: string,
  context: Record<string, unknown>,
  signal: AbortSignal,
): Promise<Membership> {
  const path = '/api/v1/projects/{project}/segments/{key}/evaluate'
  return bodyOf(api.POST(path, { params: { path: pathTo(key) }, body: { context }, signal }))
}

interface NewSegment {
  readonly key: string
  readonly name?: string
  readonly include: string[]
}

export function createSegment(body: NewSegment, reason: string): Promise<number | undefined> {
  const params = createParams(reason)
  return changeOf(api.POST('/api/v1/projects/{project}/segments', { params, body }))
}

interface SegmentPatch {
  readonly name: string | null
  readonly when: Segment['when']
}

/** Changes name and conditions of the version that the person has seen. */
export function updateSegment(
  seen: Versioned<Segment>,
  body: SegmentPatch,
  reason: string,
): Promise<number | undefined> {
  const params = writeParams(seen, reason)
  return changeOf(api.PATCH('/api/v1/projects/{project}/segments/{key}', { params, body }))
}

interface ListEdit {
  readonly list: SegmentList
  readonly add: string[]
  readonly remove: string[]
}

/** Adds targeting keys to a list and removes others, without sending the rest. */
export function editList(
  seen: Versioned<Segment>,
  { list, ...body }: ListEdit,
  reason: string,
): Promise<number | undefined> {
  const params = writeParams(seen, reason)
  return changeOf(
    list === 'include'
      ? api.POST('/api/v1/projects/{project}/segments/{key}/include', { params, body })
      : api.POST('/api/v1/projects/{project}/segments/{key}/exclude', { params, body }),
  )
}

/** Deletes a segment in the version that the person has seen. */
export function deleteSegment(
  seen: Versioned<Segment>,
  reason: string,
): Promise<number | undefined> {
  const params = writeParams(seen, reason)
  return changeOf(api.DELETE('/api/v1/projects/{project}/segments/{key}', { params }))
}
