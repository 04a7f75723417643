import type { Ruleset, RulesetPatch } from '@flaghoist/core'
import type { Audience } from '@flaghoist/core/model'

/** The audience of a ruleset: every key with the same target receives the same bytes. */
export interface RulesetTarget {
  readonly project: string
  /** `production` or `production/acme` */
  readonly scope: string
  readonly audience: Audience
  /** Connection of a relay that receives the ruleset; undefined at a server. */
  readonly source?: string | undefined
}

/** The name of a target, for use as a map key. */
export function targetName({ project, scope, audience, source }: RulesetTarget): string {
  const name = `${audience} ${project} ${scope}`
  return source === undefined ? name : `${name} ${source}`
}

/** One version of a ruleset. Its derived forms are computed on first use and cached. */
export interface PublishedRuleset {
  readonly ruleset: Ruleset
  readonly digest: string
  /** Strong ETag with its quotes: `"<epoch>.<version>.<hash>-<digest>"`. */
  readonly etag: string
  /** The ruleset as JSON. */
  readonly bytes: Buffer
  compressed(encoding: Encoding): Promise<Buffer>
}

export type Encoding = 'br' | 'gzip'

/** Another version of a ruleset. Without a patch, watchers need the whole ruleset. */
export interface RulesetUpdate {
  readonly patch: RulesetPatch | undefined
  readonly published: PublishedRuleset
}

/**
 * The compiled rulesets of all targets. A change that does not affect a target publishes nothing
 * there: its ruleset keeps the number of the last change that did, or may have done so before this
 * process compiled it first. Its clients are sent no event, and cannot count the changes of others.
 */
export interface Rulesets {
  /**
   * Returns the newest ruleset of a target.
   * @param least version that a client holds. If the ruleset is the same since an older one, it is
   * published again with the project's version, so that no client has to go back
   */
  current(target: RulesetTarget, least?: number): PublishedRuleset
  /**
   * Calls the listener once for each published version, in order. Returns a function that
   * unsubscribes.
   */
  watch(target: RulesetTarget, listener: (update: RulesetUpdate) => void): () => void
}
