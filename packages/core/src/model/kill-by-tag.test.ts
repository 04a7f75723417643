import { describe, expect, test } from 'vitest'
import { AUDIENCES, SCOPES, validStates } from '../../../../test-support/arbitraries.ts'
import { fc } from '../../../../test-support/fast-check.ts'
import { edit, edited, furnished, layer, newFlag } from '../../../../test-support/project.ts'
import type { Edit, KillByTag } from '../schema/index.ts'
import { EVERYWHERE, layerKey } from '../scope.ts'
import { compile } from './compile/compile.ts'
import { layerOf } from './layers.ts'
import { revisionIn } from './revisions.ts'
import type { ProjectState } from './state.ts'

const killed = { at: '2026-11-26T08:00:00Z', by: 'bo', reason: 'Payments fail' }
const KEY = 'kill-1'

const given = validStates.chain((state) =>
  fc.record({
    state: fc.constant(state),
    flags: fc.subarray([...state.flags.keys()], { minLength: Math.min(1, state.flags.size) }),
    scopes: fc.subarray([EVERYWHERE, ...SCOPES], { minLength: 1 }),
  }),
)

const kill = (state: ProjectState, parts: Pick<KillByTag, 'flags' | 'scopes'>) =>
  edited(state, edit('kill', KEY, { key: KEY, ...parts, killed }))

const restore = (state: ProjectState) => edited(state, edit('kill', KEY, null))

/** The edits of layers that a kill by tag stands for. */
function layerEdits(state: ProjectState, { flags, scopes }: Pick<KillByTag, 'flags' | 'scopes'>) {
  return flags.flatMap((flag) =>
    scopes.flatMap((scope): Edit[] => {
      const own = layerOf(state.flags.get(flag)!, scope)
      return own?.killed ? [] : [layer(flag, scope, { ...own, killed })]
    }),
  )
}

/** Everything that depends on the layers of flags. */
function served(state: ProjectState) {
  const scopes = [EVERYWHERE, ...SCOPES]
  return {
    flags: state.flags,
    allocations: state.flagAllocations,
    pastServes: state.pastServes,
    revisions: [...state.flagRevisions].map(([flag, revisions]) => [
      flag,
      scopes.map((scope) => revisionIn(revisions, scope)),
    ]),
    rulesets: AUDIENCES.flatMap((audience) =>
      SCOPES.map((scope) => compile(state, { scope, audience, epoch: 'e1' })),
    ),
  }
}

describe('a kill by tag', () => {
  test('is the edits of all layers that it stands for', () => {
    fc.assert(
      fc.property(given, ({ state, ...parts }) => {
        const one = kill(state, parts)
        const many = edited(state, ...layerEdits(state, parts))
        expect(served(one)).toEqual(served(many))
      }),
      { numRuns: 60 },
    )
  })

  test('ends in every layer that still has it, and leaves the others as they are', () => {
    fc.assert(
      fc.property(given, ({ state, ...parts }) => {
        const before = kill(state, parts)
        const edits = layerEdits(state, parts).map(({ key }) => {
          const [flag, scope] = key.split('@') as [string, string]
          return layer(flag, scope, layerOf(state.flags.get(flag)!, scope) ?? null)
        })
        expect(served(restore(before))).toEqual(served(edited(before, ...edits)))
      }),
      { numRuns: 60 },
    )
  })

  test('does not end where a flag was restored and killed again', () => {
    const again = { ...killed, at: '2026-11-26T09:00:00Z' }
    const shop = edited(furnished(), ...newFlag('a'), ...newFlag('b'))
    const scopes = ['production/acme', 'production/globex']
    const state = edited(
      kill(shop, { flags: ['a', 'b'], scopes }),
      layer('a', 'production/acme', { killed: again }),
      layer('b', 'production/globex', null),
    )

    const after = restore(state)

    expect(Object.keys(after.flags.get('a')!.layers)).toEqual([EVERYWHERE, 'production/acme'])
    expect(after.flags.get('a')!.layers['production/acme']).toEqual({ killed: again })
    expect(after.flags.get('b')).toEqual(shop.flags.get('b'))
  })

  test('moves the versions of the flags that it changes alone', () => {
    const shop = edited(furnished(), ...newFlag('a'), ...newFlag('b'), ...newFlag('c'))
    const first = edited(shop, layer('b', 'production', { killed }))

    const { editedAt, version } = kill(first, { flags: ['a', 'b'], scopes: ['production'] })

    expect(editedAt.get('flag:a')).toBe(version)
    expect(editedAt.get('flag:b')).toBeLessThan(version)
    expect(editedAt.get('flag:c')).toBeLessThan(version)
    expect(editedAt.get(`layer:${layerKey('a', 'production')}`)).toBeUndefined()
  })
})
