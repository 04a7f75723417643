import type { Platform } from '@flaghoist/client'
import { createRulesetCache, createRulesetStore, createWarnOnce } from '@flaghoist/client/internal'
import { diff, type Ruleset } from '@flaghoist/core'
import { createDigester } from '@flaghoist/core/internal'
import { publish } from '../rulesets/published.ts'
import type { PublishedRuleset, RulesetUpdate } from '../rulesets/rulesets.ts'
import { createLineage, type Lineage } from './lineage.ts'

/** The rulesets that a connection has received, and the copy of the newest one on the disk. */
export interface ReceivedRulesets {
  /** The store that the machinery of the SDKs writes to. */
  readonly store: ReturnType<typeof createRulesetStore>
  /** The newest ruleset, from the upstream or the disk. */
  readonly published: PublishedRuleset | undefined
  readonly lineage: Lineage
  /** Writes the newest ruleset to the disk again, after its copy was removed. */
  save(): Promise<void>
  /** Resolves once the copy on the disk is written. */
  flush(): Promise<void>
}

/**
 * Starts from the copy on the disk.
 * @param onUpdate called for each version, in order
 */
export function createReceivedRulesets(
  platform: Platform,
  onUpdate: (update: RulesetUpdate) => void,
): ReceivedRulesets {
  const copy = createRulesetCache(platform, createWarnOnce(platform))
  const lineage = createLineage()
  const digestOf = createDigester()
  let published: PublishedRuleset | undefined

  const save = () => {
    if (published !== undefined) copy.save(published.ruleset)
    // At once: a restart without the upstream must not undo a kill.
    return copy.flush()
  }
  const store = createRulesetStore({}, (_, origin) => {
    const update = updateTo(store.prepared!.ruleset, published, digestOf)
    if (update === undefined) return
    published = update.published
    lineage.add(published.ruleset, update.patch !== undefined)
    onUpdate(update)
    if (origin === 'server') void save()
  })
  const cached = copy.load()
  if (cached) store.put(cached, 'cache')

  return {
    store,
    lineage,
    get published() {
      return published
    },
    save,
    flush: copy.flush,
  }
}

/** Returns the update to a ruleset; undefined if it is published already. */
function updateTo(
  ruleset: Ruleset,
  before: PublishedRuleset | undefined,
  digestOf: (ruleset: Ruleset) => string,
): RulesetUpdate | undefined {
  const published = publish(ruleset, digestOf)
  if (before?.etag === published.etag) return undefined
  const isNext = before?.ruleset.epoch === ruleset.epoch && before.ruleset.version < ruleset.version
  return { published, patch: isNext ? diff(before.ruleset, ruleset) : undefined }
}
