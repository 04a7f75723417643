import { evaluate, type JsonValue, prepare } from '@flaghoist/core'
import { compile, type ProjectState } from '@flaghoist/core/model'
import { expect, test } from 'vitest'
import { contexts } from '../../../../test-support/arbitraries.ts'
import { fc } from '../../../../test-support/fast-check.ts'
import { givenShop, outcomeOf, writeOf } from '../../test/shop.ts'
import { createFlag } from './plan.ts'
import type { FlagInput } from './schemas.ts'

const SCOPES = ['production', 'production/acme', 'staging', 'staging/globex']

/** New flags of each type, with the fallbacks that callers may have. */
const created = fc.oneof(
  // Callers of a boolean flag whose fallback is `true` are the exception: it starts as `false`.
  flagsOf('boolean', fc.boolean(), fc.constant(false)),
  flagsOf('string', fc.string()),
  flagsOf('number', fc.double({ noNaN: true, noDefaultInfinity: true })),
  flagsOf('json', fc.jsonValue({ maxDepth: 2 }) as fc.Arbitrary<JsonValue>, fc.constant(null)),
)

test('the creation of a flag of any type changes no answer in any scope', async () => {
  await fc.assert(
    fc.asyncProperty(created, contexts, async ({ input, fallback }, context) => {
      const { projects } = await givenShop()
      const answers = (state: ProjectState) =>
        SCOPES.flatMap((scope) =>
          (['server', 'client'] as const).map((audience) => {
            const ruleset = compile(state, { scope, audience, epoch: 'e1' })
            return evaluate(prepare(ruleset), input.key, context, fallback).value
          }),
        )
      const before = answers(projects.get('shop').state)

      const [, caller] = writeOf([])
      const { state } = outcomeOf(await projects.commit(createFlag('shop', input), caller))

      expect(state.flags.has(input.key)).toBe(true)
      expect(answers(state)).toEqual(before)
      expect(before).toEqual(before.map(() => fallback))
    }),
  )
})

function flagsOf(
  type: FlagInput['type'],
  values: fc.Arbitrary<JsonValue>,
  fallbacks = values,
): fc.Arbitrary<{ input: FlagInput; fallback: JsonValue }> {
  const variants = fc
    .array(values, { minLength: 1, maxLength: 3 })
    .map((all) => all.map((value, i) => ({ key: `v${i}`, value: value as string })))
  return fc
    .record({ variants, clientVisible: fc.boolean(), fallback: fallbacks })
    .filter((one) => type !== 'boolean' || one.variants.some(({ value }) => !value))
    .map(({ fallback, ...rest }) => ({ input: { key: 'fresh', type, ...rest }, fallback }))
}
