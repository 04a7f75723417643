import {
  isRestored,
  layerOf,
  type ProjectState,
  readsInstances,
  resolveInScope,
  resolveLayers,
  scopeChain,
  servingText,
} from '@flaghoist/core/model'
import type { Flag } from '@flaghoist/core/schema'
import { hasPassed } from '../flags/shown-flag.ts'
import { isRetired, latestRun } from '../matrix/flag-cells.ts'
import { isUntouched } from '../rollouts/driven-members.ts'
import { withoutUndefined } from '../without-undefined.ts'
import type { DriftCause } from './schemas.ts'

/** A flag in a scope, beside the scope that it is compared with. */
export interface Comparison {
  readonly state: ProjectState
  readonly flag: Flag
  readonly scope: string
  /** Scope that serves the most common configuration. */
  readonly reference: string
  /** Wall clock, epoch ms. */
  readonly now: number
}

/**
 * Returns the cause of a difference between two scopes. Settings of the scope itself come before
 * those of the scope that it is compared with.
 */
export function causeOf(comparison: Comparison): DriftCause {
  const reversed = reverse(comparison)
  return (
    killCause(comparison) ??
    killCause(reversed) ??
    retirementCause(comparison) ??
    ruleCause(comparison) ??
    rolloutCause(comparison) ??
    layerCause(comparison) ??
    rolloutCause(reversed) ??
    layerCause(reversed) ?? { kind: 'layer' }
  )
}

/** Checks that neither a valid note nor another cause explains why two scopes differ. */
export function isUnexplained({ kind }: DriftCause): boolean {
  return kind === 'layer' || kind === 'expired'
}

function reverse({ scope, reference, ...rest }: Comparison): Comparison {
  return { ...rest, scope: reference, reference: scope }
}

function killCause({ flag, scope, reference }: Comparison): DriftCause | undefined {
  const { configuration, provenance } = resolveLayers(flag, scope)
  const isBoth = resolveLayers(flag, reference).configuration.killed !== undefined
  const source = provenance.killed
  if (!configuration.killed || source === undefined || isBoth) return undefined
  const { by, reason } = layerOf(flag, source)!.killed!
  return { kind: 'killed', scope: source, owner: by, ...(reason !== '' && { reason }) }
}

function retirementCause({ state, scope, reference }: Comparison): DriftCause | undefined {
  const isOne = isRetired(state, scope)
  if (isOne === isRetired(state, reference)) return undefined
  return { kind: 'retired', scope: isOne ? scope : reference }
}

/** Layers that resolve alike differ by rules on the instance only. */
function ruleCause({ state, flag, scope, reference }: Comparison): DriftCause | undefined {
  if (!readsInstances(flag)) return undefined
  const [one, other] = [scope, reference].map((name) =>
    servingText(flag, resolveInScope(state, flag, name).configuration),
  )
  return one === other ? { kind: 'rule' } : undefined
}

/** A run explains a layer that it has written or restored, unless a person edits it later. */
function rolloutCause({ state, flag, scope }: Comparison): DriftCause | undefined {
  const found = latestRun(state, flag.key, scope)
  if (found === undefined || found.isEdited) return undefined
  const { rollout, run } = found
  // The engine holds a run whose layer it finds edited. The run is then newer than the edit.
  const isOfRun = run.written ? isUntouched(flag, scope, run.written) : isRestored(run)
  if (!isOfRun) return undefined
  const { reason, owner } = run
  return withoutUndefined<DriftCause>({
    kind: 'rollout',
    scope,
    rollout: rollout.key,
    reason: reason?.text,
    owner,
  })
}

/** The most specific layer that sets a member in the scope and does not hold in the other one. */
function layerCause({ flag, scope, reference, now }: Comparison): DriftCause | undefined {
  const sources = new Set(Object.values(resolveLayers(flag, scope).provenance))
  const others = scopeChain(reference)
  const source = scopeChain(scope).findLast((name) => sources.has(name) && !others.includes(name))
  const layer = source === undefined ? undefined : layerOf(flag, source)
  if (layer === undefined) return undefined
  if (layer.note === undefined) return { kind: 'layer', scope: source }
  const { reason, owner, expiresAt } = layer.note
  const kind = hasPassed(expiresAt, now) ? 'expired' : 'override'
  return withoutUndefined<DriftCause>({ kind, scope: source, reason, owner, expiresAt })
}
