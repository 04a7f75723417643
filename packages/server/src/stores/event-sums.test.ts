import { expect, test } from 'vitest'
import { exposureCounter, newCellCounters } from './event-counters.ts'
import { sumExposures } from './event-sums.ts'

const MINUTE = 60_000
const CELL = { flag: 'theme', scope: 'production', revision: 1, attempt: 1 } as const

test('more minutes than a function can have arguments are summed', () => {
  const count = 200_000
  const cell = newCellCounters({ ...CELL, variant: 'dark', arm: 'treatment', split: '' })
  for (let i = 0; i < count; i += 1) exposureCounter(cell, i * MINUTE, 'SPLIT').count += 1
  const all = { from: 0, to: Number.MAX_SAFE_INTEGER, stepMs: Number.POSITIVE_INFINITY, limit: 9 }

  expect(sumExposures([cell], all)).toMatchObject([{ start: 0, count }])
})
