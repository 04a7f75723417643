import { describe, expect, test } from 'vitest'
import { isReached, parseCursor } from './cursor.ts'

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
