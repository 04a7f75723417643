import type { Ruleset, RulesetPatch } from '@flaghoist/core'
import type { Audience } from '@flaghoist/core/model'
import { memoise } from '../memoise.ts'

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
export const targetName = memoise(({ project, scope, audience, source }: RulesetTarget) => {
  const name = `${audience} ${project} ${scope}`
  return source === undefined ? name : `${name} ${source}`
})

/** One version of a ruleset. Its derived forms are computed on first use and cached. */
export interface PublishedRuleset {
  readonly ruleset: Ruleset
  readonly digest: string
  /** Strong ETag with its quotes: `"<epoch>.<version>.<hash>-<digest>"`. */
  readonly etag: string
  /** True once the digest and the ETag cost nothing. */
  readonly isHashed: boolean
  /** Computes the digest in small steps. */
  hash(): Generator<void>
  /** Returns the ruleset as JSON. Computes it in small steps. */
  serialise(): Generator<void, Buffer>
  /** Returns the same JSON. Computes it in turns of the event loop that are short. */
  encoded(encoding: Encoding): Promise<Buffer>
}

export type Encoding = 'br' | 'gzip' | 'identity'

/** Another version of a ruleset. Without a patch, watchers need the whole ruleset. */
export interface RulesetUpdate {
  readonly patch: RulesetPatch | undefined
  readonly published: PublishedRuleset
}

/** Receives the updates of one target. */
export interface RulesetWatcher {
  /**
   * Prepares an update in small steps. It is published afterwards, or earlier if a client needs it.
   */
  prepare?(update: RulesetUpdate): Generator<void>
  publish(update: RulesetUpdate): void
}

/**
 * The compiled rulesets of all targets. A change that does not affect a target publishes nothing
 * there: its ruleset keeps the number of the last change that did, or may have done so before this
 * process compiled it first. Its clients are sent no event, and cannot count the changes of others.
 */
export interface Rulesets {
  /**
   * Compiles and hashes the newest ruleset of a target in turns of the event loop that are short,
   * so that `current` takes a short one too. Returns undefined for a target that is ready.
   * @param least version that a client holds: its watchers have received it, too
   */
  prepare(target: RulesetTarget, least?: number): Promise<void> | undefined
  /** Returns the newest ruleset of a target if that takes no preparation. */
  ready(target: RulesetTarget): PublishedRuleset | undefined
  /**
   * Returns the newest ruleset of a target.
   * @param least version that a client holds. If the ruleset is the same since an older one, it is
   * published again with the project's version, so that no client has to go back
   */
  current(target: RulesetTarget, least?: number): PublishedRuleset
  /**
   * Publishes each version to a watcher once, in order. `current` may return a version a little
   * earlier, because a large update is prepared first. Returns a function that unsubscribes.
   */
  watch(target: RulesetTarget, watcher: RulesetWatcher): () => void
}
