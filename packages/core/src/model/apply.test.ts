import { describe, expect, test } from 'vitest'
import { histories } from '../../../../test-support/arbitraries.ts'
import { fc } from '../../../../test-support/fast-check.ts'
import {
  BASE,
  definition,
  edit,
  edited,
  furnished,
  layer,
  newFlag,
} from '../../../../test-support/project.ts'
import type { Edit } from '../schema/index.ts'
import { parseLayerKey } from '../scope.ts'
import { apply, applyAll, entityOf } from './apply.ts'
import { EMPTY_STATE, entityName, type ProjectState } from './state.ts'

const withFlag = edited(furnished(), ...newFlag('f'), ...newFlag('g'))

describe('apply', () => {
  test('stores the entities of any change under their names', () => {
    fc.assert(
      fc.property(histories, ({ changes, states }) => {
        for (const [i, change] of changes.entries()) {
          const state = states[i + 1]!
          expect(state.version).toBe(change.seq)
          for (const one of change.edits) {
            expect(state.editedAt.get(entityName(one))).toBe(change.seq)
            expect(entityOf(state, one.kind, one.key)).toEqual(keptOf(one, state))
          }
        }
      }),
    )
  })

  test('does not modify the previous state', () => {
    fc.assert(
      fc.property(histories, ({ changes, states }) => {
        let state = EMPTY_STATE
        const seen = states.map((one) => JSON.stringify(plain(one)))
        for (const change of changes) state = apply(state, change)
        expect(states.map((one) => JSON.stringify(plain(one)))).toEqual(seen)
        expect(plain(state)).toEqual(plain(states.at(-1)!))
      }),
    )
  })

  test('shares all entities outside the change', () => {
    fc.assert(
      fc.property(histories, ({ changes, states }) => {
        for (const [i, { edits }] of changes.entries()) {
          const named = new Set(edits.map(touchedEntity))
          for (const [name, entity] of entities(states[i]!))
            expect(named.has(name) || entities(states[i + 1]!).get(name) === entity).toBe(true)
        }
      }),
    )
  })

  test('shares whole collections outside the change', () => {
    const next = edited(withFlag, layer('f', 'production', { on: false }))

    for (const name of ['environments', 'instances', 'segments', 'apiKeys', 'project'] as const)
      expect(next[name]).toBe(withFlag[name])
    expect(next.flags.get('g')).toBe(withFlag.flags.get('g'))
    expect(next.flags.get('f')).not.toBe(withFlag.flags.get('f'))
  })

  test('keeps the layers of a flag whose definition is replaced', () => {
    const next = edited(withFlag, edit('flag', 'f', definition('f', { description: 'new' })))

    expect(next.flags.get('f')).toEqual({
      ...definition('f', { description: 'new' }),
      layers: { '*': BASE },
    })
  })

  test('does not restore the layers of a flag that is deleted and created again', () => {
    const next = edited(
      edited(withFlag, edit('flag', 'f', null)),
      edit('flag', 'f', definition('f')),
    )

    expect(next.flags.get('f')!.layers).toEqual({})
  })

  test('removes a layer and leaves the others', () => {
    const two = edited(withFlag, layer('f', 'production', { on: false }))

    expect(edited(two, layer('f', 'production', null)).flags.get('f')!.layers).toEqual({
      '*': BASE,
    })
  })

  test('keeps the last edit of deleted entities', () => {
    const next = edited(withFlag, edit('segment', 'staff', null))

    expect(next.segments.has('staff')).toBe(false)
    expect(next.editedAt.get('segment:staff')).toBe(next.version)
  })

  test.for([
    ['a layer of a missing flag', layer('gone', 'production', BASE)],
    ['a layer whose key names no scope', edit('layer', 'f', BASE)],
    ['a layer whose key starts like a flag', edit('layer', 'fx', BASE)],
    ['the removal of a missing flag', edit('flag', 'gone', null)],
    ['the removal of a missing layer', layer('f', 'staging', null)],
    ['the removal of a missing segment', edit('segment', '__proto__', null)],
  ] as const)('changes no entity for %s', ([, one]) => {
    const next = edited(withFlag, one)

    expect(entities(next)).toEqual(entities(withFlag))
    expect(entityOf(next, one.kind, one.key)).toBeNull()
  })

  test('keeps a layer whose scope is a name that every object inherits', () => {
    const next = edited(withFlag, layer('f', '__proto__', BASE))

    expect(Object.keys(next.flags.get('f')!.layers)).toEqual(['*', '__proto__'])
    expect(entityOf(next, 'layer', 'f@__proto__')).toEqual(BASE)
    expect(entityOf(withFlag, 'layer', 'f@__proto__')).toBeNull()
    expect(entityOf(withFlag, 'layer', 'f@constructor')).toBeNull()
  })
})

describe('applyAll', () => {
  test('returns the state after applying the changes one by one', () => {
    fc.assert(
      fc.property(histories, fc.nat({ max: 12 }), ({ changes, states }, from) => {
        const start = Math.min(from, changes.length)
        const replayed = applyAll(states[start]!, changes.slice(start))
        expect(plain(replayed)).toEqual(plain(states.at(-1)!))
      }),
    )
  })
})

/** `apply` drops the layer of a missing flag. */
function keptOf({ kind, key, after }: Edit, state: ProjectState): Edit['after'] {
  return kind === 'layer' && !state.flags.has(parseLayerKey(key).flag) ? null : after
}

function touchedEntity({ kind, key }: Edit): string {
  return kind === 'layer' ? `flag:${parseLayerKey(key).flag}` : `${kind}:${key}`
}

function entities(state: ProjectState): ReadonlyMap<string, unknown> {
  const { environments, instances, flags, segments, apiKeys } = state
  const collections = {
    environment: environments,
    instance: instances,
    flag: flags,
    segment: segments,
  }
  return new Map(
    Object.entries({ ...collections, apiKey: apiKeys }).flatMap(([kind, map]) =>
      [...map].map(([key, entity]) => [`${kind}:${key}`, entity] as const),
    ),
  )
}

function plain(state: ProjectState) {
  const { project, version, editedAt } = state
  const byName = ([a]: readonly [string, unknown], [b]: readonly [string, unknown]) =>
    a < b ? -1 : 1
  return {
    project,
    version,
    editedAt: [...editedAt].sort(byName),
    entities: [...entities(state)].sort(byName),
  }
}
