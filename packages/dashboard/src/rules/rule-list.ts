import { EMPTY_CLAUSE } from '../conditions/condition.ts'
import type { Settings } from './settings.ts'

export type Rule = NonNullable<Settings['rules']>[number] & { readonly id: string }

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

function freeId(rules: readonly Rule[]): string {
  const used = new Set(rules.map(({ id }) => id))
  let number = rules.length + 1
  while (used.has(`rule-${number}`)) number += 1
  return `rule-${number}`
}
