import { readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import type {
  EvaluationContext,
  JsonValue,
  ResolutionDetails,
  Ruleset,
  RulesetPatch,
} from '../packages/core/src/index.ts'

/** The operations of an SDK that the conformance cases exercise. */
export interface ConformanceAdapter {
  murmur3(text: string, seed: number): number
  bucketOf(salt: string, unit: string): number
  hashIdentifier(salt: string, text: string): string
  isSampled(hash: string, oneIn: number): boolean
  evaluate(ruleset: Ruleset, question: Question): ResolutionDetails
  /** The ruleset behind a patch; undefined for a patch that is refused. */
  patch(ruleset: Ruleset, change: RulesetPatch): Ruleset | undefined
  digest(ruleset: Ruleset): string
}

export interface Question {
  readonly flag: string
  readonly context: EvaluationContext
  readonly fallback: JsonValue
  /** The clock, epoch ms. */
  readonly now: number
}

/**
 * Cases that an SDK is known to fail: `operators.json: name of the case` → reason. A suppressed
 * case has to fail, so that no entry outlives its reason.
 */
export type Suppressions = Readonly<Record<string, string>>

interface Case<Expected = JsonValue> {
  readonly name: string
  readonly expected: Expected
}

interface Cases<C extends Case<unknown>> {
  readonly specVersion: number
  readonly cases: readonly C[]
}

type HashCase = Case<{ hash: number; bucket?: number; seed?: number }> &
  ({ text: string; seed: number } | { salt: string; unit: string })
type IdentifierCase = Case<string> & { salt: string; text: string }
type SampleCase = Case<boolean> & { salt: string; unit: string; oneIn: number }
type SplitCase = Case<string> & { split: JsonValue; unit: string }
type ClauseCase = Case<boolean> & Situation & { clause: JsonValue }
type SegmentCase = Case<boolean> & Situation & { segment: JsonValue }
type PatchCase = Case<Partial<Ruleset> | null> & { ruleset: string; patch: RulesetPatch }
type DigestCase = Case<string> & { ruleset: Ruleset }
type EvaluationCase = Case<ResolutionDetails> &
  Situation & { ruleset: string; flag: string; default: JsonValue }

interface Situation {
  readonly context: EvaluationContext
  readonly now?: number
  readonly scope?: string
}

interface WithRuleset {
  readonly ruleset: Ruleset
}

interface WithRulesets {
  readonly rulesets: Readonly<Record<string, Ruleset>>
}

/** Registers every case of `conformance/` as a test of the adapter, under the name of the case. */
export function describeConformance(
  name: string,
  adapter: ConformanceAdapter,
  suppressions: Suppressions = {},
): void {
  const registrar = createRegistrar(suppressions)

  describe(`conformance of ${name}`, () => {
    hashCases(adapter, registrar)
    placeCases(adapter, registrar)
    evaluationCases(adapter, registrar)
    rulesetCases(adapter, registrar)
    test('suppresses only cases that exist', () => {
      expect(Object.keys(suppressions).filter((key) => !registrar.known.has(key))).toEqual([])
    })
  })
}

type Check<C, Shared> = (item: C, shared: Shared) => void
type Register = <C extends Case<unknown>, Shared>(file: string, check: Check<C, Shared>) => void

interface Registrar {
  readonly known: ReadonlySet<string>
  readonly register: Register
}

function createRegistrar(suppressions: Suppressions): Registrar {
  const known = new Set<string>()
  const register: Register = <C extends Case<unknown>, Shared>(
    file: string,
    check: Check<C, Shared>,
  ) => {
    const content = readCases<C, Shared>(file)

    describe(file, () => {
      for (const item of content.cases) {
        const key = `${file}: ${item.name}`
        known.add(key)
        const run = Object.hasOwn(suppressions, key) ? test.fails : test
        run(item.name, () => check(item, content))
      }
    })
  }
  return { known, register }
}

function readCases<C extends Case<unknown>, Shared>(file: string): Cases<C> & Shared {
  // Parsed here, not imported: a bundler would write `__proto__` as a member of an object literal.
  const text = readFileSync(new URL(`../conformance/${file}`, import.meta.url), 'utf8')
  const content: Cases<C> & Shared = JSON.parse(text) // The generator guarantees the shape.
  if (content.specVersion !== 1) throw new Error(`${file} is of version ${content.specVersion}.`)
  return content
}

function hashCases(adapter: ConformanceAdapter, { register }: Registrar): void {
  register<HashCase, object>('bucketing.json', (item) => {
    expect('text' in item ? hashOf(adapter, item) : bucketOf(adapter, item)).toEqual(item.expected)
  })
  register<IdentifierCase, object>('identifiers.json', ({ salt, text, expected }) => {
    expect(adapter.hashIdentifier(salt, text)).toBe(expected)
  })
  register<SampleCase, object>('samples.json', ({ salt, unit, oneIn, expected }) => {
    expect(adapter.isSampled(adapter.hashIdentifier(salt, unit), oneIn)).toBe(expected)
  })
}

function hashOf(adapter: ConformanceAdapter, { text, seed }: { text: string; seed: number }) {
  return { hash: adapter.murmur3(text, seed) }
}

function bucketOf(adapter: ConformanceAdapter, { salt, unit }: { salt: string; unit: string }) {
  const seed = adapter.murmur3(salt, 0)
  return { seed, hash: adapter.murmur3(unit, seed), bucket: adapter.bucketOf(salt, unit) }
}

/** Cases about one item, which the file's ruleset has a place for. */
function placeCases(adapter: ConformanceAdapter, { register }: Registrar): void {
  const expectAnswer = (ruleset: Ruleset, item: Case<boolean> & Situation) => {
    const { context, now = 0, scope = ruleset.scope, expected } = item
    // An error gives the fallback, and never passes for the answer.
    const question = { flag: 'flag', context, fallback: !expected, now }
    expect(adapter.evaluate({ ...ruleset, scope }, question).value).toBe(expected)
  }

  register<SplitCase, WithRuleset>('splits.json', ({ split, unit, expected }, { ruleset }) => {
    const context = { targetingKey: unit }
    const question = { flag: 'flag', context, fallback: 'none', now: 0 }
    const served = adapter.evaluate(fill(ruleset, '$split', split), question)
    expect(served.value).toBe(expected)
  })
  register<ClauseCase, WithRuleset>('operators.json', (item, { ruleset }) => {
    expectAnswer(fill(ruleset, '$clause', item.clause), item)
  })
  register<SegmentCase, WithRuleset>('segments.json', (item, { ruleset }) => {
    expectAnswer(fill(ruleset, '$segment', item.segment), item)
  })
}

function evaluationCases(adapter: ConformanceAdapter, { register }: Registrar): void {
  register<EvaluationCase, WithRulesets>('evaluate.json', (item, { rulesets }) => {
    const { flag, context, default: fallback, now = 0 } = item
    const question = { flag, context, fallback, now }
    const details = adapter.evaluate(rulesets[item.ruleset]!, question)
    const { value, variant, reason, errorCode, flagMetadata } = details
    expect({ value, variant, reason, errorCode, flagMetadata }).toEqual(item.expected)
  })
}

function rulesetCases(adapter: ConformanceAdapter, { register }: Registrar): void {
  register<PatchCase, WithRulesets>('patches.json', (item, { rulesets }) => {
    const before = rulesets[item.ruleset]!
    const expected = item.expected === null ? undefined : { ...before, ...item.expected }
    expect(adapter.patch(before, item.patch)).toEqual(expected)
  })
  register<DigestCase, object>('digests.json', ({ ruleset, expected }) => {
    expect(adapter.digest(ruleset)).toBe(expected)
  })
}

/** A copy with the content in the place of a text that only marks it. */
function fill<T>(item: T, place: string, content: JsonValue): T {
  const filled = (value: unknown): unknown => {
    if (value === place) return content
    if (typeof value !== 'object' || value === null) return value
    if (Array.isArray(value)) return value.map(filled)
    return Object.fromEntries(Object.entries(value).map(([key, member]) => [key, filled(member)]))
  }
  return filled(item) as T // Only the marked place has another type.
}
