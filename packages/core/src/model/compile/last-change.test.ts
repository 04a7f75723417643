import { expect, test } from 'vitest'
import { AUDIENCES, SCOPES, validHistories } from '../../../../../test-support/arbitraries.ts'
import { fc } from '../../../../../test-support/fast-check.ts'
import { ENVIRONMENTS } from '../../../../../test-support/project.ts'
import { compile } from './compile.ts'
import { lastChangeFor } from './last-change.ts'

const TARGETS = [...ENVIRONMENTS, ...SCOPES].flatMap((scope) =>
  AUDIENCES.map((audience) => ({ scope, audience, epoch: 'e1' })),
)

test('no change after the last one for a scope affects its rulesets', () => {
  let later = 0
  fc.assert(
    fc.property(validHistories, fc.constantFrom(...TARGETS), ({ states }, target) => {
      const content = (version: number) => {
        const { flags, segments } = compile(states.find((one) => one.version === version)!, target)
        return JSON.stringify([flags, segments])
      }
      const [first] = states
      for (const state of states) {
        const last = Math.max(first!.version, lastChangeFor(state, target.scope))
        expect(last).toBeLessThanOrEqual(state.version)
        expect(content(last)).toBe(content(state.version))
        if (last < state.version) later += 1
      }
    }),
  )
  expect(later).toBeGreaterThan(20)
})
