import { canonicalJson } from '../canonical-json.ts'
import { BUCKETS } from '../hash.ts'
import type { FlagConfiguration, Serve, Split } from '../ruleset/wire.ts'
import type { Resolved } from './layers.ts'
import { movedBuckets } from './resplit.ts'

type Configuration = Resolved['configuration']

/**
 * Of all buckets, how many get another variant at most, when a configuration becomes another one.
 * Rules are left out: who they match is not known.
 */
export function mostMoved(before: Configuration, after: Configuration): number {
  const [was, is] = [before, after].map(isServed)
  if (!was && !is) return before.off === after.off ? 0 : BUCKETS
  if (was !== is) return BUCKETS
  const moved =
    movedByServe(before.fallthrough, after.fallthrough) +
    movedByRollout(before.rollout, after.rollout)
  return Math.min(BUCKETS, moved)
}

function isServed({ on, killed }: Configuration): boolean {
  return on && !killed
}

/** Buckets of another salt or unit are other ones. */
function movedByServe(before: Serve, after: Serve): number {
  const [was, is] = [splitOf(before), splitOf(after)]
  const isComparable = was.salt === undefined || is.salt === undefined || isAlike(was, is)
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
    (isAlike(before, after) && canonicalJson(before.serve) === canonicalJson(after.serve))
  return isSame ? Math.abs(is - was) : is + was
}

type Bucketing = Pick<Split, 'by'> & { readonly salt?: string | undefined }

function isAlike(one: Bucketing, other: Bucketing): boolean {
  return one.by === other.by && one.salt === other.salt
}

/** A plain variant is a split that one variant owns, whatever the salt. */
function splitOf(serve: Serve): Bucketing & Pick<Split, 'ranges'> {
  return 'split' in serve ? serve.split : { by: '', ranges: [[0, BUCKETS, serve.variant]] }
}
