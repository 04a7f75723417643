import { expect, test } from 'vitest'
import { fc } from '../../../../test-support/fast-check.ts'
import type { Allocation } from './allocations.ts'
import { packAllocations, unpackAllocations } from './checkpoint-allocations.ts'
import type { Draws } from './draws.ts'

// Few values, so that neighbours often differ in one of them only.
const small = fc.nat({ max: 2 })
const draws: fc.Arbitrary<Draws> = fc.oneof(
  fc
    .record({ by: fc.constantFrom('user', 'team'), salt: fc.constantFrom('s', 't'), share: small })
    .map((rollout) => ({ rollout })),
  fc.constant<Draws>({
    splits: [['fallthrough', { by: 'user', salt: 's', weights: [] } as never]],
  }),
)
const allocations: fc.Arbitrary<Allocation[]> = fc.array(
  fc.record({ start: small, attempt: small, draws }),
)

test('allocations that were kept as JSON are the same', () => {
  const byScope = fc.array(
    fc.tuple(fc.string(), fc.record({ arms: allocations, splits: allocations })),
  )
  fc.assert(
    fc.property(byScope, (entries) => {
      const kept = JSON.parse(JSON.stringify(packAllocations(new Map(entries))))
      expect(unpackAllocations(kept)).toEqual(new Map(entries))
      expect(packAllocations(unpackAllocations(kept))).toEqual(kept)
    }),
  )
})
