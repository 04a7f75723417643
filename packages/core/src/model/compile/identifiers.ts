import { hashIdentifier, unitText } from '../../hash.ts'
import type { Clause, RulesetSegment } from '../../ruleset/wire.ts'
import type { LayerConfiguration } from '../layers.ts'

/**
 * Lists of identifiers go where people can read them only as salted hashes, sorted, so that neither
 * the text nor its place in the list is told.
 */
export function hideSegment(segment: RulesetSegment, salt: string): RulesetSegment {
  return {
    include: hashAll(segment.include, salt),
    exclude: hashAll(segment.exclude, salt),
    when: segment.when.map((group) => group.map((clause) => hideClause(clause, salt))),
    salt,
  }
}

/**
 * The salt of an item's identifiers: another for each item, so that nobody is recognised from list
 * to list.
 */
export function saltOf(project: string, item: string): string {
  return hashIdentifier(project, item)
}

/** Hides what clauses say of targeting keys; other attributes are not identities. */
export function hideIdentifiers(
  configuration: LayerConfiguration,
  salt: string,
): LayerConfiguration {
  if (configuration.rules === undefined) return configuration
  const rules = configuration.rules.map((rule) => ({
    ...rule,
    when: rule.when.map((group) => group.map((clause) => hideClause(clause, salt))),
  }))
  return { ...configuration, rules }
}

function hideClause(clause: Clause, salt: string): Clause {
  if (clause.attribute !== 'targetingKey' || clause.op !== 'in') return clause
  const texts = clause.values.map((value) => unitText(value) ?? '')
  const listed = clause.ignoreCase ? texts.map((text) => text.toLowerCase()) : texts
  return { ...clause, values: hashAll(listed, salt), salt }
}

function hashAll(texts: readonly string[], salt: string): string[] {
  return texts.map((text) => hashIdentifier(salt, text)).sort()
}
