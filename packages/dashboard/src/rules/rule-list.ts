import type { Clause } from '../flag/sentences.ts'
import type { Settings } from './settings.ts'

export type Rule = NonNullable<Settings['rules']>[number] & { readonly id: string }
export type Condition = Rule['when']

const EMPTY_CLAUSE: Clause = { attribute: '', op: 'in', values: [] }

/** Returns rules in which each has an id. Stored rules always have one. */
export const rulesOf = ({ rules = [] }: Settings): readonly Rule[] => rules as readonly Rule[]

/** Returns rules with a new one at the end, which serves a variant. */
export function addRule(rules: readonly Rule[], variant: string): readonly Rule[] {
  return [...rules, { id: freeId(rules), when: [[EMPTY_CLAUSE]], serve: { variant } }]
}

/** Returns rules with a copy of one behind it. */
export function duplicateRule(rules: readonly Rule[], index: number): readonly Rule[] {
  const copy = { ...rules[index]!, id: freeId(rules) }
  return rules.toSpliced(index + 1, 0, copy)
}

/** Returns rules with one at another place; the same rules beyond the ends. */
export function moveRule(rules: readonly Rule[], from: number, to: number): readonly Rule[] {
  if (to < 0 || to >= rules.length) return rules
  return rules.toSpliced(from, 1).toSpliced(to, 0, rules[from]!)
}

/** Returns a condition with another clause in a group; without it if none is given. */
export function withClause(
  when: Condition,
  [group, index]: readonly [group: number, index: number],
  clause?: Clause,
): Condition {
  const clauses = when[group]!.toSpliced(index, 1, ...(clause ? [clause] : []))
  // A group without clauses would never match.
  return when.toSpliced(group, 1, ...(clauses.length > 0 ? [clauses] : []))
}

/** Returns a condition with a new clause in a group; in a group of its own beyond the last. */
export function addClause(when: Condition, group: number): Condition {
  return when.toSpliced(group, 1, [...(when[group] ?? []), EMPTY_CLAUSE])
}

/** Checks that each clause names an attribute and has something to compare it with. */
export function isComplete({ when }: Pick<Rule, 'when'>): boolean {
  return when
    .flat()
    .every(
      ({ attribute, op, values }) => attribute !== '' && (op === 'exists' || values.length > 0),
    )
}

function freeId(rules: readonly Rule[]): string {
  const used = new Set(rules.map(({ id }) => id))
  let number = rules.length + 1
  while (used.has(`rule-${number}`)) number += 1
  return `rule-${number}`
}
