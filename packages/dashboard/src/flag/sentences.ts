import { listed, percentOf } from '../parts/format.ts'
import type { Layer } from './flag-requests.ts'

type Rule = NonNullable<Layer['rules']>[number]
type Clause = Rule['when'][number][number]

/** A variant, or ranges of buckets with a variant each. */
type Serve =
  | { readonly variant: string }
  | { readonly split: { readonly ranges: readonly (readonly (string | number)[])[] } }

interface Rollout {
  readonly by: string
  readonly share: number
  readonly segments?: readonly string[]
}

const OPERATORS: Readonly<Record<Clause['op'], string>> = {
  in: 'is',
  startsWith: 'starts with',
  endsWith: 'ends with',
  contains: 'contains',
  matches: 'matches',
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
  segment: 'is in segment',
  exists: 'is set',
  cidr: 'is in network',
}

/** Returns a clause in words, such as `plan is pro or team`. */
export function clauseText({ attribute, op, values, negate }: Clause): string {
  const verb = negate ? `not: ${OPERATORS[op]}` : OPERATORS[op]
  if (op === 'exists') return `${attribute} ${verb}`
  return `${attribute} ${verb} ${listed(values.map(String), 4).replace(' and ', ' or ')}`
}

/** Returns the condition of a rule, such as `plan is pro and country is de`. */
export function conditionText({ when }: Pick<Rule, 'when'>): string {
  if (when.length === 0) return 'Every context'
  return when.map((group) => group.map(clauseText).join(' and ')).join(', or ')
}

/** Returns the served variant, or the shares of a split, such as `on 40 %, off 60 %`. */
export function serveText(serve: Serve): string {
  if ('variant' in serve) return serve.variant || "the caller's fallback"
  const shares = new Map<string, number>()
  for (const range of serve.split.ranges) {
    const [start, end, variant] = range as [number, number, string]
    shares.set(variant, (shares.get(variant) ?? 0) + end - start)
  }
  return [...shares].map(([variant, share]) => `${variant} ${percentOf(share)}`).join(', ')
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

/** Returns the members that a layer sets, in words. */
export function membersText(layer: Layer): string {
  const names = Object.keys(layer).flatMap((member) => MEMBERS[member] ?? [])
  return names.length === 0 ? 'sets nothing' : `sets ${listed(names, 6)}`
}
