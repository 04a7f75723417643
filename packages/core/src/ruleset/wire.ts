/**
 * The wire format of rulesets (`docs/spec.md` §2). Plain data: the server's compiler writes it,
 * {@link prepare} reads it. A test keeps the zod schema `Ruleset` in `@flaghoist/core/schema` equal
 * to it.
 */
export type JsonValue =
  | string
  | number
  | boolean
  | null
  | readonly JsonValue[]
  | { readonly [key: string]: JsonValue }

export type FlagType = 'boolean' | 'string' | 'number' | 'json'

export type Operator =
  | 'in'
  | 'startsWith'
  | 'endsWith'
  | 'contains'
  | 'matches'
  | 'lt'
  | 'lte'
  | 'gt'
  | 'gte'
  | 'before'
  | 'after'
  | 'semverEq'
  | 'semverLt'
  | 'semverLte'
  | 'semverGt'
  | 'semverGte'
  | 'segment'
  | 'exists'
  | 'cidr'

/** One condition on one attribute. */
export interface Clause {
  /** The name of a context attribute, or a path such as `device.os`. */
  readonly attribute: string
  readonly op: Operator
  readonly values: readonly (string | number | boolean)[]
  /** Inverts the result, also for a missing attribute. */
  readonly negate?: boolean | undefined
  /** Ignores the case of text. */
  readonly ignoreCase?: boolean | undefined
  /**
   * Asks the compiler to hash the values for client keys. Only layers and segments have it, and
   * rulesets have `salt` instead.
   */
  readonly hashed?: boolean | undefined
  /** The salt of hashed identifiers: if present, `values` lists hashes (`hashIdentifier`). */
  readonly salt?: string | undefined
}

/** The empty key names no variant: the caller's default is served. */
export const CALLERS_DEFAULT = ''

/** A half-open range of buckets, `[start, end, variant]`, within `[0, 100000)`. */
export type SplitRange = readonly [start: number, end: number, variant: string]

/** The assignment of buckets to variants. */
export interface Split {
  /** The attribute whose value is the bucketed unit. */
  readonly by: string
  readonly salt: string
  /**
   * Sorted ranges that cover `[0, 100000)` without a gap; the server's validation guarantees it.
   */
  readonly ranges: readonly SplitRange[]
}

/** A variant, or a split between variants; a variant can be {@link CALLERS_DEFAULT}. */
export type Serve = { readonly variant: string } | { readonly split: Split }

/** An OR of ANDs of clauses, and the serve for a match. */
export interface Rule {
  readonly id: string
  readonly name?: string | undefined
  readonly when: readonly (readonly Clause[])[]
  readonly serve: Serve
}

/** The randomised step of a progressive rollout in one scope. */
export interface Rollout {
  readonly planRun?: string | undefined
  readonly step?: number | undefined
  /** The attribute whose value is the bucketed unit. */
  readonly by: string
  readonly salt: string
  /** The number of treated buckets: 0 treats no unit, 100,000 treats every unit. */
  readonly share: number
  readonly serve: Serve
  /** Segments whose members are always served, regardless of the share. They have no arm. */
  readonly segments?: readonly string[] | undefined
}

/** The configuration of one flag in one scope: its resolved layers. */
export interface FlagConfiguration {
  readonly on: boolean
  /**
   * The variant of a flag that is killed, off, or has an unmet prerequisite; or
   * {@link CALLERS_DEFAULT}.
   */
  readonly off: string
  readonly killed?: boolean | undefined
  readonly rules?: readonly Rule[] | undefined
  readonly rollout?: Rollout | undefined
  readonly fallthrough: Serve
  /**
   * The number of the last change that may have changed how the flag is served here. Reports name
   * it, so that the server finds the allocation of their units.
   */
  readonly revision: number
}

/** Another flag that must serve one of these variants. */
export interface Prerequisite {
  readonly flag: string
  readonly variants: readonly string[]
}

/** One flag of a ruleset. */
export interface RulesetFlag extends FlagConfiguration {
  readonly type: FlagType
  /** The value of each variant, by variant key. */
  readonly variants: Readonly<Record<string, JsonValue>>
  readonly prerequisites?: readonly Prerequisite[] | undefined
  /**
   * The instances with a different configuration, in an environment's ruleset; `context.instance`
   * selects one.
   */
  readonly instances?: Readonly<Record<string, FlagConfiguration>> | undefined
  /** Marks a flag that client keys cannot see, in rulesets for servers. Evaluation ignores it. */
  readonly serverOnly?: true | undefined
}

/** A named audience. */
export interface RulesetSegment {
  /** The targeting keys that are always members. */
  readonly include: readonly string[]
  /** The targeting keys that are never members; they override `include`. */
  readonly exclude: readonly string[]
  readonly when: readonly (readonly Clause[])[]
  /**
   * The salt of hashed identifiers: if present, `include` and `exclude` list hashes
   * (`hashIdentifier`).
   */
  readonly salt?: string | undefined
}

/** The compiled configuration of one scope. */
export interface Ruleset {
  /** The version of the format. */
  readonly spec: 1
  readonly project: string
  /** The scope: `production` or `production/acme`. */
  readonly scope: string
  /** The identity of the change log. Versions are comparable only within one epoch. */
  readonly epoch: string
  /** The sequence number of the last change that affected this ruleset. */
  readonly version: number
  readonly flags: Readonly<Record<string, RulesetFlag>>
  readonly segments: Readonly<Record<string, RulesetSegment>>
  /**
   * The first 16 digits of the hash of the change `version`. With the epoch and the version it
   * proves the lineage of the ruleset. Absent in rulesets that no change log has published.
   */
  readonly hash?: string | undefined
}

/** The epoch of a `snapshot`; no change log has it. */
export const SNAPSHOT_EPOCH = 'snapshot'

/** The edits from one version of a ruleset to another; `null` removes an item. */
export interface RulesetPatch {
  readonly epoch: string
  readonly from: number
  readonly to: number
  readonly flags: Readonly<Record<string, RulesetFlag | null>>
  readonly segments: Readonly<Record<string, RulesetSegment | null>>
  /** The `hash` of the ruleset after the patch. */
  readonly hash?: string | undefined
}
