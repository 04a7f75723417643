import { expect, test } from 'vitest'
import { comparisonTable, pairsOf } from '../../bench/compare.ts'
import type { Figure, Run } from '../../bench/figures.ts'

const figure = (name: string, Flaghoist: number, floor?: number): Figure => ({
  name,
  unit: 'requests/s',
  better: 'more',
  ...(floor !== undefined && { floor: 'floor' }),
  values: { Flaghoist, ...(floor !== undefined && { floor }) },
})

const run = (commit: string, ...figures: readonly Figure[]): Run => ({
  subject: 'http',
  commit,
  at: '2026-11-26T08:00:00.000Z',
  machine: { cpu: 'any', cores: 2, load: 0, node: '24.21.0' },
  figures,
  broken: [],
})

test('compares two runs relative to the floor of each, where there is one', () => {
  // The second machine is half as fast, and the ruleset has become twice as fast.
  const before = run('aaa', figure('ruleset', 100, 200), figure('start', 10))
  const after = run('bbb', figure('ruleset', 100, 100), figure('start', 5))

  expect(pairsOf(before, after).map(({ figure: { name }, ratio }) => [name, ratio])).toEqual([
    ['ruleset', 2],
    ['start', 0.5],
  ])
  expect(comparisonTable(before, after)).toContain(
    '| ruleset, requests/s: Flaghoist | 100 | 100 | 2.00× | more |',
  )
})

test('leaves out figures that only one run has', () => {
  const before = run('aaa', figure('ruleset', 1), figure('gone', 1))
  const after = run('bbb', figure('ruleset', 1), figure('new', 1))

  expect(pairsOf(before, after).map((pair) => pair.figure.name)).toEqual(['ruleset'])
})
