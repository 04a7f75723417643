import { runAtOnce } from '@flaghoist/core/internal'
import { describe, expect, test } from 'vitest'
import { patchFrame, retryFrame } from './frames.ts'

const patch = { epoch: 'e1', from: 4, to: 5, flags: {}, segments: {} }

describe('a frame', () => {
  test('carries the version that it leads to as its id, and its data on one line', () => {
    const theme = {
      type: 'string',
      variants: { on: 'a\nb\r\u2028' },
      on: true,
      off: 'on',
      fallthrough: { variant: 'on' },
      revision: 1,
    } as const
    const flags = { theme }
    const hash = '5d41402abc4b2a76'
    const text = runAtOnce(patchFrame({ ...patch, flags, hash })).toString()
    const data = JSON.stringify({ ...patch, flags, hash })
    expect(text).toBe(`event: patch\nid: e1.5.${hash}\ndata: ${data}\n\n`)
    expect(data).not.toMatch(/[\r\n]/)
  })

  test('asks to come back after whole milliseconds', () => {
    expect(retryFrame(1_234.56).toString()).toBe('retry: 1235\n\n')
  })
})
