import {
  createDigester,
  type Prepared,
  type PrepareOptions,
  prepare,
  type Ruleset,
  type RulesetPatch,
  SNAPSHOT_EPOCH,
} from '@flaghoist/core'

/** Where the ruleset that answers comes from. */
export type Origin = 'bootstrap' | 'cache' | 'server'

export interface Heartbeat {
  readonly epoch: string
  readonly version: number
  readonly digest: string
}

/** Whether what came fits; if not, a whole ruleset is needed. */
export type Fits = boolean

/**
 * The one ruleset that answers. It moves only forward within an epoch, and is replaced as a whole: whoever evaluates
 * sees one version or the next, never a mixture.
 */
export interface RulesetStore {
  readonly prepared: Prepared | undefined
  /**
   * Takes a whole ruleset; one of a replica that lags behind changes nothing.
   * @throws {FlaghoistError} `RULESET_UNUSABLE`, and keeps what is there
   */
  put(ruleset: Ruleset, origin: Origin): Fits
  /** Takes the next version. */
  patch(change: RulesetPatch): Fits
  /** Compares what is held with what the server says should be held. */
  check(heartbeat: Heartbeat): Fits
}

export function createRulesetStore(
  options: PrepareOptions,
  onChange: (keys: readonly string[], origin: Origin) => void,
): RulesetStore {
  const digestOf = createDigester()
  let prepared: Prepared | undefined
  let heldFrom: Origin = 'bootstrap'

  const replace = (next: Prepared, origin: Origin): Fits => {
    const keys = changedKeys(prepared, next)
    prepared = next
    heldFrom = origin
    onChange(keys, origin)
    return true
  }

  return {
    get prepared() {
      return prepared
    },
    put(ruleset, origin) {
      const next = prepare(ruleset, options)
      const held = prepared?.ruleset
      // What a server has sent is not given up for a bootstrap that cannot be compared with it: a kill may be in it.
      const isKept = origin === 'bootstrap' && heldFrom !== 'bootstrap'
      const isBetter = held && (isLater(held, ruleset) || (isKept && isOfAnotherLog(held, ruleset)))
      return isBetter || replace(next, origin)
    },
    patch(change) {
      if (prepared?.ruleset.epoch !== change.epoch) return false
      const { version } = prepared.ruleset
      if (change.to <= version) return true
      return change.from === version && replace(prepared.patched(change), 'server')
    },
    check({ epoch, version, digest }) {
      if (prepared?.ruleset.epoch !== epoch) return false
      const { ruleset } = prepared
      // A heartbeat of a replica that lags behind is about another version.
      return (
        ruleset.version > version || (ruleset.version === version && digestOf(ruleset) === digest)
      )
    },
  }
}

/** Versions can be compared only within an epoch, and rulesets only within a scope: a bootstrap may be of another. */
function isLater(held: Ruleset, next: Ruleset): boolean {
  return held.epoch === next.epoch && held.scope === next.scope && held.version > next.version
}

/** What was decided for one context is no log's, and is meant as it is. */
function isOfAnotherLog(held: Ruleset, next: Ruleset): boolean {
  const isComparable = held.epoch === next.epoch && held.scope === next.scope
  return !isComparable && next.epoch !== SNAPSHOT_EPOCH
}

/** Flags that may answer differently: they were edited, or ask segments that were. */
function changedKeys(held: Prepared | undefined, next: Prepared): string[] {
  const before = held?.ruleset
  const after = next.ruleset
  const hasOtherSegments = before !== undefined && isOther(before.segments, after.segments)
  return Object.keys({ ...before?.flags, ...after.flags }).filter(
    (key) =>
      isOther(before?.flags[key], after.flags[key]) ||
      (hasOtherSegments && next.flags.get(key)?.usesSegments),
  )
}

function isOther(before: unknown, after: unknown): boolean {
  return before !== after && JSON.stringify(before) !== JSON.stringify(after)
}
