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

/** The texts of unpacked allocations: the next checkpoint contains most of them unchanged. */
const texts = new WeakMap<ScopeAllocations, string>()

/** Returns the allocations of a flag in a form that is short, because a project has many. */
export function packAllocations(allocations: FlagAllocations): PackedAllocations {
  return [...allocations].map(([scope, own]) => [scope, texts.get(own) ?? textOf(own)])
}

function textOf({ arms, splits }: ScopeAllocations): string {
  const packedScope: PackedScope = [packed(arms), packed(splits)]
  return JSON.stringify(packedScope)
}

/** Returns the allocations of {@link packAllocations}. */
export function unpackAllocations(json: PackedAllocations): FlagAllocations {
  return new Map(json.map(([scope, text]) => [scope, unpackedLater(text)]))
}

/** Returns allocations that are unpacked when they are first read, since a start needs few. */
function unpackedLater(text: string): ScopeAllocations {
  let lists: readonly (readonly Allocation[])[] | undefined
  const listAt = (index: 0 | 1): readonly Allocation[] => {
    lists ??= (JSON.parse(text) as PackedScope).map(unpacked)
    return lists[index]!
  }
  const allocations: ScopeAllocations = {
    get arms() {
      return listAt(0)
    },
    get splits() {
      return listAt(1)
    },
  }
  texts.set(allocations, text)
  return allocations
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
