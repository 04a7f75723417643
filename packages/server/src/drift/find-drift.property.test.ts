import { expect, test } from 'vitest'
import { fc } from '../../../../test-support/fast-check.ts'
import { SCOPES, servedIn, states } from '../../../../test-support/served-layers.ts'
import { findDrift } from './find-drift.ts'

test('lists a flag exactly if two scopes evaluate it differently by configuration', async () => {
  await fc.assert(
    fc.asyncProperty(states, async (state) => {
      const served = SCOPES.map((scope) => servedIn(state, scope))

      const [found] = await findDrift(state, { scopes: SCOPES, matches: () => true, now: 0 })

      expect(found !== undefined).toBe(new Set(served).size > 1)
      const numbers = SCOPES.map(
        (_, i) => found?.differs.find(({ position }) => position === i)?.configuration ?? 0,
      )
      for (const [i, one] of served.entries())
        for (const [j, other] of served.entries())
          expect(numbers[i] === numbers[j]).toBe(one === other)
    }),
    { numRuns: 200 },
  )
})
