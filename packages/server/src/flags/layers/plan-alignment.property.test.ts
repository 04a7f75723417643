import { isFlaghoistError } from '@flaghoist/core'
import {
  instanceOf,
  isWithin,
  ownConfiguration,
  type ProjectState,
  resolveLayers,
} from '@flaghoist/core/model'
import { expect, test } from 'vitest'
import { fc } from '../../../../../test-support/fast-check.ts'
import { edit, edited, PROJECT } from '../../../../../test-support/project.ts'
import { FLAG, SCOPES, servedIn, states } from '../../../../../test-support/served-layers.ts'
import { completeFew } from '../../projects/checks.ts'
import { planAlignment } from './plan-alignment.ts'

const scopes = fc.constantFrom(...SCOPES)
const retired = fc.option(fc.constantFrom('acme', 'globex'), { freq: 4 })
const cases = fc.tuple(states, retired, scopes, scopes)

function retire(state: ProjectState, key: string | null): ProjectState {
  const instance = state.instances.get(key ?? '')
  if (instance === undefined) return state
  return edited(state, edit('instance', instance.key, { ...instance, status: 'retired' }))
}

/** Plans an alignment; the message of its refusal instead. */
function plan(state: ProjectState, scope: string, reference: string) {
  try {
    return planAlignment(state, { project: PROJECT, flag: FLAG, scope, reference })
  } catch (error) {
    if (isFlaghoistError(error) && error.code === 'CANNOT_ALIGN') return error.message
    throw error
  }
}

const layersOf = (state: ProjectState) => state.flags.get(FLAG)!.layers
const killsOf = (state: ProjectState) =>
  Object.entries(layersOf(state)).flatMap(([scope, { killed }]) => (killed ? [scope, killed] : []))

/** Everything that a scope serves, and the salts of its shares. */
function configurationIn(state: ProjectState, scope: string) {
  const { revision: _, ...configuration } = ownConfiguration(state, state.flags.get(FLAG)!, scope)
  return configuration
}

test('makes a scope serve as its reference does, and changes nothing else', () => {
  let aligned = 0
  fc.assert(
    fc.property(cases, ([random, instance, scope, reference]) => {
      const before = retire(random, instance)
      const planned = plan(before, scope, reference)
      if (typeof planned === 'string') return
      const after = edited(before, ...completeFew(before, planned))
      aligned += planned.length

      const wanted = servedIn(before, reference)
      expect(servedIn(after, scope)).toBe(wanted)
      expect(servedIn(after, reference)).toBe(wanted)
      expect(planned.length === 0).toBe(servedIn(before, scope) === wanted)
      expect(plan(after, scope, reference)).toEqual([])
      for (const other of SCOPES.filter((one) => !isWithin(one, scope)))
        expect(configurationIn(after, other)).toEqual(configurationIn(before, other))
      expect(killsOf(after)).toEqual(killsOf(before))
      expect({ ...layersOf(after), [scope]: undefined }).toEqual({
        ...layersOf(before),
        [scope]: undefined,
      })
    }),
    { numRuns: 1_000 },
  )
  // The property was put to the test: about 200 cases need an edit and allow it.
  expect(aligned).toBeGreaterThan(100)
})

/** The reasons for which an alignment may be refused, each with the words of its message. */
function obstaclesIn(state: ProjectState, scope: string, reference: string): readonly RegExp[] {
  const flag = state.flags.get(FLAG)!
  const both = [scope, reference]
  const { off, rules = [] } = resolveLayers(flag, reference).configuration
  const isKilled = both.some((one) => resolveLayers(flag, one).configuration.killed)
  const isRetired = both.some(
    (one) => state.instances.get(instanceOf(one) ?? '')?.status === 'retired',
  )
  if (isKilled) return [/is killed/]
  if (isRetired) return [/is retired/]
  const readsInstance = rules.some(({ when }) =>
    when.flat().some(({ attribute }) => attribute === 'instance'),
  )
  return [...(readsInstance ? [/read the instance/] : []), ...(off === '' ? [/sets "off"/] : [])]
}

test('is refused only for a kill, a retirement, a rule on the instance or a missing variant', () => {
  fc.assert(
    fc.property(cases, ([random, instance, scope, reference]) => {
      const state = retire(random, instance)
      const planned = plan(state, scope, reference)
      if (typeof planned !== 'string') return
      const obstacles = obstaclesIn(state, scope, reference)
      expect({ planned, obstacles, isNamed: obstacles.some((one) => one.test(planned)) }).toEqual({
        planned,
        obstacles,
        isNamed: true,
      })
    }),
    { numRuns: 1_000 },
  )
})
