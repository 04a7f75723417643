/**
 * The wire format that SDKs evaluate: `docs/spec.md` §2. Plain data; the server's compiler writes it,
 * {@link prepare} reads it. The zod schema `Ruleset` in `@flaghoist/core/schema` is held equal by a test.
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
  /** Name of a context attribute, or a path into it such as `device.os`. */
  readonly attribute: string
  readonly op: Operator
  readonly values: readonly (string | number | boolean)[]
  /** Turns the answer round, also that of a missing attribute. */
  readonly negate?: boolean | undefined
  /** Compares text without regard to case. */
  readonly ignoreCase?: boolean | undefined
  /** When present, `values` hold salted hashes (`hashIdentifier`) instead of the identifiers. */
  readonly salt?: string | undefined
}

/** Half-open run of buckets, `[start, end, variant]`, within `[0, 100000)`. */
export type SplitRange = readonly [start: number, end: number, variant: string]

/** Which variant owns which bucket. */
export interface Split {
  /** Attribute whose value is bucketed: the unit. */
  readonly by: string
  readonly salt: string
  /** Sorted, and without a gap over `[0, 100000)`; the server's validation guarantees it. */
  readonly ranges: readonly SplitRange[]
}

export type Serve = { readonly variant: string } | { readonly split: Split }

/** An OR of ANDs of clauses, and what is served when it holds. */
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
  /** Attribute whose value is bucketed: the unit. */
  readonly by: string
  readonly salt: string
  /** How many buckets are treated: 0 is nobody, 100,000 is everybody. */
  readonly share: number
  readonly serve: Serve
  /** Units in one of these segments are served without regard to the share, and are never compared. */
  readonly segments?: readonly string[] | undefined
}

/** How one flag is served in one scope: its layers, resolved. */
export interface FlagConfiguration {
  readonly on: boolean
  /** Variant served while the flag is killed, off or lacks a prerequisite. */
  readonly off: string
  readonly killed?: boolean | undefined
  readonly rules?: readonly Rule[] | undefined
  readonly rollout?: Rollout | undefined
  readonly fallthrough: Serve
  /**
   * Number of the last change that can have changed how the flag is served here. What was exposed under one revision
   * is never compared with what was exposed under another.
   */
  readonly revision: number
}

/** Another flag that has to serve one of these variants first. */
export interface Prerequisite {
  readonly flag: string
  readonly variants: readonly string[]
}

export interface RulesetFlag extends FlagConfiguration {
  readonly type: FlagType
  /** Variant key → value. */
  readonly variants: Readonly<Record<string, JsonValue>>
  readonly prerequisites?: readonly Prerequisite[] | undefined
  /** Instances of an environment's ruleset whose configuration differs, chosen by `context.instance`. */
  readonly instances?: Readonly<Record<string, FlagConfiguration>> | undefined
  /** In rulesets of servers: that browsers do not get this flag. Evaluation does not read it. */
  readonly serverOnly?: true | undefined
}

/** A named audience. */
export interface RulesetSegment {
  /** Targeting keys that are in, whatever else holds. */
  readonly include: readonly string[]
  /** Targeting keys that are out, whatever else holds. */
  readonly exclude: readonly string[]
  readonly when: readonly (readonly Clause[])[]
  /** When present, `include` and `exclude` hold salted hashes (`hashIdentifier`). */
  readonly salt?: string | undefined
}

export interface Ruleset {
  /** Version of this format. */
  readonly spec: 1
  readonly project: string
  /** `production` or `production/acme`. */
  readonly scope: string
  /** Identity of the change log: versions compare only within one epoch. */
  readonly epoch: string
  /** Sequence number of the last change that this ruleset holds. */
  readonly version: number
  readonly flags: Readonly<Record<string, RulesetFlag>>
  readonly segments: Readonly<Record<string, RulesetSegment>>
}

/** Epoch of what was decided for one context (`snapshot`): no log has it. */
export const SNAPSHOT_EPOCH = 'snapshot'

/** What leads from one version of a ruleset to another; `null` removes. */
export interface RulesetPatch {
  readonly epoch: string
  readonly from: number
  readonly to: number
  readonly flags: Readonly<Record<string, RulesetFlag | null>>
  readonly segments: Readonly<Record<string, RulesetSegment | null>>
}
