import { describe, expect, test } from 'vitest'
import { fc } from '../../../../test-support/fast-check.ts'
import { allColumns, columnsOf, scopeOf } from './columns.ts'

const keys = fc.uniqueArray(fc.stringMatching(/^[a-z][a-z0-9]{0,5}$/), { maxLength: 60 })

describe('the columns of a grid', () => {
  test('show what people have chosen, in its order, and nothing else', () => {
    const input = keys.chain((environments) =>
      fc.record({
        environments: fc.constant(environments),
        names: fc.shuffledSubarray([...allColumns(environments), 'gone', '@gone']),
      }),
    )
    fc.assert(
      fc.property(input, ({ environments, names }) => {
        const chosen = { names, instances: undefined }
        const options = { environments, instances: [], open: undefined, rows: [], isNarrow: false }
        const [flag, ...columns] = columnsOf({ ...options, chosen })

        expect(flag).toEqual({ kind: 'flag' })
        expect(columns.map((column) => scopeOf(column) ?? `@${column.kind}`)).toEqual(
          names.filter((name) => !name.endsWith('gone')),
        )
      }),
    )
  })

  test('read the cells of an instance at its position, whatever instances are chosen', () => {
    const input = keys.chain((instances) =>
      fc.record({
        instances: fc.constant(instances),
        chosen: fc.option(fc.subarray(instances), { nil: undefined }),
      }),
    )
    fc.assert(
      fc.property(input, ({ instances, chosen }) => {
        const columns = columnsOf({
          environments: ['production'],
          instances,
          chosen: { names: undefined, instances: chosen },
          open: 'production',
          rows: [],
          isNarrow: false,
        })
        const shown = columns.flatMap((column) => (column.kind === 'instance' ? column : []))

        expect(shown).toHaveLength(Math.min(50, (chosen ?? instances).length))
        for (const { instance, position } of shown) expect(instances[position - 1]).toBe(instance)
      }),
    )
  })
})
