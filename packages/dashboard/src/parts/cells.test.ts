import { describe, expect, test } from 'vitest'
import { CELL_STATES, type Cell, charOf } from '../../../server/src/matrix/cell-states.ts'
import { cellOf, countStates, STATE_ORDER } from './cells.ts'

const CELLS: readonly Cell[] = CELL_STATES.flatMap((state): Cell[] =>
  state === 'share' || state === 'rolling'
    ? Array.from({ length: 10 }, (_, tenth) => ({ state, tenth }))
    : [{ state }],
)

describe('the cells of a matrix', () => {
  test.for(CELLS)('are read as the server writes them: $state $tenth', (cell) => {
    const percent = cell.tenth === undefined ? {} : { percent: cell.tenth * 10 }
    expect(cellOf(charOf(cell))).toEqual({ state: cell.state, ...percent })
  })

  test('have each state in a bar', () => {
    expect([...STATE_ORDER].sort()).toEqual([...CELL_STATES].sort())
    const all = CELLS.map(charOf).join('')
    expect(countStates(all).reduce((sum, [, count]) => sum + count, 0)).toBe(CELLS.length)
  })
})
