import { type Figure, markdownTable, type Run, shown } from './figures.ts'

/** A value that two runs have in common. */
export interface Pair {
  readonly figure: Figure
  readonly contender: string
  readonly before: number
  readonly after: number
  /** After divided by before, each relative to the floor of its run if it has one. */
  readonly ratio: number
}

/** Returns the values that both runs have, without the floors. */
export function pairsOf(before: Run, after: Run): readonly Pair[] {
  return after.figures.flatMap((figure) => {
    const earlier = before.figures.find(
      ({ name, unit }) => name === figure.name && unit === figure.unit,
    )
    if (earlier === undefined) return []
    return Object.keys(figure.values)
      .filter((contender) => contender !== figure.floor && contender in earlier.values)
      .map((contender) => pairOf(earlier, figure, contender))
  })
}

function pairOf(earlier: Figure, figure: Figure, contender: string): Pair {
  const [before, after] = [earlier.values[contender]!, figure.values[contender]!]
  const floors = [earlier, figure].map(({ floor = '', values }) => values[floor])
  const [first = 1, second = 1] = floors.includes(undefined) ? [] : floors
  return { figure, contender, before, after, ratio: after / second / (before / first) }
}

/** Renders the comparison of two runs. */
export function comparisonTable(before: Run, after: Run): string {
  const rows = pairsOf(before, after).map((pair) => {
    const { figure, contender, before: first, after: second, ratio } = pair
    const name = `${figure.name}, ${figure.unit}: ${contender}`
    return [name, shown(first), shown(second), `${ratio.toFixed(2)}×`, figure.better]
  })
  return markdownTable(['', before.commit, after.commit, 'ratio', 'better'], rows)
}
