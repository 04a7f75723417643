import { matchesWhen, prepareWhen } from '../evaluate/clause.ts'
import type { Clause, Rule } from '../ruleset/wire.ts'
import type { Flag, Instance } from '../schema/index.ts'

const PREFIX = 'instance.tags.'

/** True for every context, because no value is in an empty list. */
const ALWAYS: Clause = { attribute: 'instance', op: 'in', values: [], negate: true }

/** The name of the tag that an attribute reads; undefined for an attribute of the context. */
export function tagNameOf(attribute: string): string | undefined {
  return attribute.startsWith(PREFIX) ? attribute.slice(PREFIX.length) : undefined
}

/** The value of a tag. Ignores names that every object inherits. */
export function tagOf(tags: Instance['tags'], name: string): string | undefined {
  return Object.hasOwn(tags, name) ? tags[name] : undefined
}

/** Returns the names of the tags that rules read. */
export function tagsNamedBy(rules: readonly Pick<Rule, 'when'>[] = []): readonly string[] {
  return rules.flatMap(({ when }) => when.flat()).flatMap((one) => tagNameOf(one.attribute) ?? [])
}

/** Checks that a rule of any scope reads a tag. */
export function readsTags({ layers }: Flag): boolean {
  return Object.values(layers).some(({ rules }) => tagsNamedBy(rules).length > 0)
}

/**
 * Replaces clauses on tags by their results for one instance, so that no ruleset contains a tag. A
 * rule that the tags exclude is dropped. A rule written without clauses matches every
 * context. SDKs match nothing there, so that no rule gains contexts by losing its clauses.
 *
 * @param instance undefined for a scope without an instance, where every tag is missing
 */
export function resolveTags(rules: readonly Rule[], instance: Instance | undefined): Rule[] {
  return rules.flatMap((rule) => {
    if (rule.when.length === 0) return { ...rule, when: [[ALWAYS]] }
    const isTagged = tagsNamedBy([rule]).length > 0
    if (!isTagged) return rule
    const groups = rule.when.flatMap((group) => {
      const met = group.every((clause) => meetsTags(clause, instance))
      return met ? [group.filter(({ attribute }) => tagNameOf(attribute) === undefined)] : []
    })
    const isCertain = groups.some((group) => group.length === 0)
    const when = isCertain ? [[ALWAYS]] : groups
    return when.length === 0 ? [] : { ...rule, when }
  })
}

/** Checks a clause on a tag; clauses on the context are left to evaluation. */
function meetsTags(clause: Clause, instance: Instance | undefined): boolean {
  const name = tagNameOf(clause.attribute)
  if (name === undefined) return true
  const inputs = { instance: undefined, now: undefined, segment: undefined }
  const when = prepareWhen([[{ ...clause, attribute: 'tag' }]], inputs)
  return matchesWhen(when, { tag: tagOf(instance?.tags ?? {}, name) })
}
