import type { FlagConfiguration } from '../ruleset/wire.ts'
import type { Flag } from '../schema/index.ts'
import { instanceOf } from '../scope.ts'
import { isRetired } from './instance-revisions.ts'
import { tagsNamedBy } from './instance-tags.ts'
import { type LayerConfiguration, type ResolvedLayers, resolveLayers } from './layers.ts'
import { segmentsNamedBy } from './named-segments.ts'
import { instanceResults, resolveRules, tagResults } from './resolved-clauses.ts'
import { NO_REVISIONS, revisionIn } from './revisions.ts'
import type { ProjectState } from './state.ts'

/** The parts of a state that a flag's configuration in a scope depends on, besides the flag. */
export type ServingState = Pick<
  ProjectState,
  'instances' | 'flagRevisions' | 'segmentRevisions' | 'instanceRevisions'
>

/** The provenance of `on` in a retired instance. */
const RETIRED_PROVENANCE = 'retired'

/** Resolves a flag's layers in one scope, and turns the flag off where the instance is retired. */
export function resolveInScope(
  state: Pick<ProjectState, 'instances'>,
  flag: Flag,
  scope: string,
): ResolvedLayers {
  return withRetirement(state, scope, resolveLayers(flag, scope))
}

function withRetirement(
  { instances }: Pick<ProjectState, 'instances'>,
  scope: string,
  resolved: ResolvedLayers,
): ResolvedLayers {
  if (!isRetired(instances.get(instanceOf(scope) ?? ''))) return resolved
  return {
    configuration: { ...resolved.configuration, on: false },
    provenance: { ...resolved.provenance, on: RETIRED_PROVENANCE },
  }
}

/**
 * Returns the configuration that SDKs of a scope evaluate: the result of the layers, with clauses
 * on the instance's tags resolved, and off if the instance is retired.
 */
export function servedConfiguration(
  state: ServingState,
  flag: Flag,
  scope: string,
): FlagConfiguration {
  const layered = resolveLayers(flag, scope)
  const { configuration } = withRetirement(state, scope, layered)
  const { rules } = configuration
  const instance = state.instances.get(instanceOf(scope) ?? '')
  const served = {
    ...configuration,
    ...(rules && { rules: resolveRules(rules, tagResults(instance)) }),
  }
  const revision = revisionOf(state, flag.key, scope, [layered.configuration, served])
  return { ...served, revision }
}

/**
 * Returns the same for a ruleset of an instance: clauses on `instance` are resolved too, because
 * they name other customers. The revision is that of the whole environment, so that SDKs of the
 * environment and of the instance report the same one.
 */
export function ownConfiguration(
  state: ServingState,
  flag: Flag,
  scope: string,
): FlagConfiguration {
  const served = servedConfiguration(state, flag, scope)
  const instance = instanceOf(scope)
  if (instance === undefined || served.rules === undefined) return served
  return { ...served, rules: resolveRules(served.rules, instanceResults(instance)) }
}

/**
 * The last change of the flag's layers in the scope, of a segment that they name, or of the
 * instance, as far as it affects the flag.
 */
function revisionOf(
  state: ServingState,
  flag: string,
  scope: string,
  [layered, served]: readonly [LayerConfiguration, LayerConfiguration],
): number {
  const { segmentRevisions, instanceRevisions } = state
  const instance = instanceRevisions.get(instanceOf(scope) ?? '')
  const revisions = [
    layersRevision(state, flag, scope),
    ...segmentsNamedBy(served).map((key) => segmentRevisions.get(key) ?? 0),
    ...tagsNamedBy(layered.rules).map((name) => instance?.tags.get(name) ?? 0),
    layered.on ? (instance?.retirement ?? 0) : 0,
  ]
  // A rule can name more segments than a call can have arguments.
  return revisions.reduce((last, one) => Math.max(last, one))
}

/** Returns the last change of a flag's layers that affects the flag in a scope. */
export function layersRevision(
  { flagRevisions }: Pick<ServingState, 'flagRevisions'>,
  flag: string,
  scope: string,
): number {
  return revisionIn(flagRevisions.get(flag) ?? NO_REVISIONS, scope)
}
