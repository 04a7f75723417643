import type { FlagConfiguration } from '../ruleset/wire.ts'
import type { Flag } from '../schema/index.ts'
import { instanceOf } from '../scope.ts'
import { isRetired } from './instance-revisions.ts'
import { resolveTags, tagsNamedBy } from './instance-tags.ts'
import { type LayerConfiguration, resolveLayers } from './layers.ts'
import { segmentsNamedBy } from './named-segments.ts'
import { NO_REVISIONS, revisionIn } from './revisions.ts'
import type { ProjectState } from './state.ts'

/** The parts of a state that a flag's configuration in a scope depends on, besides the flag. */
export type ServingState = Pick<
  ProjectState,
  'instances' | 'flagRevisions' | 'segmentRevisions' | 'instanceRevisions'
>

/**
 * Returns the configuration that SDKs of a scope evaluate: the result of the layers, with clauses
 * on the instance's tags resolved, and off if the instance is retired.
 */
export function servedConfiguration(
  state: ServingState,
  flag: Flag,
  scope: string,
): FlagConfiguration {
  const instance = state.instances.get(instanceOf(scope) ?? '')
  const { configuration } = resolveLayers(flag, scope)
  const { rules } = configuration
  const served = {
    ...configuration,
    ...(rules && { rules: resolveTags(rules, instance) }),
    ...(isRetired(instance) && { on: false }),
  }
  return { ...served, revision: revisionOf(state, flag.key, scope, [configuration, served]) }
}

/**
 * The last change of the flag's layers in the scope, of a segment that they name, or of the
 * instance, as far as it affects the flag.
 */
function revisionOf(
  { flagRevisions, segmentRevisions, instanceRevisions }: ServingState,
  flag: string,
  scope: string,
  [layered, served]: readonly [LayerConfiguration, LayerConfiguration],
): number {
  const instance = instanceRevisions.get(instanceOf(scope) ?? '')
  return Math.max(
    revisionIn(flagRevisions.get(flag) ?? NO_REVISIONS, scope),
    ...segmentsNamedBy(served).map((key) => segmentRevisions.get(key) ?? 0),
    ...tagsNamedBy(layered.rules).map((name) => instance?.tags.get(name) ?? 0),
    layered.on ? (instance?.retirement ?? 0) : 0,
  )
}
