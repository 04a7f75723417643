import { api, bodyOf } from '../../api/client.ts'
import type { MatrixRow } from '../../matrix/matrix-requests.ts'
import { inProject } from '../../project/project.svelte.ts'

/** The flags of a project, as far as its first steps need them. */
export interface FirstFlags {
  readonly total: number
  /** Flag that the program evaluates; undefined in a project without flags. */
  readonly flag: MatrixRow | undefined
  readonly instances: readonly string[]
}

/** Requests the number of flags, and the first of them. */
export async function requestFirstFlags(signal: AbortSignal): Promise<FirstFlags> {
  const params = { path: inProject(), query: { query: '-is:archived', limit: 1 } }
  const { total, flags, instances } = await bodyOf(
    api.GET('/api/v1/projects/{project}/matrix', { params, signal }),
  )
  return { total, flag: flags[0], instances }
}

/** Creates a boolean flag, which browsers receive too. */
export async function createFirstFlag(key: string): Promise<void> {
  const params = { path: inProject() }
  const body = { key, clientVisible: true }
  await bodyOf(api.POST('/api/v1/projects/{project}/flags', { params, body }))
}

interface FirstKey {
  readonly kind: 'server' | 'client'
  readonly scope: string
}

/** Creates a key for a program. Returns its secret, which the server shows only once. */
export async function createFirstKey({ kind, scope }: FirstKey): Promise<string | undefined> {
  const params = { path: inProject() }
  const body = { name: `First ${kind} key`, kind, scope }
  const made = await bodyOf(api.POST('/api/v1/projects/{project}/keys', { params, body }))
  return made.secret
}
