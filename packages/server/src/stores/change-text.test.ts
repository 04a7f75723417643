import { canonicalJson } from '@flaghoist/core/internal'
import type { Change } from '@flaghoist/core/schema'
import { expect, test } from 'vitest'
import { histories } from '../../../../test-support/arbitraries.ts'
import { fc } from '../../../../test-support/fast-check.ts'
import { changeText, serialiseEdits } from './change-text.ts'

test('the text of a change is its canonical JSON, with and without texts of its edits', async () => {
  await fc.assert(
    fc.asyncProperty(histories, fc.boolean(), async ({ changes }, isSealed) => {
      for (const { seq, edits } of changes) {
        const actor = { kind: 'key', id: 'k1', name: 'Ada' } as const
        const change: Omit<Change, 'hash'> = {
          ...{ seq, at: 'now', actor, action: 'flag.update', edits: [...edits] },
          ...{ requestId: 'r1', previousHash: '', ...(isSealed && { hash: 'f00' }) },
          ...(seq % 2 === 0 && { reason: undefined }),
        }
        expect(changeText(change)).toBe(canonicalJson(change))
        await serialiseEdits(change.edits)
        expect(changeText(change)).toBe(canonicalJson(change))
      }
    }),
    { numRuns: 30 },
  )
})
