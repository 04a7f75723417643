import { expect, test } from 'vitest'
import { validHistories } from '../../../../test-support/arbitraries.ts'
import { fc } from '../../../../test-support/fast-check.ts'
import { driftScopes } from '../drift/drift-scopes.ts'
import { findDrift } from '../drift/find-drift.ts'
import { visibleColumns } from '../matrix/columns.ts'
import { unexplainedDrift } from './unexplained-drift.ts'

const VIEW = { bound: undefined, now: 0 }

test('counts the flags in use that a comparison lists with an unexplained difference', async () => {
  let compared = 0
  await fc.assert(
    fc.asyncProperty(validHistories, async ({ states }) => {
      for (const state of states) {
        const drift = await unexplainedDrift(state, VIEW)
        if (drift === undefined) continue
        const columns = visibleColumns(state, undefined)
        const scopes = driftScopes(drift.scopes, [], { state, columns, bound: undefined })
        const matches = ({ archivedAt }: { readonly archivedAt?: string | undefined }) =>
          archivedAt === undefined
        const found = await findDrift(state, { scopes, matches, now: 0 })
        expect(drift.flags).toBe(found.filter(({ unexplained }) => unexplained > 0).length)
        compared += drift.flags
      }
    }),
    // Such a flag is in about one of 30 histories.
    { numRuns: 500 },
  )
  expect(compared).toBeGreaterThan(0)
})
