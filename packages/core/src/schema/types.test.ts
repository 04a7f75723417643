import { describe, expectTypeOf, test } from 'vitest'
import type { z } from 'zod'
import type * as wire from '../ruleset/wire.ts'
import type * as schema from './index.ts'

/** A type with readonly members throughout; the recursive JSON type becomes a literal. */
type Readonlike<T> = [string | number | boolean | null] extends [T]
  ? 'JSON'
  : T extends readonly unknown[]
    ? { readonly [K in keyof T]: Readonlike<T[K]> }
    : T extends object
      ? { readonly [K in keyof T]: Readonlike<T[K]> }
      : T

type Inferred<S extends z.ZodType> = Readonlike<z.infer<S>>

// Checked by `tsc -p packages/core/tsconfig.test.json`; at run time these tests do nothing.
describe('the schema of the wire format', () => {
  test('has the types that evaluation reads', () => {
    expectTypeOf<Inferred<typeof schema.Ruleset>>().toEqualTypeOf<Readonlike<wire.Ruleset>>()
    expectTypeOf<Inferred<typeof schema.RulesetFlag>>().toEqualTypeOf<
      Readonlike<wire.RulesetFlag>
    >()
    expectTypeOf<Inferred<typeof schema.RulesetSegment>>().toEqualTypeOf<
      Readonlike<wire.RulesetSegment>
    >()
    expectTypeOf<Inferred<typeof schema.RulesetPatch>>().toEqualTypeOf<
      Readonlike<wire.RulesetPatch>
    >()
    expectTypeOf<Inferred<typeof schema.FlagConfiguration>>().toEqualTypeOf<
      Readonlike<wire.FlagConfiguration>
    >()
  })

  test('has the types of the parts of layers and rulesets', () => {
    expectTypeOf<Inferred<typeof schema.Clause>>().toEqualTypeOf<Readonlike<wire.Clause>>()
    expectTypeOf<Inferred<typeof schema.Rule>>().toEqualTypeOf<Readonlike<wire.Rule>>()
    expectTypeOf<Inferred<typeof schema.Rollout>>().toEqualTypeOf<Readonlike<wire.Rollout>>()
    expectTypeOf<Inferred<typeof schema.Serve>>().toEqualTypeOf<Readonlike<wire.Serve>>()
    expectTypeOf<Inferred<typeof schema.Split>>().toEqualTypeOf<Readonlike<wire.Split>>()
    expectTypeOf<Inferred<typeof schema.SplitRange>>().toEqualTypeOf<
      readonly [number, number, string]
    >()
    expectTypeOf<Inferred<typeof schema.Prerequisite>>().toEqualTypeOf<
      Readonlike<wire.Prerequisite>
    >()
    expectTypeOf<Inferred<typeof schema.FlagType>>().toEqualTypeOf<wire.FlagType>()
    expectTypeOf<(typeof schema.OPERATORS)[number]>().toEqualTypeOf<wire.Operator>()
  })

  test('differs from a type with a member more, less or of another kind', () => {
    type Segment = Inferred<typeof schema.RulesetSegment>
    expectTypeOf<Segment>().not.toEqualTypeOf<Readonlike<wire.RulesetSegment & { more?: string }>>()
    expectTypeOf<Segment>().not.toEqualTypeOf<Readonlike<Omit<wire.RulesetSegment, 'salt'>>>()
    expectTypeOf<Segment>().not.toEqualTypeOf<Readonlike<Required<wire.RulesetSegment>>>()
  })
})
