import type { Flag } from '../schema/index.ts'
import { buildScope } from '../scope.ts'
import { readsTags } from './instance-tags.ts'
import type { ServingState } from './served-configuration.ts'

/**
 * The keys of the instances in an environment that a flag may serve differently than the
 * environment itself: they have a layer of their own, were retired once, or have tags that the flag
 * reads.
 */
export function specialInstances(
  { instances, flagRevisions, instanceRevisions }: ServingState,
  flag: Flag,
  environment: string | undefined,
): readonly string[] {
  const scopes = [...Object.keys(flag.layers), ...(flagRevisions.get(flag.key)?.keys() ?? [])]
  const prefix = environment === undefined ? undefined : buildScope(environment, '')
  const layered = scopes
    .filter((scope) => prefix !== undefined && scope.startsWith(prefix))
    .map((scope) => scope.slice(prefix!.length))
  const isTagged = readsTags(flag)
  const revised = [...instanceRevisions]
    .filter(([key, { retirement }]) => instances.has(key) && (isTagged || retirement > 0))
    .map(([key]) => key)
  return [...new Set([...layered, ...revised])]
}
