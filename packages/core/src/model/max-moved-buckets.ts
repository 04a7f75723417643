import { canonicalJson } from '../canonical-json.ts'
import { BUCKETS } from '../hash.ts'
import type { FlagConfiguration, Serve, Split } from '../ruleset/wire.ts'
import type { LayerConfiguration } from './layers.ts'
import { movedBuckets } from './resplit.ts'

/**
 * Returns the maximum number of buckets that change their variant between two configurations.
 * Ignores rules, because the contexts that they match are unknown.
 */
export function maxMovedBuckets(before: LayerConfiguration, after: LayerConfiguration): number {
  const [was, is] = [before, after].map(isServed)
  if (!was && !is) return before.off === after.off ? 0 : BUCKETS
  if (was !== is) return BUCKETS
  const moved =
    movedByServe(before.fallthrough, after.fallthrough) +
    movedByRollout(before.rollout, after.rollout)
  return Math.min(BUCKETS, moved)
}

function isServed({ on, killed }: LayerConfiguration): boolean {
  return on && !killed
}

/** Buckets of different salts or units are not comparable: all of them may move. */
function movedByServe(before: Serve, after: Serve): number {
  const [was, is] = [toSplit(before), toSplit(after)]
  const isComparable = was.salt === undefined || is.salt === undefined || hasSameBuckets(was, is)
  return isComparable ? movedBuckets(was.ranges, is.ranges) : BUCKETS
}

function movedByRollout(
  before: FlagConfiguration['rollout'] | null,
  after: FlagConfiguration['rollout'] | null,
): number {
  const [was, is] = [before?.share ?? 0, after?.share ?? 0]
  const isSame =
    !before ||
    !after ||
    (hasSameBuckets(before, after) && canonicalJson(before.serve) === canonicalJson(after.serve))
  return isSame ? Math.abs(is - was) : is + was
}

type Bucketing = Pick<Split, 'by'> & { readonly salt?: string | undefined }

function hasSameBuckets(one: Bucketing, other: Bucketing): boolean {
  return one.by === other.by && one.salt === other.salt
}

/** Returns a serve as a split. A plain variant owns all buckets, for any salt. */
function toSplit(serve: Serve): Bucketing & Pick<Split, 'ranges'> {
  return 'split' in serve ? serve.split : { by: '', ranges: [[0, BUCKETS, serve.variant]] }
}
