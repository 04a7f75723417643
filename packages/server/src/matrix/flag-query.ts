import type { ProjectState } from '@flaghoist/core/model'
import { Flag } from '@flaghoist/core/schema'
import { isOverdue } from '../flags/shown-flag.ts'
import { matchesTags } from '../http/tags.ts'
import { parseQuery, requireValues, type Term } from '../query/parse-query.ts'
import { CELL_STATES, stateOf } from './cell-states.ts'
import { type Columns, positionsOf, selectColumns } from './columns.ts'
import { cellsIn } from './flag-cells.ts'

/** The facts that a query reads, beside the flag. */
export interface QueryFacts {
  readonly state: ProjectState
  /** Columns that the key may see. */
  readonly columns: Columns
  /** Name that `owner:me` stands for. */
  readonly me: string
  /** Checks that a flag should be removed from the code. Called for `is:stale` only. */
  readonly isStale: (flag: Flag) => boolean
  /** Wall clock, epoch ms. */
  readonly now: number
}

type Check = (flag: Flag) => boolean

/** Makes the check of one value of a qualifier. */
type MakeCheck = (value: string, facts: QueryFacts) => Check

const IS: Readonly<Record<string, (facts: QueryFacts) => Check>> = {
  archived: () => isArchived,
  client: () => (flag) => flag.clientVisible,
  overdue:
    ({ now }) =>
    (flag) =>
      isOverdue(flag, now),
  permanent: () => (flag) => flag.permanent,
  stale: ({ isStale }) => isStale,
}

/** The qualifiers that read the flag itself. */
const OF_FLAG: Readonly<Record<string, MakeCheck>> = {
  flag: (value) => (flag) => flag.key === value,
  is: (value, facts) => IS[value]!(facts),
  kind: (value) => (flag) => flag.kind === value,
  owner: (value, { me }) => {
    const owner = value === 'me' ? me : value
    return (flag) => flag.owner === owner
  },
  tag: (value) => (flag) =>
    value.includes(':') ? matchesTags(flag.tags, [value]) : Object.hasOwn(flag.tags, value),
}

/** The qualifiers of columns: two select them, and `state` reads their cells. */
const OF_COLUMNS = ['env', 'instance', 'state']

/**
 * Parses a query of flags.
 * @param columns columns that the key may see
 * @throws {FlaghoistError} `REQUEST_INVALID`
 */
export function parseFlagQuery(text: string, columns: Columns): readonly Term[] {
  const known: Readonly<Record<string, readonly string[]>> = {
    env: columns.environments,
    instance: columns.instances,
    state: CELL_STATES,
    kind: Flag.shape.kind.options,
    is: Object.keys(IS),
  }
  const terms = parseQuery(text, [...OF_COLUMNS, ...Object.keys(OF_FLAG)])
  for (const term of terms)
    if (term.qualifier !== undefined && Object.hasOwn(known, term.qualifier))
      requireValues(term, known[term.qualifier]!)
  return terms
}

/** Checks that a query names a value of a qualifier. */
export function asksFor(terms: readonly Term[], qualifier: string, value: string): boolean {
  return terms.some((term) => term.qualifier === qualifier && term.values.includes(value))
}

/** Returns the check of a query. Archived flags match only a query that names `is:archived`. */
export function flagCheck(terms: readonly Term[], facts: QueryFacts): Check {
  const checks = terms
    .filter(({ qualifier }) => qualifier !== 'env' && qualifier !== 'instance')
    .map((term) => {
      const check =
        term.qualifier === 'state' ? stateCheck(terms, term, facts) : flagTermCheck(term, facts)
      return term.isNegated ? (flag: Flag) => !check(flag) : check
    })
  if (!asksFor(terms, 'is', 'archived')) checks.push((flag) => !isArchived(flag))
  return (flag) => checks.every((check) => check(flag))
}

/** Returns the check of a term that reads the flag itself. */
function flagTermCheck({ qualifier, values }: Term, facts: QueryFacts): Check {
  const make = qualifier === undefined ? textCheck : OF_FLAG[qualifier]!
  const checks = values.map((value) => make(value, facts))
  return (flag) => checks.some((check) => check(flag))
}

function textCheck(value: string): Check {
  const text = value.toLowerCase()
  return ({ key, description }) =>
    key.toLowerCase().includes(text) || description.toLowerCase().includes(text)
}

/** Reads the cells of the environments, or only those of the instances that the query names. */
function stateCheck(terms: readonly Term[], { values }: Term, facts: QueryFacts): Check {
  const { state, columns } = facts
  const { environments, instances } = selectColumns(columns, terms)
  const positions = positionsOf(state, instances)
  const namesInstances = terms.some(({ qualifier }) => qualifier === 'instance')
  const places = namesInstances ? positions : [0, ...positions]
  const wanted = new Set(values)
  return (flag) =>
    environments.some((environment) => {
      const { cells } = cellsIn(state, flag, environment)
      return places.some((place) => wanted.has(stateOf(cells[place]!)))
    })
}

function isArchived(flag: Flag): boolean {
  return flag.archivedAt !== undefined
}
