import { canonicalJson } from '../canonical-json.ts'
import type { Rollout, Rule, Serve, Split } from '../ruleset/wire.ts'
import type { Layer } from '../schema/index.ts'

/**
 * The rollout and the splits that a layer has had, so that one that returns serves the same units
 * as before.
 */
export interface PastServes {
  /** The last rollout. */
  readonly rollout: Rollout | undefined
  /** The last splits of each place, the newest first; a place is named by {@link splitsOf}. */
  readonly splits: ReadonlyMap<string, readonly Split[]>
}

const NO_PAST: PastServes = { rollout: undefined, splits: new Map() }

/** The number of splits that a place remembers: enough for a person's attempts. */
const MAX_SPLITS = 16

/** Adds the rollout and the splits of a layer; the result is the same object without any. */
export function rememberServes(
  past: PastServes | undefined,
  layer: Layer | null,
): PastServes | undefined {
  const splits = splitsOf(layer ?? {})
  const rollout = layer?.rollout ?? undefined
  if (rollout === undefined && splits.length === 0) return past

  const before = past ?? NO_PAST
  const remembered = new Map(before.splits)
  for (const [place, split] of splits) {
    const text = canonicalJson(split)
    const others = (remembered.get(place) ?? []).filter((one) => canonicalJson(one) !== text)
    remembered.set(place, [split, ...others].slice(0, MAX_SPLITS))
  }
  return { rollout: rollout ?? before.rollout, splits: remembered }
}

/** The members of a layer, or of a configuration, that can have a split. */
interface SplitPlaces {
  readonly rules?: readonly Rule[] | undefined
  readonly rollout?: Rollout | null | undefined
  readonly fallthrough?: Serve | undefined
}

const RULE = 'rule:'

/** Returns the id of the rule that a place belongs to; undefined for one outside the rules. */
export function ruleOfPlace(place: string): string | undefined {
  return place.startsWith(RULE) ? place.slice(RULE.length) : undefined
}

/** Returns the splits of a layer by their place: `fallthrough`, `rollout`, or `rule:` and an id. */
export function splitsOf({
  rules = [],
  rollout,
  fallthrough,
}: SplitPlaces): readonly (readonly [string, Split])[] {
  const serves: readonly (readonly [string, Serve | undefined])[] = [
    ...rules.map(({ id, serve }) => [RULE + id, serve] as const),
    ['rollout', rollout?.serve],
    ['fallthrough', fallthrough],
  ]
  return serves.flatMap(([place, serve]) =>
    serve && 'split' in serve ? [[place, serve.split] as const] : [],
  )
}
