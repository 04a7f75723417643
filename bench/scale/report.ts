import type { User } from './crowd.ts'

/** The flag that is rolled out, and the cell that reports name. */
export interface Cell {
  readonly flag: string
  readonly revision: number
  /** Start of the minute, epoch ms. */
  readonly minute: number
}

/** Returns a batch with users who came, and with those who came some time ago. */
export function batchOf(id: string, cell: Cell, users: readonly User[], alive: readonly User[]) {
  const failing = users.filter(({ isFailing }) => isFailing)
  return {
    id,
    exposures: itemsOf(users, cell).map((item) => {
      return { ...item, reason: 'SPLIT' as const, count: item.units.length }
    }),
    outcomes: [
      ...itemsOf(failing, cell).map((item) => ({ ...item, metric: 'error' })),
      ...itemsOf(alive, cell).map((item) => ({ ...item, metric: 'alive' })),
    ],
  }
}

function itemsOf(users: readonly User[], cell: Cell) {
  return (['treatment', 'control'] as const).flatMap((arm) => {
    const units = users.filter((user) => user.arm === arm).map(({ unit }) => unit)
    const variant = arm === 'treatment' ? 'on' : 'off'
    return units.length === 0 ? [] : [{ ...cell, variant, arm, units }]
  })
}
