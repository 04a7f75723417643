import { canonicalJson } from '../canonical-json.ts'
import type { Arm } from '../evaluate/resolution.ts'
import { scopeChain } from '../scope.ts'
import { type DrawnUnits, type Draws, drawnByRollout, drawnBySplits, saltsOf } from './draws.ts'
import { type LayerConfiguration, resolveLayers } from './layers.ts'
import { type RevisedFlag, revisedScopes, scopesOf } from './revised-scopes.ts'
import { hasSameVariants } from './revisions.ts'
import type { ProjectState } from './state.ts'

/**
 * A run of revisions of a flag in a scope in which chance gives the same units the same arms and
 * variants. Its units can be compared, whatever else of the flag changes meanwhile.
 */
export interface Allocation {
  /** The number of the change that started it: its first revision. */
  readonly start: number
  /**
   * The start of the first of the consecutive allocations that draw the same units by the same
   * salts. An outcome of a unit in an earlier one of them does not count again.
   */
  readonly attempt: number
  readonly draws: Draws
}

/** The last allocations of a flag in one scope, the oldest first. */
export interface ScopeAllocations {
  /** Those of units in an arm of the rollout. */
  readonly arms: readonly Allocation[]
  /** Those of units that a split serves without an arm. */
  readonly splits: readonly Allocation[]
}

/** The last allocations of a flag, by scope; a missing scope has those of the more general one. */
export type FlagAllocations = ReadonlyMap<string, ScopeAllocations>

export const NO_ALLOCATIONS: FlagAllocations = new Map()

/** The number of allocations that a scope remembers: reports older than a day do not count. */
export const MAX_ALLOCATIONS = 64

const NONE: ScopeAllocations = { arms: [], splits: [] }

/** A configuration that served reported units. */
export interface ReportedConfiguration {
  readonly flag: string
  readonly scope: string
  readonly revision: number
  /** The arm of the units; empty for those of a split. */
  readonly arm: '' | Arm
}

/**
 * Returns the allocation that a reported revision belongs to. Returns undefined if chance had
 * decided nothing until that revision, or if the allocation is no longer remembered.
 */
export function allocationOf(
  { flagAllocations }: Pick<ProjectState, 'flagAllocations'>,
  { flag, scope, revision, arm }: ReportedConfiguration,
): Allocation | undefined {
  const { arms, splits } = allocationsIn(flagAllocations.get(flag) ?? NO_ALLOCATIONS, scope)
  return [...(arm === '' ? splits : arms)].reverse().find(({ start }) => start <= revision)
}

/**
 * Returns the remembered allocations of one attempt, the oldest first. They end with the latest of
 * the flag and scope if the attempt is the current one.
 */
export function allocationsOfAttempt(
  { flagAllocations }: Pick<ProjectState, 'flagAllocations'>,
  { flag, scope, arm, attempt }: Omit<ReportedConfiguration, 'revision'> & { attempt: number },
): readonly Allocation[] {
  const { arms, splits } = allocationsIn(flagAllocations.get(flag) ?? NO_ALLOCATIONS, scope)
  return (arm === '' ? splits : arms).filter((one) => one.attempt === attempt)
}

function allocationsIn(allocations: FlagAllocations, scope: string): ScopeAllocations {
  return scopeChain(scope).reduce((found, one) => allocations.get(one) ?? found, NONE)
}

/**
 * Returns the allocations of a flag after the change `seq`. A scope starts one only where the
 * change gives units another arm or variant by chance. A kill, the conditions of a rule, a segment
 * and a description start none.
 */
export function allocate(
  allocations: FlagAllocations,
  { before, after, seq }: RevisedFlag,
): FlagAllocations {
  const kept = before !== undefined && hasSameVariants(before, after) ? before : undefined
  const scopes = kept
    ? revisedScopes(kept, after, allocations.keys())
    : scopesOf([after], allocations.keys())

  const extended = new Map(allocations)
  let isExtended = false
  // From general to specific, so that the inherited allocations of each scope are known.
  for (const scope of scopes) {
    const known = allocationsIn(allocations, scope)
    const replaced = kept && resolveLayers(kept, scope).configuration
    const started = resolveLayers(after, scope).configuration
    const next = extend(known, { replaced, started, seq })
    isExtended ||= next !== known
    extended.delete(scope)
    if (next !== allocationsIn(extended, scope)) extended.set(scope, next)
  }
  return isExtended ? extended : allocations
}

interface Replacement {
  /** The configuration before the change; undefined if nothing of it continues. */
  readonly replaced: LayerConfiguration | undefined
  readonly started: LayerConfiguration
  readonly seq: number
}

/** Adds the allocations that a change starts in one scope; returns the same object without any. */
function extend(known: ScopeAllocations, replacement: Replacement): ScopeAllocations {
  const arms = withStarted(known.arms, drawnByRollout, replacement)
  const splits = withStarted(known.splits, drawnBySplits, replacement)
  return arms === known.arms && splits === known.splits ? known : { arms, splits }
}

function withStarted(
  known: readonly Allocation[],
  drawnBy: (configuration: LayerConfiguration) => DrawnUnits | undefined,
  { replaced, started, seq }: Replacement,
): readonly Allocation[] {
  const drawn = drawnBy(started)
  if (drawn === undefined) return known
  const before = replaced && drawnBy(replaced)
  if (before !== undefined && isSame(before.served, drawn.served)) return known
  const last = known.at(-1)
  const isDrawnAgain = last !== undefined && saltsOf(last.draws) === saltsOf(drawn.draws)
  const attempt = isDrawnAgain ? last.attempt : seq
  return [...known, { start: seq, attempt, draws: drawn.draws }].slice(-MAX_ALLOCATIONS)
}

function isSame(a: unknown, b: unknown): boolean {
  return canonicalJson(a) === canonicalJson(b)
}
