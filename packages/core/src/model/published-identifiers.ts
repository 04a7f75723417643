import { canonicalJson } from '../canonical-json.ts'
import type { Clause } from '../ruleset/wire.ts'
import type { Edit, Flag } from '../schema/index.ts'
import { instanceOf } from '../scope.ts'
import { isVisible } from './compile/compile-flag.ts'
import { plainIdentifiers } from './identifying-clause.ts'
import { tagNameOf } from './instance-tags.ts'
import { segmentsInLayers } from './named-segments.ts'
import { readsKey } from './resolved-clauses.ts'
import { flagOf, type ProjectState } from './state.ts'

/** A clause whose identifiers client keys receive unhashed. */
export interface PublishedClause {
  readonly place:
    | { readonly flag: string; readonly rule: string; readonly scope: string }
    | { readonly segment: string }
  readonly clause: Clause
}

/**
 * Returns the clauses that edits add or change, or make visible to client keys, and that contain
 * identifiers unhashed. Lists of segments are always hashed.
 */
export function publishedByEdits(
  before: ProjectState,
  after: ProjectState,
  edits: readonly Edit[],
): readonly PublishedClause[] {
  const flags = [...new Set(edits.flatMap(flagOf))]
  const named = flags.flatMap((key) => {
    const flag = after.flags.get(key)
    return flag === undefined ? [] : segmentsInLayers(flag)
  })
  const segments = [...edits.flatMap((one) => (one.kind === 'segment' ? one.key : [])), ...named]
  const publishedIn = (state: ProjectState) => [
    ...flags.flatMap((key) => inFlag(state.flags.get(key))),
    ...inSegments(state, [...new Set(segments)]),
  ]
  const published = publishedIn(after)
  if (published.length === 0) return []
  const known = new Set(publishedIn(before).map(canonicalJson))
  return published.filter((one) => !known.has(canonicalJson(one)))
}

function inFlag(flag: Flag | undefined): readonly PublishedClause[] {
  if (flag === undefined || !isVisible(flag, 'client')) return []
  return Object.entries(flag.layers).flatMap(([scope, { rules = [] }]) =>
    rules.flatMap(({ id, when }) =>
      identifying(when.flat().filter((clause) => !isResolvedIn(clause, scope))).map((clause) => ({
        place: { flag: flag.key, rule: id, scope },
        clause,
      })),
    ),
  )
}

/** Checks that no ruleset contains a clause of a layer, because the compiler resolves it. */
function isResolvedIn(clause: Clause, layer: string): boolean {
  const isOfInstance = instanceOf(layer) !== undefined
  return tagNameOf(clause.attribute) !== undefined || (isOfInstance && readsKey(clause))
}

function inSegments(state: ProjectState, keys: readonly string[]): readonly PublishedClause[] {
  const published = keys.flatMap((segment) =>
    identifying(state.segments.get(segment)?.when.flat() ?? []).map((clause) => ({
      place: { segment },
      clause,
    })),
  )
  if (published.length === 0) return []
  const visible = [...state.flags.values()].filter((flag) => isVisible(flag, 'client'))
  const sent = new Set(visible.flatMap(segmentsInLayers))
  return published.filter(({ place }) => sent.has(place.segment))
}

function identifying(clauses: readonly Clause[]): readonly Clause[] {
  return clauses.filter((clause) => plainIdentifiers(clause).length > 0)
}
