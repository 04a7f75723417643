import { type Versioned, withReason } from '../api/client.ts'
import { inProject } from './project.svelte.ts'

/** Returns the path parameters of an entity in the project. */
export const pathTo = (key: string) => ({ ...inProject(), key })

/** Returns the parameters of the creation of an entity. */
export const createParams = (reason: string) => ({ path: inProject(), query: withReason(reason) })

/** Returns the parameters of a write of an entity in the version that the person has seen. */
export function writeParams(
  { body: { key }, version }: Versioned<{ readonly key: string }>,
  reason: string,
) {
  return { path: pathTo(key), query: withReason(reason), header: { 'if-match': version } }
}
