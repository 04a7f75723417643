import { type CellValue, cellOf, cellText } from '../parts/cells.ts'
import type { MatrixRow } from './matrix-requests.ts'

/** The state of a flag in a scope. */
interface ScopeState {
  readonly value: CellValue
  /** Set if the scope has a layer of its own. */
  readonly isOwn: boolean
}

/** Returns the state of a flag at a position of an environment; 0 is the environment itself. */
export function stateAt(
  { cells, own }: MatrixRow,
  environment: string,
  position: number,
): ScopeState {
  return {
    value: cellOf(cells[environment]?.[position] ?? '-'),
    isOwn: own[environment]?.includes(position) ?? false,
  }
}

/** Returns a state in words, such as `on, set here`. */
export function stateName({ value, isOwn }: ScopeState): string {
  return `${cellText(value)}${isOwn ? ', set here' : ''}`
}
