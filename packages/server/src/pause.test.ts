import { expect, test } from 'vitest'
import { runInTurns } from './pause.ts'

test('other work has a turn after each turn of many long computations', async () => {
  function* steps(): Generator<void> {
    for (let i = 0; i < 4; i += 1) {
      const since = performance.now()
      while (performance.now() - since < 6);
      yield
    }
  }
  let turns = 0
  const countTurns = () => {
    turns += 1
    counting = setImmediate(countTurns)
  }
  let counting = setImmediate(countTurns)

  await Promise.all(Array.from({ length: 10 }, () => runInTurns(steps())))
  clearImmediate(counting)

  // The first step of each runs at once.
  expect(turns).toBeGreaterThanOrEqual(30)
})
