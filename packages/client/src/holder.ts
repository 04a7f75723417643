import {
  createDigester,
  diff,
  type Prepared,
  type PrepareOptions,
  prepare,
  type Ruleset,
  type RulesetPatch,
} from '@flaghoist/core'

/** Where the ruleset that answers comes from. */
export type Origin = 'none' | 'bootstrap' | 'cache' | 'server'

export interface Heartbeat {
  readonly epoch: string
  readonly version: number
  readonly digest: string
}

/** `resync`: what came does not fit, so a whole ruleset is needed. */
export type Verdict = 'changed' | 'same' | 'resync'

/**
 * The one ruleset that answers. It moves only forward within an epoch, and is replaced as a whole: whoever evaluates
 * sees one version or the next, never a mixture.
 */
export class RulesetHolder {
  prepared: Prepared | undefined
  origin: Origin = 'none'
  readonly #options: PrepareOptions
  readonly #digest = createDigester()
  readonly #onChange: (keys: readonly string[]) => void

  constructor(options: PrepareOptions, onChange: (keys: readonly string[]) => void) {
    this.#options = options
    this.#onChange = onChange
  }

  /**
   * Takes a whole ruleset.
   * @throws {FlaghoistError} `RULESET_UNUSABLE`, and keeps what is there
   */
  put(ruleset: Ruleset, origin: Origin): Verdict {
    const next = prepare(ruleset, this.#options)
    const held = this.prepared?.ruleset
    if (held !== undefined && isLater(held, ruleset)) return 'same' // Of a replica that lags behind.
    const keys = held === undefined ? Object.keys(ruleset.flags) : changedKeys(held, ruleset)
    this.#replace(next, origin, keys)
    return 'changed'
  }

  /** Takes the next version. */
  patch(change: RulesetPatch): Verdict {
    const held = this.prepared
    if (held === undefined || change.epoch !== held.ruleset.epoch) return 'resync'
    if (change.to <= held.ruleset.version) return 'same'
    if (change.from !== held.ruleset.version) return 'resync'

    const next = held.patched(change)
    const keys = new Set([...held.flags.keys(), ...next.flags.keys(), ...Object.keys(change.flags)])
    const changed = [...keys].filter(
      (key) => held.flags.get(key) !== next.flags.get(key) || Object.hasOwn(change.flags, key),
    )
    this.#replace(next, 'server', changed)
    return 'changed'
  }

  /** Compares what is held with what the server says should be held. */
  check({ epoch, version, digest }: Heartbeat): Verdict {
    const ruleset = this.prepared?.ruleset
    if (ruleset === undefined || ruleset.epoch !== epoch || ruleset.version < version)
      return 'resync'
    if (ruleset.version > version) return 'same'
    return this.#digest(ruleset) === digest ? 'same' : 'resync'
  }

  #replace(next: Prepared, origin: Origin, keys: readonly string[]): void {
    this.prepared = next
    this.origin = origin
    this.#onChange(keys)
  }
}

/** Versions can be compared only within an epoch, and rulesets only within a scope: a bootstrap may be of another. */
function isLater(held: Ruleset, next: Ruleset): boolean {
  return held.epoch === next.epoch && held.scope === next.scope && held.version > next.version
}

function changedKeys(held: Ruleset, next: Ruleset): readonly string[] {
  const { flags, segments } = diff(held, next)
  // Which flags a segment bears on is not worth finding out when everything was replaced.
  return Object.keys(segments).length === 0 ? Object.keys(flags) : Object.keys(next.flags)
}
