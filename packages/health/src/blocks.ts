import { addTrials, EMPTY_TRIAL, sizeOf, type Trial } from './trial.ts'

/**
 * A block closes when it has this part of all units before it, so that their number stays small.
 */
const GROWTH = 0.04

/** Blocks of units and events: the closed ones, oldest first, and the open one. */
export interface Blocks {
  readonly closed: readonly Trial[]
  readonly open: Trial
  /** Units of both arms in all closed blocks. */
  readonly units: number
}

export const NO_BLOCKS: Blocks = { closed: [], open: EMPTY_TRIAL, units: 0 }

/** Adds a minute to the open block, and closes it when it is large enough. */
export function withTrial({ closed, open, units }: Blocks, trial: Trial): Blocks {
  const filled = addTrials(open, trial)
  const size = sizeOf(filled)
  if (size === 0 || size < GROWTH * units) return { closed, open: filled, units }
  return { closed: [...closed, filled], open: EMPTY_TRIAL, units: units + size }
}

/**
 * Closes the open block, because the share changes: a block across two shares would compare the
 * hours of one arm with other hours of the other.
 */
export function closeBlock({ closed, open, units }: Blocks): Blocks {
  const size = sizeOf(open)
  if (size === 0) return { closed, open, units }
  return { closed: [...closed, open], open: EMPTY_TRIAL, units: units + size }
}

/** All blocks, the open one included. */
export function allBlocks({ closed, open }: Blocks): readonly Trial[] {
  return sizeOf(open) === 0 ? closed : [...closed, open]
}
