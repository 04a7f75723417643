import { createRulesetStore, type OnRulesetChange } from '@flaghoist/client/internal'
import type { Ruleset } from '@flaghoist/core'
import { createDigester } from '@flaghoist/core/internal'
import { runInTurns } from '../pause.ts'
import { cursorText } from '../rulesets/cursor.ts'
import { publish } from '../rulesets/published.ts'
import type { PublishedRuleset, RulesetUpdate } from '../rulesets/rulesets.ts'
import { type Comparison, compareRulesets } from './compare-rulesets.ts'
import { createLineage, type Lineage } from './lineage.ts'
import type { RulesetCopy } from './ruleset-copy.ts'

/** The rulesets that a connection has received, and the copy of the newest one on the disk. */
export interface ReceivedRulesets {
  /** The store that the machinery of the SDKs writes to. */
  readonly store: ReturnType<typeof createRulesetStore>
  /** The newest ruleset, from the upstream or the disk. */
  readonly published: PublishedRuleset | undefined
  readonly lineage: Lineage
  /** Compares a value that is put next with the newest ruleset, in small steps. */
  compare(value: unknown): Generator<undefined>
  /** Starts from the copy on the disk, if it can be read. Precedes everything that is received. */
  load(): Promise<void>
  /** Writes the newest ruleset to the disk again, after its copy was removed. */
  save(): Promise<void>
}

/** @param onUpdate called for each version, in order */
export function createReceivedRulesets(
  copy: RulesetCopy,
  onUpdate: (update: RulesetUpdate) => void,
): ReceivedRulesets {
  const lineage = createLineage()
  const digestOf = createDigester()
  const comparisons = new WeakMap<Ruleset, Comparison>()
  let published: PublishedRuleset | undefined

  const save = async () => {
    if (published !== undefined) await copy.save(published.ruleset)
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
    // At once: a restart without the upstream must not undo a kill.
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
    async load() {
      const ruleset = await copy.load()
      try {
        if (ruleset !== undefined) store.put(ruleset, 'cache')
      } catch {
        // A later version wrote it. The next ruleset replaces it.
      }
    },
    save,
  }
}
