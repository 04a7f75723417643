import type { Rule } from '../ruleset/wire.ts'
import type { Flag, Instance } from '../schema/index.ts'

const PREFIX = 'instance.tags.'

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
  return Object.values(layers).some(({ rules }) => rules && tagsNamedBy(rules).length > 0)
}
