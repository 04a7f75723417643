import type { ProjectState } from '@flaghoist/core/model'
import { type CellState, charOf, stateOf } from '../matrix/cell-states.ts'
import { positionsOf } from '../matrix/columns.ts'
import { cellsIn } from '../matrix/flag-cells.ts'
import { createPause } from '../pause.ts'

/** States that wait for a person, worst first. */
export const WAITING = ['rolled-back', 'killed', 'quarantined', 'held'] as const

type WaitingState = (typeof WAITING)[number]

const WAITING_CHARS = WAITING.map((state) => charOf({ state }))

/** The flags of an instance, counted over environments. */
export interface InstanceStates {
  /** Number of layers of the instance itself. */
  overrides: number
  readonly waiting: Map<WaitingState, number>
}

interface Wanted {
  /** Keys of the instances to count, in order. */
  readonly instances: readonly string[]
  /** Keys of the environments to count in. */
  readonly environments: readonly string[]
}

/** Counts the states and layers of live flags in each of some instances. */
export async function instanceStates(
  state: ProjectState,
  { instances, environments }: Wanted,
): Promise<readonly InstanceStates[]> {
  const counts = instances.map((): InstanceStates => ({ overrides: 0, waiting: new Map() }))
  const positions = positionsOf(state, instances)
  const countAt = new Map(positions.map((position, i) => [position, counts[i]!]))
  const pause = createPause()
  for (const flag of state.flags.values()) {
    if (flag.archivedAt !== undefined) continue
    for (const environment of environments) {
      const { cells, own } = cellsIn(state, flag, environment)
      for (const position of own) {
        const count = countAt.get(position)
        if (count) count.overrides += 1
      }
      if (WAITING_CHARS.some((char) => cells.includes(char)))
        for (const [position, count] of countAt) addWaiting(count, stateOf(cells[position]!))
      await pause()
    }
  }
  return counts
}

function addWaiting({ waiting }: InstanceStates, cell: CellState): void {
  const state = WAITING.find((one) => one === cell)
  if (state !== undefined) waiting.set(state, (waiting.get(state) ?? 0) + 1)
}
