import type { Allocation, FlagAllocations, ScopeAllocations } from './allocations.ts'
import type { Draws } from './draws.ts'

/**
 * An allocation as JSON. Each step of a rollout starts one, and mostly it differs from the one
 * before in these two numbers only: its start and the share of the rollout.
 */
type PackedAllocation =
  | readonly [start: number, share: number]
  | readonly [start: number, attempt: number, draws: Draws]

/** The allocations of a flag as JSON: a text of {@link PackedScope} for each scope. */
export type PackedAllocations = readonly (readonly [scope: string, text: string])[]

type PackedScope = readonly [arms: readonly PackedAllocation[], splits: readonly PackedAllocation[]]

/** Returns the allocations of a flag in a form that is short, because a project has many. */
export function packAllocations(allocations: FlagAllocations): PackedAllocations {
  return [...allocations].map(([scope, { arms, splits }]) => {
    const packedScope: PackedScope = [packed(arms), packed(splits)]
    return [scope, JSON.stringify(packedScope)]
  })
}

/** Returns the allocations of {@link packAllocations}. */
export function unpackAllocations(json: PackedAllocations): FlagAllocations {
  return new Map(json.map(([scope, text]) => [scope, unpackedLater(text)]))
}

/** Returns allocations that are unpacked when they are first read, since a start needs few. */
function unpackedLater(text: string): ScopeAllocations {
  let kept: string | ScopeAllocations = text
  const unpack = (): ScopeAllocations => {
    if (typeof kept === 'string') {
      const [arms, splits]: PackedScope = JSON.parse(kept)
      kept = { arms: unpacked(arms), splits: unpacked(splits) }
    }
    return kept
  }
  return {
    get arms() {
      return unpack().arms
    },
    get splits() {
      return unpack().splits
    },
  }
}

function packed(allocations: readonly Allocation[]): readonly PackedAllocation[] {
  return allocations.map(({ start, attempt, draws }, i) => {
    const before = allocations[i - 1]
    const share = before?.attempt === attempt ? shareAfter(before.draws, draws) : undefined
    return share === undefined ? [start, attempt, draws] : [start, share]
  })
}

/** Returns the share of a rollout that differs from the one before in nothing else. */
function shareAfter(before: Draws, { rollout }: Draws): number | undefined {
  const isSame = rollout?.by === before.rollout?.by && rollout?.salt === before.rollout?.salt
  return isSame ? rollout?.share : undefined
}

function unpacked(list: readonly PackedAllocation[]): readonly Allocation[] {
  const allocations: Allocation[] = []
  for (const one of list) {
    if (one.length === 3) {
      const [start, attempt, draws] = one
      allocations.push({ start, attempt, draws })
    } else {
      const [start, share] = one
      const { attempt, draws } = allocations.at(-1)!
      allocations.push({ start, attempt, draws: { rollout: { ...draws.rollout!, share } } })
    }
  }
  return allocations
}
