import { isSameValue } from '../api/same-value.ts'
import { type Rule, rulesOf } from './rule-list.ts'
import { MEMBERS, type Settings } from './settings.ts'

/** Settings that a person edits, and the stored ones that the edit began with. */
export interface Edit {
  readonly base: Settings
  readonly edited: Settings
}

/**
 * Returns an edit on newer settings. It keeps the members, the note and the rules that the person
 * has edited, and takes all others from the newer settings.
 */
export function rebased({ base, edited }: Edit, newer: Settings): Settings {
  const merged: Settings = { ...newer }
  for (const member of [...MEMBERS, 'note'] as const) {
    if (isSameValue(base[member], edited[member])) continue
    if (edited[member] === undefined) delete merged[member]
    else Object.assign(merged, { [member]: edited[member] })
  }
  const isBothEdited = merged.rules && newer.rules && !isSameValue(base.rules, edited.rules)
  return isBothEdited ? { ...merged, rules: mergedRules({ base, edited }, newer) } : merged
}

/** Returns the edited rules in their order, and behind them those that are new in the newer. */
function mergedRules({ base, edited }: Edit, newer: Settings): Rule[] {
  const [before, theirs] = [base, newer].map((one) => byId(rulesOf(one))) as [RuleMap, RuleMap]
  const mine = rulesOf(edited).flatMap((rule) => {
    if (!isSameValue(before.get(rule.id), rule)) return rule
    return theirs.get(rule.id) ?? []
  })
  const known = byId(mine)
  const added = rulesOf(newer).filter(({ id }) => !before.has(id) && !known.has(id))
  return [...mine, ...added]
}

type RuleMap = ReadonlyMap<string, Rule>

const byId = (rules: readonly Rule[]): RuleMap => new Map(rules.map((rule) => [rule.id, rule]))
