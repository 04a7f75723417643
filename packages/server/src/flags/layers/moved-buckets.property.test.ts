import type { ProjectState } from '@flaghoist/core/model'
import { expect, test } from 'vitest'
import { SCOPES, validHistories } from '../../../../../test-support/arbitraries.ts'
import { fc } from '../../../../../test-support/fast-check.ts'
import { cellsIn } from '../../matrix/flag-cells.ts'
import { movedBucketsOf } from './moved-buckets.ts'

const history = validHistories.map(({ states }) => states.filter(({ version }) => version > 0))

/** Returns a state in which no two scopes of a flag have the same object as their layers. */
function withOwnLayers(state: ProjectState): ProjectState {
  const flags = [...state.flags].map(([key, flag]) => [key, structuredClone(flag)] as const)
  return { ...state, flags: new Map(flags) }
}

/** Returns a state in which equal layers of a flag are the same object, as after a kill by tag. */
function withSharedLayers(state: ProjectState): ProjectState {
  const flags = [...state.flags].map(([key, flag]) => {
    const shared = new Map<string, (typeof flag.layers)[string]>()
    const layers = Object.entries(flag.layers).map(([scope, layer]) => {
      const text = JSON.stringify(layer)
      if (!shared.has(text)) shared.set(text, layer)
      return [scope, shared.get(text)!] as const
    })
    return [key, { ...flag, layers: Object.fromEntries(layers) }] as const
  })
  return { ...state, flags: new Map(flags) }
}

test('scopes that share a layer move the buckets that each of them would move alone', () => {
  fc.assert(
    fc.property(history, (states) => {
      for (const [i, after] of states.entries()) {
        const before = states[i - 1]
        for (const key of after.flags.keys()) {
          if (!before?.flags.has(key)) continue
          const shared = movedBucketsOf([withSharedLayers(before), withSharedLayers(after)], key)
          for (const scope of SCOPES)
            expect(shared(scope)).toBe(movedBucketsOf([before, after], key)(scope))
        }
      }
    }),
  )
})

test('scopes that share a layer have the cells that each of them would have alone', () => {
  fc.assert(
    fc.property(history, (states) => {
      for (const state of states)
        for (const environment of state.environments.keys()) {
          const [shared, own] = [withSharedLayers(state), withOwnLayers(state)].map((one) =>
            [...one.flags.values()].map((flag) => cellsIn(one, flag, environment)),
          )
          expect(shared).toEqual(own)
        }
    }),
  )
})
