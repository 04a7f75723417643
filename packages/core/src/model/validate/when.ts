import type { Issue } from '../../errors.ts'
import { cidrTest } from '../../operators/cidr.ts'
import { toEpochMs } from '../../operators/date.ts'
import { globTest } from '../../operators/glob.ts'
import { parseVersion } from '../../operators/semver.ts'
import type { Clause } from '../../ruleset/wire.ts'
import { isHashed } from '../compile/hash-identifiers.ts'
import { tagNameOf } from '../instance-tags.ts'
import type { ProjectState } from '../state.ts'
import { missingText } from './missing.ts'

/** The inputs of a clause's checks. */
export interface WhenInputs {
  readonly state: ProjectState
  /** Refuses the operator `segment`: evaluation does not know it inside a segment. */
  readonly isInSegment: boolean
}

type Value = Clause['values'][number]

/** Returns the issues of clauses, with paths such as `group.clause`. */
export function validateWhen(
  when: readonly (readonly Clause[])[],
  inputs: WhenInputs,
): readonly Issue[] {
  return when.flatMap((group, i) =>
    group.flatMap((clause, j) => {
      const message = clauseProblem(clause, inputs)
      return message === undefined ? [] : [{ path: `${i}.${j}`, message }]
    }),
  )
}

function clauseProblem(clause: Clause, inputs: WhenInputs): string | undefined {
  const { op, values } = clause
  if (clause.salt !== undefined) return 'The server sets "salt". Remove it.'
  const unreadable = attributeProblem(clause, inputs) ?? hashingProblem(clause)
  if (unreadable !== undefined) return unreadable
  if (op === 'exists') return undefined
  if (values.length === 0)
    return `The operator ${op} needs at least one value. Add a value, or remove the clause.`
  if (op === 'segment') return segmentProblem(values, inputs)

  const wrong = values.find((value) => !fits(op, value))
  if (wrong !== undefined)
    return `The operator ${op} needs ${EXPECTED[op]}, not ${JSON.stringify(wrong)}.`
  return op === 'in' ? identifierProblem(clause) : undefined
}

function hashingProblem({ attribute, op, hashed }: Clause): string | undefined {
  if (!hashed) return undefined
  if (op !== 'in')
    return `The operator ${op} cannot compare hashes. Use the operator "in", or remove "hashed".`
  return tagNameOf(attribute) === undefined
    ? undefined
    : 'No SDK receives the tags of an instance. Remove "hashed".'
}

function attributeProblem(
  { attribute, op }: Clause,
  { isInSegment }: WhenInputs,
): string | undefined {
  if (!attribute.startsWith('instance.')) return undefined
  if (op === 'segment')
    return 'The operator segment reads the targeting key. Use the attribute "targetingKey".'
  if (!tagNameOf(attribute))
    return `An instance has no attribute "${attribute}". Use "instance" for its key, or "instance.tags.region" for its tag "region".`
  return isInSegment
    ? `A segment cannot read the tag "${attribute}". Move the clause to a rule.`
    : undefined
}

/** Hashes are those of texts, in which 42 equals "42". */
function identifierProblem(clause: Clause): string | undefined {
  if (!isHashed(clause)) return undefined
  const wrong = clause.values.find((value) => typeof value !== 'string')
  if (wrong === undefined) return undefined
  const subject = clause.hashed ? 'A hashed value' : 'A targeting key'
  return `${subject} must be text. Write "${wrong}" instead of ${wrong}.`
}

function segmentProblem(
  values: readonly Value[],
  { state, isInSegment }: WhenInputs,
): string | undefined {
  if (isInSegment) return 'A segment cannot contain other segments. Repeat their clauses instead.'
  const missing = values.find((key) => typeof key !== 'string' || !state.segments.has(key))
  if (missing === undefined) return undefined
  return missingText('Segment', missing, {
    known: state.segments.keys(),
    cure: 'Create it first, or remove it from the clause.',
  })
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
      return parseVersion(value) !== undefined
    default:
      if (op === 'matches') return typeof value === 'string' && globTest(value) !== undefined
      if (op === 'cidr') return typeof value === 'string' && cidrTest(value) !== undefined
      return true
  }
}
