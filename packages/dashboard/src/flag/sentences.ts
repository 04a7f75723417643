import type { Schema } from '../api/client.ts'
import { listed, percentOf } from '../parts/format.ts'
import type { Layer } from './flag-requests.ts'

export type Clause = Schema<'Clause'>
export type Operator = Clause['op']
/** A variant or a split of a request. */
export type WrittenServe = Schema<'ServeRequest'>
/** A variant or a split of a request, or of the configuration of SDKs. */
export type Serve = WrittenServe | { readonly split: ServedSplit }

interface ServedSplit {
  readonly by: string
  readonly ranges: readonly (readonly (string | number)[])[]
}

type Condition = readonly (readonly Clause[])[]

interface Rollout {
  readonly by: string
  readonly share: number
  readonly segments?: readonly string[]
}

/** Operators in words, in the order of a list. */
export const OPERATORS: Readonly<Record<Operator, string>> = {
  in: 'is',
  startsWith: 'starts with',
  endsWith: 'ends with',
  contains: 'contains',
  matches: 'matches',
  exists: 'is set',
  lt: 'is less than',
  lte: 'is at most',
  gt: 'is more than',
  gte: 'is at least',
  before: 'is before',
  after: 'is after',
  semverEq: 'is version',
  semverLt: 'is a version below',
  semverLte: 'is at most version',
  semverGt: 'is a version above',
  semverGte: 'is at least version',
  cidr: 'is in network',
  segment: 'is in segment',
}
const NEGATED: Partial<Record<Operator, string>> = {
  startsWith: 'does not start with',
  endsWith: 'does not end with',
  contains: 'does not contain',
  matches: 'does not match',
}

/** Returns an operator in words, such as `is not`. */
export function operatorText(op: Operator, isNegated = false): string {
  if (!isNegated) return OPERATORS[op]
  return NEGATED[op] ?? OPERATORS[op].replace(/^is/, 'is not')
}

/** Returns a value as people type it: text that reads as another type stands in quotes. */
export function valueText(value: Clause['values'][number]): string {
  return typeof value === 'string' && (value === '' || isJson(value))
    ? JSON.stringify(value)
    : String(value)
}

/** Checks that a text is a number, a boolean, or a text in quotes. */
export function isJson(text: string): boolean {
  try {
    return ['number', 'boolean', 'string'].includes(typeof JSON.parse(text))
  } catch {
    return false
  }
}

/** Returns a clause in words, such as `plan is pro or team`. */
export function clauseText({ attribute, op, values, ...how }: Clause): string {
  const subject = op === 'segment' ? 'the context' : attribute
  const verb = operatorText(op, how.negate)
  if (op === 'exists') return `${subject} ${verb}`
  const compared = listed(values.map(valueText), 4, 'or')
  const ways = [how.ignoreCase && 'ignoring case', how.hashed && 'hashed'].filter((way) => way)
  return `${subject} ${verb} ${compared}${ways.length > 0 ? ` (${ways.join(', ')})` : ''}`
}

/** Returns the condition of a rule, such as `plan is pro and country is de`. */
export function conditionText({ when }: { readonly when: Condition }): string {
  if (when.length === 0) return 'Every context'
  return when.map((group) => group.map(clauseText).join(' and ')).join(', or ')
}

/** Returns a rule in words, such as `If plan is pro: on`. */
export function ruleText(rule: { readonly when: Condition; readonly serve: Serve }): string {
  const condition = rule.when.length === 0 ? '' : 'If '
  return `${condition}${conditionText(rule)}: ${serveText(rule.serve)}`
}

/** Returns the buckets of each variant of a serve, of 100,000. */
export function sharesOf(serve: Serve): ReadonlyMap<string, number> {
  if ('variant' in serve) return new Map([[serve.variant, 100_000]])
  if ('weights' in serve) return new Map(Object.entries(serve.weights))
  if ('percent' in serve)
    return new Map(Object.entries(serve.percent).map(([key, percent]) => [key, percent * 1_000]))
  const shares = new Map<string, number>()
  for (const range of serve.split.ranges) {
    const [start, end, variant] = range as [number, number, string]
    shares.set(variant, (shares.get(variant) ?? 0) + end - start)
  }
  return shares
}

/** Returns the served variant, or the shares of a split, such as `on 40 %, off 60 %`. */
export function serveText(serve: Serve): string {
  if ('variant' in serve) return serve.variant || "the caller's fallback"
  const shares = [...sharesOf(serve)].map(([variant, share]) => `${variant} ${percentOf(share)}`)
  const unit = unitOf(serve)
  return shares.join(', ') + (unit === DEFAULT_UNIT ? '' : ` by ${unit}`)
}

const DEFAULT_UNIT = 'targetingKey'

/** Returns the attribute that identifies the units of a serve. */
export function unitOf(serve: Serve): string {
  if ('split' in serve) return serve.split.by
  return ('by' in serve ? serve.by : undefined) ?? DEFAULT_UNIT
}

/** Returns the share of a rollout in words, such as `40 % by targetingKey`. */
export function rolloutText({ share, by, segments = [] }: Rollout): string {
  const members = segments.length > 0 ? `, and members of ${listed(segments)}` : ''
  return `${percentOf(share)} by ${by}${members}`
}

const MEMBERS: Readonly<Record<string, string>> = {
  on: 'switch',
  off: 'off variant',
  rules: 'rules',
  rollout: 'rollout',
  fallthrough: 'default',
  killed: 'kill',
  note: 'note',
}

/** Returns the name of a member of a layer. */
export const memberName = (member: string): string => MEMBERS[member] ?? member

/** Returns the members that a layer sets, in words. */
export function membersText(layer: Layer): string {
  const names = Object.keys(layer).flatMap((member) => MEMBERS[member] ?? [])
  return names.length === 0 ? 'sets nothing' : `sets ${listed(names, 6)}`
}
