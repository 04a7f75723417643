import { constants, gunzipSync } from 'node:zlib'
import { runAtOnce } from '@flaghoist/core/internal'
import { describe, expect, test } from 'vitest'
import { encodeInSteps, GZIP, IDENTITY } from './stream-encoding.ts'

const frames = Buffer.from(Array.from({ length: 100_000 }, (_, i) => `flag-${i} is on\n`).join(''))

describe('a large frame that is encoded in steps', () => {
  test('keeps its bytes in a gzip stream, between other frames', () => {
    const steps = encodeInSteps(GZIP, frames)
    const encoded = runAtOnce(steps)
    const around = GZIP.encode(Buffer.from(':\n\n'))

    const stream = Buffer.concat([GZIP.start, around, encoded, around])
    const text = gunzipSync(stream, { finishFlush: constants.Z_SYNC_FLUSH })

    expect(encoded.length).toBeLessThan(frames.length / 5)
    expect(text.equals(Buffer.concat([Buffer.from(':\n\n'), frames, Buffer.from(':\n\n')]))).toBe(
      true,
    )
  })

  test('takes several steps', () => {
    expect([...encodeInSteps(GZIP, frames)].length).toBeGreaterThan(4)
  })

  test('stays the same object without an encoding', () => {
    expect(runAtOnce(encodeInSteps(IDENTITY, frames))).toBe(frames)
  })
})
