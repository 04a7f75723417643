import { canonicalJson } from '../canonical-json.ts'
import type { Rule } from '../ruleset/wire.ts'
import type { Flag, Segment } from '../schema/index.ts'
import { scopeChain } from '../scope.ts'
import { conditionText } from './compile/hash-identifiers.ts'
import {
  type LayerConfiguration,
  OVERRIDABLE_FIELDS,
  resolveLayers,
  withoutRuleNames,
} from './layers.ts'
import { isSameList } from './list-change.ts'
import { type RevisedFlag, revisedScopes } from './revised-scopes.ts'
import type { FlagRevisions } from './state.ts'

export const NO_REVISIONS: FlagRevisions = new Map()

/** Returns the revision of a flag's layers in one scope. */
export function revisionIn(revisions: FlagRevisions, scope: string): number {
  return scopeChain(scope).reduce((revision, one) => revisions.get(one) ?? revision, 0)
}

/**
 * Returns the revisions of a flag after the change `seq`. A scope gets this number only if the
 * change affects how the flag is served there. An edit that sets an existing value, renames a rule,
 * or changes an overridden layer starts no revision.
 */
export function revise(
  revisions: FlagRevisions,
  { before, after, seq }: RevisedFlag,
): FlagRevisions {
  if (before === undefined || !hasSameDefinition(before, after)) return new Map([['*', seq]])

  const scopes = revisedScopes(before, after, revisions.keys())
  if (scopes.length === 0) return revisions
  const isSame = createComparer()
  const revised = new Map(revisions)
  // From general to specific, so that the inherited revision of each scope is known.
  for (const scope of scopes) {
    const isKept = isSame(
      resolveLayers(before, scope).configuration,
      resolveLayers(after, scope).configuration,
    )
    const revision = isKept ? revisionIn(revisions, scope) : seq
    revised.delete(scope)
    if (scope === '*' || revision !== revisionIn(revised, scope)) revised.set(scope, revision)
  }
  return revised
}

/** Checks that two segments have the same members; their names do not matter. */
export function hasSameMembers(before: Segment | undefined, after: Segment | undefined): boolean {
  if (before === undefined || after === undefined) return before === after
  return (
    isSameList(before.include, after.include) &&
    isSameList(before.exclude, after.exclude) &&
    conditionText(before.when) === conditionText(after.when)
  )
}

/** Compares the members of a flag that evaluation reads, besides its layers. */
function hasSameDefinition(before: Flag, after: Flag): boolean {
  const isArchived = ({ archivedAt }: Flag) => archivedAt !== undefined
  return hasSameVariants(before, after) && isArchived(before) === isArchived(after)
}

/** Checks that two flags serve the same values under the same prerequisites. */
export function hasSameVariants(before: Flag, after: Flag): boolean {
  const isUntouched =
    before.variants === after.variants && before.prerequisites === after.prerequisites
  return isUntouched || variantsText(before) === variantsText(after)
}

function variantsText({ type, variants, prerequisites }: Flag): string {
  return canonicalJson([type, variants.map(({ key, value }) => [key, value]), prerequisites])
}

function rulesText(rules: readonly Rule[]): string {
  return canonicalJson(
    withoutRuleNames(rules).map(({ when, ...rule }) => [conditionText(when), rule]),
  )
}

/**
 * Compares configurations member by member. Serialises each inherited member once for all scopes.
 */
function createComparer() {
  const texts = new Map<unknown, string>()
  const textOf = (member: LayerConfiguration[keyof LayerConfiguration]): string => {
    // The rules are the only list among the members.
    const text =
      texts.get(member) ?? (Array.isArray(member) ? rulesText(member) : canonicalJson(member))
    texts.set(member, text)
    return text
  }
  return (a: LayerConfiguration, b: LayerConfiguration): boolean =>
    a.killed === b.killed &&
    OVERRIDABLE_FIELDS.every(
      (member) => a[member] === b[member] || textOf(a[member]) === textOf(b[member]),
    )
}
