import { expect, test } from 'vitest'
import { histories, SCOPES } from '../../../../test-support/arbitraries.ts'
import { fc } from '../../../../test-support/fast-check.ts'
import { edit, edited } from '../../../../test-support/project.ts'
import { applyAll } from './apply.ts'
import { partsOfState, stateOfParts } from './checkpoint.ts'
import type { ProjectState } from './state.ts'

const kept = (state: ProjectState) =>
  stateOfParts(JSON.parse(JSON.stringify([...partsOfState(state)])))

test('a state that was kept as JSON is the same, and goes on as the same', () => {
  fc.assert(
    fc.property(histories, fc.nat({ max: 12 }), ({ changes, states }, at) => {
      const place = Math.min(at, changes.length)
      const restored = kept(states[place]!)
      expect(restored).toEqual(states[place])
      expect(applyAll(restored, changes.slice(place))).toEqual(states.at(-1))
    }),
  )
})

test('layers that a kill by tag shares are one object again', () => {
  fc.assert(
    fc.property(histories, ({ states }) => {
      const state = states.at(-1)!
      const killed = { at: '2026-11-26T08:00:00Z', by: 'bo', reason: '' }
      const kill = { key: 'kill-1', flags: [...state.flags.keys()], scopes: [...SCOPES], killed }
      const restored = kept(edited(state, edit('kill', 'kill-1', kill)))
      const alone = [...restored.flags.values()]
        .flatMap(({ layers }) => Object.values(layers))
        .filter((layer) => Object.keys(layer).length === 1 && layer.killed?.by === 'bo')
      expect(new Set(alone).size).toBeLessThan(2)
    }),
    { numRuns: 20 },
  )
})
