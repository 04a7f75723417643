import { BUCKETS, bucketOf, hashIdentifier } from '@flaghoist/core'
import { expect, test } from 'vitest'
import { fc } from '../../../../test-support/fast-check.ts'
import { unitsOfArm } from './units-of-arm.ts'

const allocation = (share: number) => {
  return { start: 1, attempt: 1, draws: { rollout: { by: 'targetingKey', salt: 's', share } } }
}

test('a unit is in the arm of its bucket, also at the edge of the share', () => {
  fc.assert(
    fc.property(fc.string(), fc.string(), (salt, text) => {
      const units = [hashIdentifier(salt, text)]
      const bucket = bucketOf(salt, text)
      for (const share of [0, bucket, bucket + 1, BUCKETS]) {
        const [own, other] = bucket < share ? TREATED_FIRST : CONTROL_FIRST
        expect(unitsOfArm(units, own, allocation(share))).toEqual(units)
        expect(unitsOfArm(units, other, allocation(share))).toEqual([])
      }
    }),
  )
})

test('a unit of a split has no arm that its bucket could contradict', () => {
  const units = ['ffffffff00000000']

  expect(unitsOfArm(units, undefined, allocation(1))).toEqual(units)
})

const TREATED_FIRST = ['treatment', 'control'] as const
const CONTROL_FIRST = ['control', 'treatment'] as const
