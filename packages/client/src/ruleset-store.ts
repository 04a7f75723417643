import {
  type FlagOverride,
  type Prepared,
  type PrepareOptions,
  prepare,
  type Ruleset,
  type RulesetPatch,
} from '@flaghoist/core'
import { createDigester, SNAPSHOT_EPOCH } from '@flaghoist/core/internal'

/** The source of a ruleset. */
export type Origin = 'bootstrap' | 'cache' | 'server'

/** The state of the server's log, sent at intervals. */
export interface Heartbeat {
  readonly epoch: string
  readonly version: number
  readonly hash?: string | undefined
  readonly digest: string
  /** Time over which clients spread their confirmations, ms; absent to confirm at once. */
  readonly confirmWithinMs?: number | undefined
}

/**
 * The one ruleset that evaluations use. It is replaced as a whole: an evaluation sees one version
 * or the next, never a mixture. The server knows the held version and never sends an older one of
 * the same lineage, so a lower version means that its log was restored.
 *
 * The operations return whether the data fits. If it does not, a whole ruleset is needed.
 */
export interface RulesetStore {
  readonly prepared: Prepared | undefined
  /** Time over which the last heartbeat asks to spread confirmations, ms. */
  readonly confirmWithinMs: number
  /** Sets the only override, or ends it. Calls `onChange` with all flags. */
  override(next: FlagOverride | undefined): void
  /**
   * Replaces the ruleset, by default with one of the server. An older one that the server has not
   * sent now changes nothing.
   * @throws {FlaghoistError} `RULESET_UNUSABLE`, and keeps the held ruleset
   */
  put(ruleset: Ruleset, origin?: Origin): boolean
  /** Applies the next version. */
  patch(change: RulesetPatch): boolean
  /** Compares the held ruleset with the server's. */
  verify(heartbeat: Heartbeat): boolean
}

/** Returns the position of a ruleset in its log, `<epoch>.<version>.<hash>`. */
export function cursorOf({
  epoch,
  version,
  hash,
}: Pick<Heartbeat, 'epoch' | 'version' | 'hash'>): string {
  return [epoch, version, hash].filter((part) => part !== undefined).join('.')
}

/**
 * Called after each change.
 * @param changedKeys returns the keys of the flags that may evaluate differently
 * @param patch the change that was applied; undefined for a whole ruleset or an override
 */
export type OnRulesetChange = (
  changedKeys: () => readonly string[],
  origin: Origin,
  patch: RulesetPatch | undefined,
) => void

export function createRulesetStore(
  options: PrepareOptions,
  onChange: OnRulesetChange,
): RulesetStore {
  const digestOf = createDigester()
  let heldFrom: Origin = 'bootstrap'

  const replace = (next: Prepared, origin: Origin, change?: RulesetPatch): boolean => {
    const { prepared } = store
    store.prepared = next
    heldFrom = origin
    onChange(() => changedKeys(prepared, next), origin, change)
    return true
  }

  // Plain members, because each evaluation reads one, and each store would have its own getter.
  const store: { -readonly [K in keyof RulesetStore]: RulesetStore[K] } = {
    prepared: undefined,
    confirmWithinMs: 0,
    override(next) {
      options.override = next
      const { prepared } = store
      store.prepared = undefined // Other flags may depend on this one, so all may differ.
      if (prepared) replace(prepare(prepared.ruleset, options), heldFrom)
    },
    put(ruleset, origin = 'server') {
      const next = prepare(ruleset, options)
      // A bootstrap never replaces a ruleset of the server that it cannot be compared with: that
      // one may hold a kill.
      const keepsOther = origin === 'bootstrap' && heldFrom !== 'bootstrap'
      const isOlder = origin !== 'server' && isBetter(store.prepared?.ruleset, ruleset, keepsOther)
      return isOlder || replace(next, origin)
    },
    patch(change) {
      const { prepared } = store
      if (prepared?.ruleset.epoch !== change.epoch) return false
      const { version } = prepared.ruleset
      if (change.to <= version) return true
      return change.from === version && replace(prepared.patched(change), 'server', change)
    },
    verify(heartbeat) {
      store.confirmWithinMs = heartbeat.confirmWithinMs ?? 0
      const ruleset = store.prepared?.ruleset
      return (
        ruleset !== undefined &&
        cursorOf(ruleset) === cursorOf(heartbeat) &&
        digestOf(ruleset) === heartbeat.digest
      )
    },
  }
  return store
}

/**
 * Returns whether the held ruleset is better than another. Versions can be compared only within an
 * epoch, and rulesets only within a scope.
 * @param keepsOther the held ruleset is also better than one that it cannot be compared with
 */
function isBetter(held: Ruleset | undefined, next: Ruleset, keepsOther: boolean): boolean {
  if (!held) return false
  if (held.epoch === next.epoch && held.scope === next.scope) return held.version > next.version
  // A snapshot belongs to no log: it was decided for this context, and always replaces.
  return keepsOther && next.epoch !== SNAPSHOT_EPOCH
}

/** Returns the flags that may evaluate differently: they changed, or use segments that changed. */
function changedKeys(held: Prepared | undefined, next: Prepared): string[] {
  const after = next.ruleset
  if (!held) return Object.keys(after.flags)
  const before = held.ruleset
  const hasOtherSegments = differ(before.segments, after.segments)
  return Object.keys({ ...before.flags, ...after.flags }).filter(
    (key) =>
      differ(before.flags[key], after.flags[key]) ||
      (hasOtherSegments && mentionsSegments(after.flags[key])),
  )
}

function differ(before: unknown, after: unknown): boolean {
  return before !== after && JSON.stringify(before) !== JSON.stringify(after)
}

/**
 * Returns whether a flag may use a segment: by the operator `segment`, or by `segments`. A search
 * of its text leaves the flag unprepared, and may find too much.
 */
function mentionsSegments(flag: unknown): boolean {
  return JSON.stringify(flag)?.includes('"segment') === true
}
