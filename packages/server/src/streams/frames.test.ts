import { describe, expect, test } from 'vitest'
import { isReached, parseCursor, patchFrame, retryFrame } from './frames.ts'

const patch = { epoch: 'e1', from: 4, to: 5, flags: {}, segments: {} }

describe('a cursor', () => {
  test.for([
    ['e1.7', { epoch: 'e1', version: 7 }],
    ['0.0', { epoch: '0', version: 0 }],
    [undefined, undefined],
    ['', undefined],
    ['7', undefined],
    ['e1.', undefined],
    ['.7', undefined],
    ['e1.-7', undefined],
    ['e1.7.8', undefined],
    ['E1.7', undefined],
    ['e1.7\n', undefined],
    [`e1.${'9'.repeat(16)}`, undefined],
    [`${'e'.repeat(65)}.7`, undefined],
  ] as const)('reads "%s" as %o', ([text, cursor]) => {
    expect(parseCursor(text)).toEqual(cursor)
  })

  test.for([
    [{ epoch: 'e1', version: 7 }, true],
    [{ epoch: 'e1', version: 6 }, true],
    [{ epoch: 'e1', version: 8 }, false],
    [{ epoch: 'e2', version: 6 }, false],
  ] as const)('%o is reached by version 7 of e1: %s', ([cursor, reached]) => {
    expect(isReached(cursor, { epoch: 'e1', version: 7 })).toBe(reached)
  })
})

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
    const text = patchFrame({ ...patch, flags }).toString()
    const data = JSON.stringify({ ...patch, flags })
    expect(text).toBe(`event: patch\nid: e1.5\ndata: ${data}\n\n`)
    expect(data).not.toMatch(/[\r\n]/)
  })

  test('is the same bytes for all that a change does not concern', () => {
    const frame = patchFrame({ ...patch })
    expect(patchFrame({ ...patch })).toBe(frame)
    expect(patchFrame({ ...patch, from: 3 }).toString()).toContain('"from":3')
    expect(patchFrame({ ...patch, epoch: 'e2' }).toString()).toContain('id: e2.5')
    expect(patchFrame({ ...patch, segments: { staff: null } }).toString()).toContain('staff')
  })

  test('asks to come back after whole milliseconds', () => {
    expect(retryFrame(1_234.56).toString()).toBe('retry: 1235\n\n')
  })
})
