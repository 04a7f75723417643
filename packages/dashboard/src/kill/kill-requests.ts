import { api, bodyOf, type Schema } from '../api/client.ts'
import { renewIfLost } from '../live/activity.svelte.ts'
import { inProject } from '../project/project.svelte.ts'

/** A kill or restore that the server has committed. */
export type KillReceipt = Schema<'KillReceipt'>

interface KillOrder {
  readonly flag: string
  /** Never empty: a kill without scopes would act everywhere. */
  readonly scopes: readonly string[]
  readonly reason: string
}

/**
 * Kills a flag. Returns the receipt; undefined if the server has stopped the flag and will store
 * the kill once its store is available.
 */
export async function requestKill({
  flag,
  scopes,
  reason,
}: KillOrder): Promise<KillReceipt | undefined> {
  const params = { path: { ...inProject(), flag } }
  const body = { scopes: [...scopes], reason }
  const receipt = await bodyOf(
    api.POST('/api/v1/projects/{project}/flags/{flag}/kill', { params, body }),
  )
  renewIfLost()
  return 'version' in receipt ? receipt : undefined
}

/** Ends kills, so that the flag serves its configuration again. */
export async function requestRestore({ flag, scopes, reason }: KillOrder): Promise<KillReceipt> {
  const params = { path: { ...inProject(), flag } }
  const body = { scopes: [...scopes], reason }
  const receipt = await bodyOf(
    api.POST('/api/v1/projects/{project}/flags/{flag}/restore', { params, body }),
  )
  renewIfLost()
  return receipt
}

/** Requests the SDKs that hold a version; by default the current one. */
export function requestPropagation(version?: number) {
  const params = { path: inProject(), query: version === undefined ? {} : { seq: version } }
  return bodyOf(api.GET('/api/v1/projects/{project}/propagation', { params }))
}

export type Propagation = Awaited<ReturnType<typeof requestPropagation>>
