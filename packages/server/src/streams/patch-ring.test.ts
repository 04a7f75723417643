import { describe, expect, test } from 'vitest'
import { PatchRing } from './patch-ring.ts'

function ringOf(patches: number, frame = Buffer.from('x')): PatchRing {
  const ring = new PatchRing()
  for (let from = 1; from <= patches; from += 1) ring.add({ version: from }, frame)
  return ring
}

describe('a ring of patches', () => {
  test('returns exactly the patches after a version', () => {
    const ring = new PatchRing()
    const frames = ['a', 'b', 'c'].map((text) => Buffer.from(text))
    for (const [i, frame] of frames.entries()) ring.add({ version: 7 + i }, frame)

    expect(ring.since({ version: 7 })).toEqual(frames)
    expect(ring.since({ version: 9 })).toEqual(frames.slice(2))
  })

  test('keeps the last 1,024', () => {
    const ring = ringOf(1_025)
    expect(ring.since({ version: 1 })).toBeUndefined()
    expect(ring.since({ version: 2 })).toHaveLength(1_024)
  })

  test('keeps fewer where they are large', () => {
    const ring = ringOf(100, Buffer.alloc(256 * 1024))
    expect(ring.since({ version: 84 })).toBeUndefined()
    expect(ring.since({ version: 85 })).toHaveLength(16)
  })

  test('knows nothing of a version that no patch starts at', () => {
    expect(ringOf(3).since({ version: 4 })).toBeUndefined()
    expect(ringOf(3).since({ version: 0 })).toBeUndefined()
  })

  test('holds nothing after it was cleared, and then as much as before', () => {
    const ring = ringOf(100, Buffer.alloc(256 * 1024))
    ring.clear()
    expect(ring.since({ version: 100 })).toBeUndefined()
    for (let from = 1; from <= 16; from += 1) ring.add({ version: from }, Buffer.alloc(256 * 1024))
    expect(ring.since({ version: 1 })).toHaveLength(16)
  })
})
