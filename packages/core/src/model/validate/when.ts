import type { Issue } from '../../errors.ts'
import { cidrTest } from '../../operators/cidr.ts'
import { toEpochMs } from '../../operators/date.ts'
import { globTest } from '../../operators/glob.ts'
import { semverKey } from '../../operators/semver.ts'
import type { Clause } from '../../ruleset/wire.ts'
import type { ProjectState } from '../state.ts'

export interface TargetingScope {
  readonly state: ProjectState
  /** Segments are not made of segments: evaluation would not know the operator. */
  readonly isInSegment: boolean
}

type Value = Clause['values'][number]

/** What is wrong with clauses; paths are `group.clause`. */
export function validateWhen(
  when: readonly (readonly Clause[])[],
  scope: TargetingScope,
): readonly Issue[] {
  return when.flatMap((group, i) =>
    group.flatMap((clause, j) => {
      const message = clauseProblem(clause, scope)
      return message === undefined ? [] : [{ path: `${i}.${j}`, message }]
    }),
  )
}

function clauseProblem(clause: Clause, scope: TargetingScope): string | undefined {
  const { attribute, op, values } = clause
  if (clause.salt !== undefined) return 'A salt is set by the server. Leave it out.'
  if (op === 'exists') return undefined
  if (values.length === 0)
    return `The operator ${op} needs at least one value. Add one, or take the clause out.`
  if (op === 'segment') return segmentProblem(values, scope)

  const wrong = values.find((value) => !fits(op, value))
  if (wrong !== undefined)
    return `The operator ${op} needs ${EXPECTED[op]}, not ${JSON.stringify(wrong)}.`
  return op === 'in' && attribute === 'targetingKey' ? targetingKeyProblem(values) : undefined
}

/**
 * Clients get hashes of texts, in which 42 and "42" are the same; so they have to be everywhere.
 */
function targetingKeyProblem(values: readonly Value[]): string | undefined {
  const wrong = values.find((value) => typeof value !== 'string')
  return wrong === undefined
    ? undefined
    : `A targeting key is text: write "${wrong}" instead of ${wrong}.`
}

function segmentProblem(
  values: readonly Value[],
  { state, isInSegment }: TargetingScope,
): string | undefined {
  if (isInSegment) return 'A segment cannot be made of segments. Repeat the clauses.'
  const missing = values.find((key) => typeof key !== 'string' || !state.segments.has(key))
  return missing === undefined
    ? undefined
    : `There is no segment ${JSON.stringify(missing)}. Create it first, or leave it out.`
}

const A_TEXT = 'text'
const A_NUMBER = 'a number'
const A_DATE = 'a date such as 2026-11-20T08:00:00Z, or epoch ms'
const A_VERSION = 'a version such as 1.4.0 (Semantic Versioning, without "v")'

const EXPECTED: Readonly<Record<Exclude<Clause['op'], 'segment' | 'exists'>, string>> = {
  in: 'text, a number or a boolean',
  startsWith: A_TEXT,
  endsWith: A_TEXT,
  contains: A_TEXT,
  matches: 'a glob of at most 256 characters',
  lt: A_NUMBER,
  lte: A_NUMBER,
  gt: A_NUMBER,
  gte: A_NUMBER,
  before: A_DATE,
  after: A_DATE,
  semverEq: A_VERSION,
  semverLt: A_VERSION,
  semverLte: A_VERSION,
  semverGt: A_VERSION,
  semverGte: A_VERSION,
  cidr: 'an address block such as 10.0.0.0/8 or 2001:db8::/32',
}

function fits(op: keyof typeof EXPECTED, value: Value): boolean {
  switch (EXPECTED[op]) {
    case A_TEXT:
      return typeof value === 'string'
    case A_NUMBER:
      return typeof value === 'number'
    case A_DATE:
      return toEpochMs(value) !== undefined
    case A_VERSION:
      return typeof value === 'string' && semverKey(value) !== undefined
    default:
      if (op === 'matches') return typeof value === 'string' && globTest(value) !== undefined
      if (op === 'cidr') return typeof value === 'string' && cidrTest(value) !== undefined
      return true
  }
}
