import { canonicalJson } from '../canonical-json.ts'
import type { Rule } from '../ruleset/wire.ts'
import type { Flag, Segment } from '../schema/index.ts'
import { scopeChain } from '../scope.ts'
import { type LayerConfiguration, resolve } from './layers.ts'
import type { FlagRevisions } from './state.ts'

/** Since when a flag is served as its layers say, in one scope. */
export function revisionIn(revisions: FlagRevisions, scope: string): number {
  return scopeChain(scope).reduce((revision, one) => revisions.get(one) ?? revision, 0)
}

/**
 * The revisions of a flag after the change `seq`: that number wherever the change made a difference
 * to what is served, and nowhere else. Whoever sets what holds already, renames a rule, or edits a
 * layer that another one covers starts nothing new.
 */
export function revise(
  revisions: FlagRevisions,
  { before, after, seq }: { before: Flag | undefined; after: Flag; seq: number },
): FlagRevisions {
  if (before === undefined || definitionText(before) !== definitionText(after))
    return new Map([['*', seq]])

  const layered = [...Object.keys(before.layers), ...Object.keys(after.layers)]
  const edited = new Set(
    layered.filter((scope) => layerOf(before, scope) !== layerOf(after, scope)),
  )
  if (edited.size === 0) return revisions
  const isSame = createComparer()
  const revised = new Map<string, number>()
  // From general to specific, so that what a scope would inherit is known when its turn comes.
  for (const scope of fromGeneralToSpecific(['*', ...revisions.keys(), ...layered])) {
    const isKept =
      !scopeChain(scope).some((outer) => edited.has(outer)) ||
      isSame(resolve(before, scope).configuration, resolve(after, scope).configuration)
    const revision = isKept ? revisionIn(revisions, scope) : seq
    if (scope === '*' || revision !== revisionIn(revised, scope)) revised.set(scope, revision)
  }
  return revised
}

/** Whether another segment is held by the same contexts: its name is for people. */
export function holdsTheSame(before: Segment | undefined, after: Segment | undefined): boolean {
  return before === after || segmentText(before) === segmentText(after)
}

/** Scopes that are named often are given once. */
function fromGeneralToSpecific(scopes: readonly string[]): string[] {
  return [...new Set(scopes)].sort((a, b) => scopeChain(a).length - scopeChain(b).length)
}

function layerOf({ layers }: Flag, scope: string): unknown {
  return Object.hasOwn(layers, scope) ? layers[scope] : undefined
}

/** What evaluation reads of a flag beside its layers. */
function definitionText({ type, variants, prerequisites, archivedAt }: Flag): string {
  const values = variants.map(({ key, value }) => [key, value])
  return canonicalJson({ type, values, prerequisites, isArchived: archivedAt !== undefined })
}

function segmentText(segment: Segment | undefined): string | undefined {
  return segment && canonicalJson([segment.include, segment.exclude, segment.when])
}

/** Compares configurations member by member; what many scopes inherit is turned to text once. */
function createComparer() {
  const texts = new Map<unknown, string>()
  const textOf = (member: unknown): string => {
    const text = texts.get(member) ?? canonicalJson(withoutNames(member))
    texts.set(member, text)
    return text
  }
  return (a: LayerConfiguration, b: LayerConfiguration): boolean =>
    a.killed === b.killed &&
    (['on', 'off', 'rules', 'rollout', 'fallthrough'] as const).every(
      (member) => a[member] === b[member] || textOf(a[member]) === textOf(b[member]),
    )
}

/** Rules, which are the only list, without their names. */
function withoutNames(member: unknown): unknown {
  return Array.isArray(member) ? member.map(({ name: _, ...rule }: Rule) => rule) : member
}
