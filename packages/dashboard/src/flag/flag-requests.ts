import {
  api,
  bodyOf,
  changeOf,
  type Schema,
  type Versioned,
  versionedBodyOf,
  withOverride,
  withReason,
} from '../api/client.ts'
import { previewParams } from '../api/preview.ts'
import { renewIfLost } from '../live/activity.svelte.ts'
import { inProject } from '../project/project.svelte.ts'

export type LayerPatch = Schema<'LayerPatch'>
/** A flag as it is stored, with its layers. */
export type StoredFlag = Awaited<ReturnType<typeof requestFlag>>['body']
export type Layer = StoredFlag['layers'][string]
export type Change = Awaited<ReturnType<typeof requestHistory>>[number]
export type FlagOverview = Awaited<ReturnType<typeof requestOverview>>
export type Explanation = Awaited<ReturnType<typeof requestExplanation>>
export type FlagUsage = Awaited<ReturnType<typeof requestUsage>>
export type FlagExposures = Awaited<ReturnType<typeof requestExposures>>
export type VariantExposures = FlagExposures['variants'][number]
export type Resolved = FlagOverview['resolved']
export type LayerPreview = Awaited<ReturnType<typeof previewLayer>>

const pathOf = (flag: string) => ({ ...inProject(), flag })

/** Requests a flag with its layers, and the version that a later write names. */
export function requestFlag(flag: string, signal?: AbortSignal) {
  const params = { path: pathOf(flag) }
  return versionedBodyOf(
    api.GET('/api/v1/projects/{project}/flags/{flag}', { params, ...(signal && { signal }) }),
  )
}

/**
 * Requests a flag with its states in every scope and its settings in one.
 * @param scope by default the first protected environment, or the last one without any
 */
export function requestOverview(flag: string, scope: string | undefined, signal: AbortSignal) {
  const params = { path: pathOf(flag), query: scope === undefined ? {} : { scope } }
  return bodyOf(api.GET('/api/v1/projects/{project}/flags/{flag}/overview', { params, signal }))
}

/** Requests a flag as {@link requestOverview} does, with the authors and programs of one cell. */
export function requestCell({ flag, scope }: LayerTarget, signal: AbortSignal) {
  const params = { path: pathOf(flag), query: { scope, cell: 'true' as const } }
  return bodyOf(api.GET('/api/v1/projects/{project}/flags/{flag}/overview', { params, signal }))
}

export function createFlag(
  body: Schema<'FlagRequest'>,
  reason: string,
): Promise<number | undefined> {
  const params = { path: inProject(), query: withReason(reason) }
  return changeOf(api.POST('/api/v1/projects/{project}/flags', { params, body }))
}

/** Changes members of a flag in the version that the person has seen. */
export function updateFlag(
  { body: { key }, version }: Versioned<Pick<StoredFlag, 'key'>>,
  body: Omit<Schema<'FlagPatch'>, 'variants'>,
  reason: string,
  overridesFreeze = false,
): Promise<number | undefined> {
  const query = { ...withReason(reason), ...withOverride(overridesFreeze) }
  const params = { path: pathOf(key), query, header: { 'if-match': version } }
  return changeOf(api.PATCH('/api/v1/projects/{project}/flags/{flag}', { params, body }))
}

/** Requests the value that a context gets, and the part of the flag that decided. */
export function requestExplanation(
  flag: string,
  body: Schema<'EvaluateRequest'>,
  signal: AbortSignal,
) {
  const params = { path: pathOf(flag) }
  return bodyOf(
    api.POST('/api/v1/projects/{project}/flags/{flag}/evaluate', { params, body, signal }),
  )
}

/** Requests the SDKs that receive a flag, and its last exposure in each scope. */
export function requestUsage(flag: string, signal: AbortSignal) {
  const params = { path: pathOf(flag) }
  return bodyOf(api.GET('/api/v1/projects/{project}/flags/{flag}/usage', { params, signal }))
}

/** Requests the exposures of a flag in the last 24 hours, and the last one of each scope. */
export function requestExposures(flag: string, signal: AbortSignal) {
  const params = { path: pathOf(flag) }
  return bodyOf(api.GET('/api/v1/projects/{project}/flags/{flag}/exposures', { params, signal }))
}

const CHANGES = 50

/** Requests the latest changes of a flag, newest first. */
export async function requestHistory(flag: string, signal: AbortSignal) {
  const params = { path: inProject(), query: { flag, limit: CHANGES } }
  const { items } = await bodyOf(api.GET('/api/v1/projects/{project}/changes', { params, signal }))
  return items
}

/** Requests the latest rollout of a flag with its runs; undefined if it had none. */
export async function requestLatestRollout(flag: string, signal: AbortSignal) {
  const params = { path: inProject(), query: { flag, limit: 1 } }
  const { items } = await bodyOf(api.GET('/api/v1/projects/{project}/rollouts', { params, signal }))
  const [latest] = items
  if (latest === undefined) return undefined
  const path = { ...inProject(), rollout: latest.key }
  return bodyOf(
    api.GET('/api/v1/projects/{project}/rollouts/{rollout}', { params: { path }, signal }),
  )
}

/** A layer to write: its flag and scope. */
export interface LayerTarget {
  readonly flag: string
  readonly scope: string
}

/** Version of a layer that has never existed. */
const NEW = '"0"'

/** Requests a layer; an empty one if the scope has none. */
export async function requestLayer(
  { flag, scope }: LayerTarget,
  signal?: AbortSignal,
): Promise<Versioned<Layer>> {
  const params = { path: { ...pathOf(flag), scope } }
  const path = '/api/v1/projects/{project}/flags/{flag}/layers/{scope}'
  const answer = await api.GET(path, { params, ...(signal && { signal }) })
  // A layer that was deleted keeps a version.
  const version = answer.response.headers.get('etag') ?? NEW
  if (answer.response.status === 404) return { body: {}, version }
  return { body: await bodyOf(Promise.resolve(answer)), version }
}

/** Requests the effect of a write of a layer, without storing it. */
export async function previewLayer(
  { flag, scope }: LayerTarget,
  { patch, version }: Pick<LayerWrite, 'patch' | 'version'>,
) {
  const params = { path: pathOf(flag), ...previewParams(version) }
  if (patch === 'inherit') {
    const path = '/api/v1/projects/{project}/flags/{flag}/preview'
    // A layer that sets nothing serves the same as none.
    return bodyOf(api.POST(path, { params, body: { scope, layer: {} } }))
  }
  const path = '/api/v1/projects/{project}/flags/{flag}/layers/preview'
  const body = { scopes: [scope], layer: patch }
  const { layers, risk } = await bodyOf(api.POST(path, { params, body }))
  return { movedBuckets: layers[0]?.movedBuckets ?? 0, risk }
}

interface LayerWrite {
  /** The patch, or `inherit` to delete the layer. */
  readonly patch: LayerPatch | 'inherit'
  readonly reason: string
  /** Version that the person has seen. */
  readonly version: string
}

/** Writes a layer. Returns the number of the change; undefined if nothing changed. */
export async function writeLayer(
  { flag, scope }: LayerTarget,
  { patch, reason, version }: LayerWrite,
): Promise<number | undefined> {
  const path = '/api/v1/projects/{project}/flags/{flag}/layers/{scope}'
  const params = {
    path: { ...pathOf(flag), scope },
    query: withReason(reason),
    header: { 'if-match': version },
  }
  const seq = await changeOf(
    patch === 'inherit' ? api.DELETE(path, { params }) : api.PATCH(path, { params, body: patch }),
  )
  renewIfLost()
  return seq
}

export interface RevertOptions {
  readonly reason: string
  /** ETag of the preview; by default that of the change. */
  readonly version?: string | undefined
  /** Reverts the change although a freeze is in force. */
  readonly overridesFreeze?: boolean
}

/** Reverts a change, unless a later one has edited the same entities. */
export async function revertChange(
  seq: number,
  { reason, version = `"${seq}"`, overridesFreeze = false }: RevertOptions,
): Promise<void> {
  const params = {
    path: { ...inProject(), seq },
    query: { reason, ...withOverride(overridesFreeze) },
    // A protected environment demands the version that the person has seen.
    header: { 'if-match': version },
  }
  await bodyOf(api.POST('/api/v1/projects/{project}/changes/{seq}/revert', { params }))
  renewIfLost()
}
