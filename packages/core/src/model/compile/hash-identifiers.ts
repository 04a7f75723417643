import { hashIdentifier, unitText } from '../../hash.ts'
import type { Clause, RulesetSegment } from '../../ruleset/wire.ts'
import type { LayerConfiguration } from '../layers.ts'

/**
 * Replaces the identifiers of a segment by sorted, salted hashes, for rulesets that people can
 * read. The hashes reveal neither an identifier nor its place in the list.
 */
export function hashSegment(segment: RulesetSegment, salt: string): RulesetSegment {
  return {
    include: hashAll(segment.include, salt),
    exclude: hashAll(segment.exclude, salt),
    when: hashWhen(segment.when, salt),
    salt,
  }
}

/**
 * The salt of an item's identifiers. Each item has its own salt, so that lists cannot be compared.
 */
export function saltOf(project: string, item: string): string {
  return hashIdentifier(project, item)
}

/** Replaces the targeting keys in rules by salted hashes. Other attributes are not identities. */
export function hashRules<C extends LayerConfiguration>(configuration: C, salt: string): C {
  if (configuration.rules === undefined) return configuration
  const rules = configuration.rules.map((rule) => ({ ...rule, when: hashWhen(rule.when, salt) }))
  return { ...configuration, rules }
}

function hashWhen(when: readonly (readonly Clause[])[], salt: string): Clause[][] {
  return when.map((group) => group.map((clause) => hashClause(clause, salt)))
}

function hashClause(clause: Clause, salt: string): Clause {
  if (clause.attribute !== 'targetingKey' || clause.op !== 'in') return clause
  const texts = clause.values.map((value) => unitText(value) ?? '')
  const identifiers = clause.ignoreCase ? texts.map((text) => text.toLowerCase()) : texts
  return { ...clause, values: hashAll(identifiers, salt), salt }
}

function hashAll(identifiers: readonly string[], salt: string): string[] {
  return identifiers.map((identifier) => hashIdentifier(salt, identifier)).sort()
}
