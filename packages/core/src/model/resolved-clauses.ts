import { matchesWhen, prepareWhen } from '../evaluate/clause.ts'
import type { Clause, Rule } from '../ruleset/wire.ts'
import type { Flag, Instance } from '../schema/index.ts'
import { tagNameOf, tagOf } from './instance-tags.ts'

type When = Rule['when']

/** Returns the result of a clause that no context changes; undefined for any other clause. */
type KnownResult = (clause: Clause) => boolean | undefined

/** True for every context, because no value is in an empty list. */
const ALWAYS: Clause = { attribute: 'instance', op: 'in', values: [], negate: true }

/**
 * Returns the results of clauses on the tags of an instance.
 *
 * @param instance undefined for a scope without an instance, where every tag is missing
 */
export function tagResults(instance: Instance | undefined): KnownResult {
  return (clause) => {
    const name = tagNameOf(clause.attribute)
    return name === undefined ? undefined : meets(clause, tagOf(instance?.tags ?? {}, name))
  }
}

/** Returns the results of clauses on `instance` in the scope of one instance. */
export function instanceResults(instance: string): KnownResult {
  return (clause) => (readsKey(clause) ? meets(clause, instance) : undefined)
}

/** Checks that a clause reads the key of the instance. The operator `segment` reads the unit. */
export function readsKey({ attribute, op }: Clause): boolean {
  return attribute === 'instance' && op !== 'segment'
}

/** Checks that a rule of any scope reads the key of the instance. */
export function readsInstanceKey({ layers }: Flag): boolean {
  return Object.values(layers).some(({ rules }) =>
    rules?.some(({ when }) => when.flat().some(readsKey)),
  )
}

/**
 * Replaces clauses by their known results. A rule that they exclude is dropped. A rule written
 * without clauses matches every context. SDKs match nothing there, so that no rule gains contexts
 * by losing its clauses.
 */
export function resolveRules(rules: readonly Rule[], known: KnownResult): Rule[] {
  return rules.flatMap((rule) => {
    if (rule.when.length === 0) return { ...rule, when: [[ALWAYS]] }
    const when = resolveWhen(rule.when, known)
    if (when === rule.when) return rule
    return when.length === 0 ? [] : { ...rule, when }
  })
}

/**
 * Replaces clauses of an OR of ANDs by their known results. The result is empty if no context can
 * match, and the same object if no clause has a known result.
 */
export function resolveWhen(when: When, known: KnownResult): When {
  const results = new Map(when.flat().map((clause) => [clause, known(clause)]))
  const isConcerned = [...results.values()].some((result) => result !== undefined)
  if (!isConcerned) return when
  const groups = when
    .filter((group) => group.every((clause) => results.get(clause) !== false))
    .map((group) => group.filter((clause) => results.get(clause) === undefined))
  return groups.some((group) => group.length === 0) ? [[ALWAYS]] : groups
}

/** Checks that a rule matches every context, as far as its clauses are resolved. */
export function matchesEveryContext({ when }: Pick<Rule, 'when'>): boolean {
  return when.length === 0 || when.some((group) => group.every((clause) => clause === ALWAYS))
}

function meets(clause: Clause, value: string | undefined): boolean {
  const inputs = { instance: undefined, now: undefined, segment: undefined }
  return matchesWhen(prepareWhen([[{ ...clause, attribute: 'value' }]], inputs), { value })
}
