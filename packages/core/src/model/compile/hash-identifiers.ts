import { canonicalJson } from '../../canonical-json.ts'
import { hashIdentifier, unitText } from '../../hash.ts'
import type { Clause, RulesetSegment } from '../../ruleset/wire.ts'
import type { LayerConfiguration } from '../layers.ts'

/** Compiles the clauses that list identifiers, for one audience. */
type CompileClause = (clause: Clause) => Clause

/**
 * Replaces the identifiers of a segment by sorted, salted hashes, for rulesets that people can
 * read. The hashes reveal neither an identifier nor its place in the list.
 */
export function hashSegment(segment: RulesetSegment, salt: string): RulesetSegment {
  return {
    include: hashAll(segment.include, salt),
    exclude: hashAll(segment.exclude, salt),
    when: compileWhen(segment.when, hashedWith(salt)),
    salt,
  }
}

/**
 * The salt of an item's identifiers. Each item has its own salt, so that lists cannot be compared.
 */
export function saltOf(project: string, item: string): string {
  return hashIdentifier(project, item)
}

/** Compiles the clauses of a configuration's rules. */
export function compileRules<C extends LayerConfiguration>(
  configuration: C,
  compileClause: CompileClause,
): C {
  if (configuration.rules === undefined) return configuration
  const rules = configuration.rules.map((rule) => ({
    ...rule,
    when: compileWhen(rule.when, compileClause),
  }))
  return { ...configuration, rules }
}

/** Compiles the clauses of an OR of ANDs. One without identifiers stays the same object. */
export function compileWhen(
  when: RulesetSegment['when'],
  compileClause: CompileClause,
): RulesetSegment['when'] {
  const isConcerned = when.flat().some((clause) => 'hashed' in clause || isHashed(clause))
  return isConcerned ? when.map((group) => group.map(compileClause)) : when
}

/** Checks that the values of a clause reach client keys as hashes. */
export function isHashed({ attribute, op, hashed }: Clause): boolean {
  return op === 'in' && (hashed === true || attribute === 'targetingKey')
}

/** Replaces identifiers by salted hashes, for client keys. */
export function hashedWith(salt: string): CompileClause {
  return (clause) => {
    const { hashed: _, ...compiled } = clause
    return isHashed(clause)
      ? { ...compiled, values: hashAll(textsOf(clause), salt), salt }
      : compiled
  }
}

/**
 * Adds the number or the boolean of each identifier that is the text of one, for server keys. For a
 * hash, 42 and "42" are the same, and every audience must serve the same.
 */
export const withTwins: CompileClause = (clause) => {
  const { hashed: _, ...compiled } = clause
  if (!isHashed(clause)) return compiled
  const twins = textsOf(clause).flatMap((text) => twinOf(text) ?? [])
  return { ...compiled, values: [...clause.values, ...twins] }
}

/** The text of a condition. Equal texts match the same contexts, hashed or not. */
export function conditionText(when: RulesetSegment['when']): string {
  return canonicalJson(compileWhen(when, withTwins))
}

function textsOf({ values, ignoreCase }: Clause): string[] {
  const texts = values.map((value) => unitText(value) ?? '')
  return ignoreCase ? texts.map((text) => text.toLowerCase()) : texts
}

/** The value of another type with the same unit text. */
function twinOf(text: string): number | boolean | undefined {
  if (text === 'true' || text === 'false') return text === 'true'
  const number = Number(text)
  return unitText(number) === text ? number : undefined
}

function hashAll(identifiers: readonly string[], salt: string): string[] {
  return identifiers.map((identifier) => hashIdentifier(salt, identifier)).sort()
}
