import type { Ruleset, RulesetPatch } from '@flaghoist/core'
import type { Audience } from '@flaghoist/core/model'

/** Who a ruleset is for: everybody with the same address gets the same bytes. */
export interface Address {
  readonly project: string
  /** `production` or `production/acme` */
  readonly scope: string
  readonly audience: Audience
}

export interface PublishedRuleset {
  readonly ruleset: Ruleset
  readonly digest: string
  /** Strong ETag with its quotes: `"<version>-<digest>"`. */
  readonly etag: string
  /** The ruleset as JSON. */
  readonly bytes: Buffer
}

export interface RulesetUpdate {
  readonly address: Address
  readonly patch: RulesetPatch
  readonly published: PublishedRuleset
}

/** Compiles rulesets, once for each address and version. */
export interface Rulesets {
  current(address: Address): PublishedRuleset
  /** Compressed bytes of the current ruleset, made on the first request. */
  compressed(address: Address, encoding: 'br' | 'gzip'): Promise<Buffer>
  /** Called for each address somebody watches, once a change. */
  watch(address: Address, listener: (update: RulesetUpdate) => void): () => void
}
