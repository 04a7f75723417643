import {
  EVERYWHERE,
  instanceOf,
  resolveInScope,
  resolveLayers,
  servingText,
} from '@flaghoist/core/model'
import type { Layer } from '@flaghoist/core/schema'
import { problem } from '../../errors.ts'
import { isRetired } from '../../matrix/flag-cells.ts'
import { withLayer } from '../../rollouts/driven-members.ts'
import type { AlignedScope } from './aligned-layers.ts'

/** The reason why no layer aligns a scope, and the way out. */
interface Obstacle {
  readonly cause: string
  readonly cure: string
}

/** The error of a scope that no layer aligns with its reference. */
export function cannotAlign(
  { flag, scope, reference }: AlignedScope,
  { cause, cure }: Obstacle,
): Error {
  return problem('CANNOT_ALIGN', { flag: flag.key, scope, reference, cause, cure })
}

/** Returns the kill or the retirement because of which one of the scopes is off. */
export function findOutage(aligned: AlignedScope): Obstacle | undefined {
  const { scope, reference } = aligned
  const scopes = [scope, reference]
  return (
    scopes.map((one) => killIn(aligned, one)).find(Boolean) ??
    scopes.map((one) => retirementIn(aligned, one)).find(Boolean)
  )
}

function killIn({ flag }: AlignedScope, scope: string): Obstacle | undefined {
  const { killed } = resolveLayers(flag, scope).provenance
  if (killed === undefined) return undefined
  return {
    cause: `it is killed in ${placeOf(killed, scope)}`,
    cure: `Restore it first: POST …/flags/${flag.key}/restore with {"scopes": ["${killed}"]}.`,
  }
}

function placeOf(killed: string, scope: string): string {
  if (killed === EVERYWHERE) return 'all environments'
  return killed === scope ? scope : `all of ${killed}`
}

function retirementIn({ state }: AlignedScope, scope: string): Obstacle | undefined {
  if (!isRetired(state, scope)) return undefined
  const instance = instanceOf(scope)
  return {
    cause: `the instance "${instance}" is retired and receives the off variant only`,
    cure: `Leave ${scope} out, or set the status of the instance to active.`,
  }
}

/**
 * Returns the reason why a scope is served differently, although its layer sets what the reference
 * has.
 */
export function explainDifference(
  { state, flag, scope, reference }: AlignedScope,
  layer: Layer | null,
): Obstacle {
  const own = resolveInScope(state, withLayer(flag, scope, layer), scope).configuration
  const wanted = resolveInScope(state, flag, reference).configuration
  if (servingText(flag, own) !== servingText(flag, wanted))
    return {
      cause: `no layer sets "off" in ${reference}, so that it serves the caller's fallback`,
      cure: `Set "off" in ${reference} first.`,
    }
  return {
    cause: 'its rules read the instance or its tags',
    cure: 'Change these rules, or the tags of the instance.',
  }
}
