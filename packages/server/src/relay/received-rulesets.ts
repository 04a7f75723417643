import type { Platform } from '@flaghoist/client'
import {
  createRulesetCache,
  createRulesetStore,
  createWarnOnce,
  type OnRulesetChange,
} from '@flaghoist/client/internal'
import { diff, type Ruleset, type RulesetPatch } from '@flaghoist/core'
import { createDigester } from '@flaghoist/core/internal'
import { runInTurns } from '../pause.ts'
import { cursorText } from '../rulesets/cursor.ts'
import { publish } from '../rulesets/published.ts'
import { rulesetBytes } from '../rulesets/ruleset-bytes.ts'
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
  const copy = createRulesetCache(platform, createWarnOnce(platform), textInTurns)
  const lineage = createLineage()
  const digestOf = createDigester()
  let published: PublishedRuleset | undefined

  const save = () => {
    if (published !== undefined) copy.save(published.ruleset)
    // At once: a restart without the upstream must not undo a kill.
    return copy.flush()
  }
  // A relay needs no keys of changed flags. Searching them would take long after a large change.
  const onChange: OnRulesetChange = (_changedKeys, origin, patch) => {
    const next = publish(store.prepared!.ruleset, digestOf)
    if (published !== undefined && isSame(published, next)) return
    const update = { published: next, patch: patch ?? patchBetween(published, next) }
    published = next
    lineage.add(next.ruleset, update.patch !== undefined)
    onUpdate(update)
    void runInTurns(next.hash())
    if (origin === 'server') void save()
  }
  const store = createRulesetStore({}, onChange)
  const { verify } = store
  Object.assign(store, {
    // A heartbeat that comes before a large ruleset is hashed leaves its digest to the next one.
    verify: (heartbeat) =>
      published?.isHashed === false
        ? cursorText(published.ruleset) === cursorText(heartbeat)
        : verify(heartbeat),
  } satisfies Partial<typeof store>)
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

/** Compares the positions first: digests of large rulesets take long. */
function isSame(one: PublishedRuleset, other: PublishedRuleset): boolean {
  return cursorText(one.ruleset) === cursorText(other.ruleset) && one.etag === other.etag
}

/** Returns the patch to a later version of the same log; undefined for any other ruleset. */
function patchBetween(
  before: PublishedRuleset | undefined,
  { ruleset }: PublishedRuleset,
): RulesetPatch | undefined {
  const isNext = before?.ruleset.epoch === ruleset.epoch && before.ruleset.version < ruleset.version
  return isNext ? diff(before.ruleset, ruleset) : undefined
}

async function textInTurns(ruleset: Ruleset): Promise<string> {
  const bytes = await runInTurns(rulesetBytes(ruleset))
  return bytes.toString()
}
