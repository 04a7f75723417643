import { describe, expect, test } from 'vitest'
import {
  AUDIENCES,
  contexts,
  histories,
  layers,
  SCOPES,
  states,
  validHistories,
  validStates,
} from '../../../../../test-support/arbitraries.ts'
import { fc } from '../../../../../test-support/fast-check.ts'
import {
  ENVIRONMENTS,
  edit,
  edited,
  INSTANCES,
  layer,
} from '../../../../../test-support/project.ts'
import { evaluate } from '../../evaluate/evaluate.ts'
import { prepare } from '../../evaluate/prepare.ts'
import { diff } from '../../ruleset/diff.ts'
import { patch } from '../../ruleset/patch.ts'
import type { JsonValue, Ruleset } from '../../ruleset/wire.ts'
import { Ruleset as RulesetSchema } from '../../schema/index.ts'
import { buildScope, parseScope } from '../../scope.ts'
import type { Audience, ProjectState } from '../state.ts'
import { compile, createCompiler } from './compile.ts'

const TARGETS = SCOPES.flatMap((scope) =>
  AUDIENCES.map((audience) => ({ scope, audience, epoch: 'e1' })),
)

const compiled = (state: ProjectState, scope: string, audience: Audience) =>
  compile(state, { scope, audience, epoch: 'e1' })

const withoutVersion = ({ version: _, ...ruleset }: Ruleset) => JSON.stringify(ruleset)

describe('compile, for any changes', () => {
  test('returns the same bytes incrementally, from scratch, and by patches', () => {
    fc.assert(
      fc.property(histories, ({ states: all }) => {
        for (const target of TARGETS) {
          const compiler = createCompiler(target)
          let held: Ruleset | undefined
          for (const state of all) {
            const remembered = compiler(state)
            const once = JSON.stringify(compile(state, target))
            held = held === undefined ? remembered : patch(held, diff(held, remembered))
            expect(JSON.stringify(remembered)).toBe(once)
            expect(JSON.stringify(held)).toBe(once)
          }
        }
      }),
    )
  })

  test('sends no edits of one instance to another', () => {
    const edits = fc.array(
      fc.tuple(
        fc.constantFrom('10', '2', 'constructor', 'new-checkout', 'price'),
        fc.constantFrom(
          'production/globex',
          'staging/globex',
          'staging/acme',
          'staging',
          'production/10',
        ),
        fc.option(layers),
      ),
      { minLength: 1, maxLength: 8 },
    )
    fc.assert(
      fc.property(states, edits, (before, others) => {
        const after = edited(
          before,
          ...others.map(([flag, scope, one]) => layer(flag, scope, one)),
          edit('instance', 'globex', null),
        )
        for (const audience of AUDIENCES)
          expect(withoutVersion(compiled(after, 'production/acme', audience))).toBe(
            withoutVersion(compiled(before, 'production/acme', audience)),
          )
      }),
      { numRuns: 300 },
    )
  })
})

describe('compile, for any valid state', () => {
  test('returns rulesets with exactly the members of the schema', () => {
    fc.assert(
      fc.property(validHistories, ({ states: all }) => {
        // zod drops a member of this name from the JSON values of variants, which are data and may
        // have it.
        const hasSuchValue = JSON.stringify([...all.at(-1)!.flags.values()]).includes('__proto__')
        fc.pre(!hasSuchValue)
        for (const { scope, audience } of TARGETS) {
          const ruleset = compiled(all.at(-1)!, scope, audience)
          expect(RulesetSchema.parse(ruleset)).toEqual(ruleset)
        }
      }),
    )
  })

  test('returns rulesets without broken flags and missing references', () => {
    fc.assert(
      fc.property(validHistories, ({ states: all }) => {
        for (const { scope, audience } of TARGETS) {
          const ruleset = compiled(all.at(-1)!, scope, audience)
          expect(prepare(ruleset).broken).toEqual(new Map())
          expect(missingFrom(ruleset)).toEqual([])
        }
      }),
    )
  })

  test('returns rulesets of an instance that compare `instance` with no name', () => {
    fc.assert(
      fc.property(validStates, fc.constantFrom(...INSTANCES), (state, instance) => {
        for (const audience of AUDIENCES) {
          const { flags, segments } = compiled(state, `production/${instance}`, audience)
          const conditions = [
            ...Object.values(flags).flatMap(({ rules = [] }) => rules),
            ...Object.values(segments),
          ]
          const named = conditions
            .flatMap(({ when }) => when.flat())
            .filter(({ attribute, op }) => attribute === 'instance' && op !== 'segment')
            .flatMap(({ values }) => values)
          expect(named).toEqual([])
        }
      }),
      { numRuns: 300 },
    )
  })

  test('returns the same resolutions for clients and servers', () => {
    fc.assert(
      fc.property(validStates, contexts, fc.constantFrom(...SCOPES), (state, context, scope) => {
        const { environment, instance = 'acme' } = parseScope(scope)
        const place = buildScope(environment, instance)
        const server = prepare(compiled(state, place, 'server'), { now: () => 1 })
        const client = prepare(compiled(state, place, 'client'), { now: () => 1 })
        for (const key of Object.keys(client.ruleset.flags)) {
          const fallback = fallbackFor(client.ruleset, key)
          expect(evaluate(client, key, context, fallback)).toEqual(
            evaluate(server, key, context, fallback),
          )
        }
      }),
      { numRuns: 300 },
    )
  })

  test('returns the same resolutions for an instance and for its environment with that instance in the context', () => {
    const places = fc.record({
      stage: fc.constantFrom(...ENVIRONMENTS),
      instance: fc.constantFrom(...INSTANCES),
    })
    fc.assert(
      fc.property(validStates, contexts, places, (state, context, { stage, instance }) => {
        const wide = prepare(compiled(state, stage, 'server'), { now: () => 1 })
        const own = prepare(compiled(state, `${stage}/${instance}`, 'server'), { now: () => 1 })
        for (const key of Object.keys(own.ruleset.flags)) {
          const fallback = fallbackFor(own.ruleset, key)
          const told = evaluate(wide, key, { ...context, instance }, fallback)
          const asked = evaluate(own, key, { ...context, instance: 'someone-else' }, fallback)
          expect({ ...told, reason: withoutStatic(told.reason) }).toEqual({
            ...asked,
            reason: withoutStatic(asked.reason),
          })
        }
      }),
      { numRuns: 300 },
    )
  })
})

/**
 * A ruleset with several instances has other reasons: its flags depend on the context.
 */
const withoutStatic = (reason: string) => (reason === 'STATIC' ? 'DEFAULT' : reason)

/** A default of the flag's own type. */
function fallbackFor({ flags }: Ruleset, key: string): JsonValue {
  return { boolean: false, string: '', number: 0, json: null }[flags[key]!.type]
}

/** The named segments and prerequisites that are missing. */
function missingFrom({ flags, segments }: Ruleset): readonly string[] {
  return Object.values(flags).flatMap((flag) => {
    const configurations = [flag, ...Object.values(flag.instances ?? {})]
    const named = configurations.flatMap(({ rules = [], rollout }) => [
      ...(rollout?.segments ?? []),
      ...rules
        .flatMap(({ when }) => when.flat())
        .filter(({ op }) => op === 'segment')
        .flatMap(({ values }) => values.map(String)),
    ])
    return [
      ...named.filter((key) => !Object.hasOwn(segments, key)),
      ...(flag.prerequisites ?? [])
        .map((one) => one.flag)
        .filter((key) => !Object.hasOwn(flags, key)),
    ]
  })
}
