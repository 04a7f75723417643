import type { Ruleset, RulesetPatch } from '@flaghoist/core'
import type { Audience } from '@flaghoist/core/model'

/** Who a ruleset is for: everybody with the same address gets the same bytes. */
export interface Address {
  readonly project: string
  /** `production` or `production/acme` */
  readonly scope: string
  readonly audience: Audience
}

/** What an address is known by in maps. */
export function addressName({ project, scope, audience }: Address): string {
  return `${audience} ${project} ${scope}`
}

/** One version of a ruleset; what is derived from it is made on first use and kept. */
export interface PublishedRuleset {
  readonly ruleset: Ruleset
  readonly digest: string
  /** Strong ETag with its quotes: `"<version>-<digest>"`. */
  readonly etag: string
  /** The ruleset as JSON. */
  readonly bytes: Buffer
  compressed(encoding: Encoding): Promise<Buffer>
}

export type Encoding = 'br' | 'gzip'

/** What watchers of an address are told; without a patch they need the whole ruleset. */
export interface RulesetUpdate {
  readonly patch: RulesetPatch | undefined
  readonly published: PublishedRuleset
}

/** Compiles rulesets, once for each address and version. */
export interface Rulesets {
  current(address: Address): PublishedRuleset
  /** Called once for each version, in order; gives a function that unsubscribes. */
  watch(address: Address, listener: (update: RulesetUpdate) => void): () => void
}
