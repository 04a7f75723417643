import type { Platform } from '@flaghoist/client'
import {
  createRulesetCache,
  createRulesetStore,
  createWarnOnce,
  type OnRulesetChange,
} from '@flaghoist/client/internal'
import type { Ruleset } from '@flaghoist/core'
import { createDigester } from '@flaghoist/core/internal'
import { runInTurns } from '../pause.ts'
import { cursorText } from '../rulesets/cursor.ts'
import { publish } from '../rulesets/published.ts'
import { rulesetBytes } from '../rulesets/ruleset-bytes.ts'
import type { PublishedRuleset, RulesetUpdate } from '../rulesets/rulesets.ts'
import { type Comparison, compareRulesets } from './compare-rulesets.ts'
import { createLineage, type Lineage } from './lineage.ts'

/** The rulesets that a connection has received, and the copy of the newest one on the disk. */
export interface ReceivedRulesets {
  /** The store that the machinery of the SDKs writes to. */
  readonly store: ReturnType<typeof createRulesetStore>
  /** The newest ruleset, from the upstream or the disk. */
  readonly published: PublishedRuleset | undefined
  readonly lineage: Lineage
  /** Compares a value that is put next with the newest ruleset, in small steps. */
  compare(value: unknown): Generator<undefined>
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
  const comparisons = new WeakMap<Ruleset, Comparison>()
  let published: PublishedRuleset | undefined

  const save = () => {
    if (published !== undefined) copy.save(published.ruleset)
    // At once: a restart without the upstream must not undo a kill.
    return copy.flush()
  }
  // A relay needs no keys of changed flags. Searching them would take long after a large change.
  const onChange: OnRulesetChange = (_changedKeys, origin, patch) => {
    const { ruleset } = store.prepared!
    const comparison = comparisons.get(ruleset)
    const compared = comparison?.before === published?.ruleset ? comparison : undefined
    if (compared?.isSame) return
    const next = publish(ruleset, digestOf)
    const update = { published: next, patch: patch ?? compared?.patch }
    published = next
    lineage.add(ruleset, update.patch !== undefined)
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
    *compare(value) {
      const comparison = yield* compareRulesets(published?.ruleset, value)
      if (comparison !== undefined) comparisons.set(value as Ruleset, comparison)
    },
    save,
    flush: copy.flush,
  }
}

async function textInTurns(ruleset: Ruleset): Promise<string> {
  const bytes = await runInTurns(rulesetBytes(ruleset))
  return bytes.toString()
}
