import { describe, expect, test } from 'vitest'
import { fc } from '../../../../../test-support/fast-check.ts'
import type { Change } from '../../flag/flag-requests.ts'
import { below, chainOf, type LogPages, onTop } from './log-pages.ts'

const changeOf = (seq: number) =>
  ({ seq, hash: `hash-${seq}`, previousHash: seq === 1 ? '' : `hash-${seq - 1}` }) as Change

/** The page that the server returns: the latest changes below a cursor. */
function pageOf(head: number, limit: number, cursor?: string): LogPages {
  const from = cursor === undefined ? head : Number(cursor) - 1
  const items = Array.from({ length: Math.min(limit, from) }, (_, i) => changeOf(from - i))
  const last = items.at(-1)?.seq ?? 1
  return { filter: '', items, next: last > 1 ? String(last) : undefined }
}

const seqs = (pages: LogPages | undefined) => pages?.items.map(({ seq }) => seq)

test('pages of a log that grows have every change once, without a gap', () => {
  const step = fc.record({ grows: fc.nat(12), isMore: fc.boolean() })
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 40 }), fc.array(step), (start, steps) => {
      let head = start
      let held = pageOf(head, 5)
      for (const { grows, isMore } of steps) {
        head += grows
        held = onTop(pageOf(head, 5), held)
        if (isMore && held.next !== undefined)
          held = below(held, { ...pageOf(head, 5, held.next), cursor: held.next })!
      }
      const shown = seqs(held)!
      expect(shown).toEqual(shown.map((_, i) => head - i))
      expect(held.next).toBe(shown.at(-1) === 1 ? undefined : String(shown.at(-1)))
    }),
  )
})

test('a page of another filter, or for other changes than those held, is not added', () => {
  const held = pageOf(20, 5)
  expect(onTop({ ...pageOf(20, 5), filter: 'flag=search' }, held).items).toHaveLength(5)
  expect(below(held, { ...pageOf(20, 5, '9'), cursor: '9' })).toBeUndefined()
  expect(below(undefined, { ...pageOf(20, 5, '9'), cursor: '9' })).toBeUndefined()
})

describe('the chain of changes', () => {
  const changes = [3, 2, 1].map(changeOf)

  test('has its ends and its head', () => {
    expect(chainOf(changes)).toEqual({ first: 1, last: 3, head: 'hash-3' })
    expect(chainOf(changes.slice(0, 1))).toEqual({ first: 3, last: 3, head: 'hash-3' })
  })

  test('names the change that does not follow the one before it', () => {
    const forged = { ...changes[1]!, hash: 'forged' }
    expect(chainOf([changes[0]!, forged, changes[2]!])).toEqual({ brokenAt: 3 })
  })

  test('is unknown if changes are filtered out, or hashes are hidden', () => {
    expect(chainOf([changes[0]!, changes[2]!])).toBeUndefined()
    expect(chainOf(changes.map(({ seq }) => ({ seq }) as Change))).toBeUndefined()
    expect(chainOf([])).toBeUndefined()
  })
})
