import { describe, expect, test } from 'vitest'
import { fc } from '../../../../../test-support/fast-check.ts'
import type { MatrixRow } from '../../matrix/matrix-requests.ts'
import { bulkTargets, editsOf, selectionText, withLayer } from './bulk-edit.ts'

const flag = fc.constantFrom('banner', 'checkout', 'search')
const scope = fc.constantFrom('staging', 'production', 'production/acme')
const selected = fc.array(fc.record({ flag, scope: fc.option(scope, { nil: undefined }) }))

describe('the targets of a selection', () => {
  test('have each flag in each scope once, and whole flags in the chosen scopes', () => {
    fc.assert(
      fc.property(selected, fc.uniqueArray(scope), (targets, scopes) => {
        const names = bulkTargets(targets, scopes).map((one) => `${one.flag}@${one.scope}`)
        const wanted = targets.flatMap((one) =>
          (one.scope === undefined ? scopes : [one.scope]).map((place) => `${one.flag}@${place}`),
        )
        expect(names).toEqual([...new Set(wanted)].sort())
      }),
    )
  })

  test('are counted in words', () => {
    const cells = [
      { flag: 'banner', scope: 'staging' },
      { flag: 'banner', scope: 'production' },
    ]
    expect(selectionText(cells)).toBe('2 cells of 1 flag')
    expect(selectionText([{ flag: 'search' }, ...cells])).toBe('1 flag and 2 cells of 1 flag')
  })

  test('inherit only where they have a layer', () => {
    const row = { key: 'banner', own: { production: [0, 2] }, cells: { production: '-++' } }
    const places = ['staging', 'production', 'production/acme', 'production/globex']
    const targets = places.map((place) => ({ flag: 'banner', scope: place }))
    const known = { rows: [row as unknown as MatrixRow], instances: ['acme', 'globex'] }
    expect(withLayer(targets, known).map((target) => target.scope)).toEqual([
      'production',
      'production/globex',
    ])
  })
})

describe('the edits of targets', () => {
  const targets = [
    { flag: 'banner', scope: 'production' },
    { flag: 'theme', scope: 'production' },
  ]
  const variants = new Map([['banner', { on: 'new', off: 'old' }]])

  test.for([
    ['on', { on: true, rollout: null, fallthrough: { variant: 'new' } }, { on: true }],
    ['off', { on: false }, { on: false }],
    ['inherit', null, null],
  ] as const)('of the state "%s" serve the variants of boolean flags', ([state, ...layers]) => {
    expect(editsOf(targets, { state, percent: 25, variants })).toEqual(
      targets.map((target, i) => ({ ...target, layer: layers[i] })),
    )
  })

  test('of a share serve the old variant to all others', () => {
    expect(editsOf(targets.slice(0, 1), { state: 'share', percent: 25, variants })).toEqual([
      {
        ...targets[0],
        layer: {
          on: true,
          rollout: { percent: 25, variant: 'new' },
          fallthrough: { variant: 'old' },
        },
      },
    ])
  })
})
