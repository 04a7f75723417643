import { describe, expect, test } from 'vitest'
import { valuesOf, valuesText } from './clause-values.ts'
import { addClause, isComplete, withClause } from './condition.ts'

describe('a condition', () => {
  test('loses a group with its last clause', () => {
    const pro = [[{ attribute: 'plan', op: 'in' as const, values: ['pro'] }]]
    const when = addClause(addClause(pro, 0), 1)
    expect(when.map((group) => group.length)).toEqual([2, 1])
    expect(withClause(when, [1, 0])).toEqual([when[0]])
    expect(isComplete({ when })).toBe(false)
    expect(isComplete({ when: [] })).toBe(true)
  })
})

describe('values of a clause', () => {
  test('are numbers and booleans unless they stand in quotes', () => {
    expect(valuesOf('pro\n42\n"42"\ntrue\n\n a, b ', 'in')).toEqual(['pro', 42, '42', true, 'a, b'])
    expect(valuesOf('42\n"43"', 'startsWith')).toEqual(['42', '43'])
  })

  test('are read as they were written', () => {
    const values = ['pro', '42', 42, 'true', false, '', '"quoted"', '1.2.3']
    expect(valuesOf(valuesText(values), 'in')).toEqual(values)
  })
})
