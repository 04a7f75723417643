import type { Clause } from '../flag/sentences.ts'

/** Groups of clauses. A context matches if it matches every clause of one group. */
export type Condition = Clause[][]

/** The choices that a form of conditions offers. */
export interface ConditionOptions {
  /** Attributes to suggest. */
  readonly attributes: readonly string[]
  /** Offers the membership in segments, which segments themselves must not have. */
  readonly hasSegments: boolean
  /** Offers to send hashes of values to browsers in place of the values. */
  readonly hasHashes: boolean
}

export const EMPTY_CLAUSE: Clause = { attribute: '', op: 'in', values: [] }

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
export function isComplete({ when }: { readonly when: Condition }): boolean {
  return when
    .flat()
    .every(
      ({ attribute, op, values }) => attribute !== '' && (op === 'exists' || values.length > 0),
    )
}
