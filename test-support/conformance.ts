import { readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import type {
  EvaluationContext,
  JsonValue,
  ResolutionDetails,
  Ruleset,
  RulesetPatch,
} from '../packages/core/src/index.ts'

/** What the conformance cases ask of an SDK. */
export interface ConformanceAdapter {
  murmur3(text: string, seed: number): number
  bucketOf(salt: string, unit: string): number
  hashIdentifier(salt: string, text: string): string
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
 * Cases that an SDK is known to fail: `operators.json: name of the case` → why. A suppressed case has to fail, so
 * that the list cannot outlive what it excuses.
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
type SplitCase = Case<string> & { split: JsonValue; unit: string }
type Situation = { context: EvaluationContext; now?: number; scope?: string }
type ClauseCase = Case<boolean> & Situation & { clause: JsonValue }
type SegmentCase = Case<boolean> & Situation & { segment: JsonValue }
type PatchCase = Case<Partial<Ruleset> | null> & { ruleset: string; patch: RulesetPatch }
type DigestCase = Case<string> & { ruleset: Ruleset }
type EvaluationCase = Case<ResolutionDetails> &
  Situation & { ruleset: string; flag: string; default: JsonValue }

interface WithRuleset {
  readonly ruleset: Ruleset
}

interface WithRulesets {
  readonly rulesets: Readonly<Record<string, Ruleset>>
}

/** Registers every case of `conformance/` as a test of the adapter, titled by the name of the case. */
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

type Register = <C extends Case<unknown>, Shared>(
  file: string,
  check: (item: C, shared: Shared) => void,
) => void

interface Registrar {
  readonly known: ReadonlySet<string>
  readonly register: Register
}

function createRegistrar(suppressions: Suppressions): Registrar {
  const known = new Set<string>()
  const register: Register = <C extends Case<unknown>, Shared>(
    file: string,
    check: (item: C, shared: Shared) => void,
  ) => {
    const content = readCases<C, Shared>(file)

    describe(file, () => {
      for (const item of content.cases) {
        const key = `${file}: ${item.name}`
        known.add(key)
        const register = Object.hasOwn(suppressions, key) ? test.fails : test
        register(item.name, () => check(item, content))
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
    if ('text' in item) {
      expect(adapter.murmur3(item.text, item.seed)).toBe(item.expected.hash)
      return
    }
    const seed = adapter.murmur3(item.salt, 0)
    const hash = adapter.murmur3(item.unit, seed)
    const bucket = adapter.bucketOf(item.salt, item.unit)
    expect({ seed, hash, bucket }).toEqual(item.expected)
  })
  register<IdentifierCase, object>('identifiers.json', ({ salt, text, expected }) => {
    expect(adapter.hashIdentifier(salt, text)).toBe(expected)
  })
}

/** Cases about one item, which the file's ruleset has a place for. */
function placeCases(adapter: ConformanceAdapter, { register }: Registrar): void {
  const holds = (ruleset: Ruleset, { context, now = 0, scope, expected }: ClauseCase) => {
    const fallback = !expected
    const scoped = { ...ruleset, scope: scope ?? ruleset.scope }
    return adapter.evaluate(scoped, { flag: 'flag', context, fallback, now }).value
  }

  register<SplitCase, WithRuleset>('splits.json', ({ split, unit, expected }, { ruleset }) => {
    const context = { targetingKey: unit }
    const question = { flag: 'flag', context, fallback: 'none', now: 0 }
    const served = adapter.evaluate(fill(ruleset, '$split', split), question)
    expect(served.value).toBe(expected)
  })
  register<ClauseCase, WithRuleset>('operators.json', (item, { ruleset }) => {
    expect(holds(fill(ruleset, '$clause', item.clause), item)).toBe(item.expected)
  })
  register<SegmentCase, WithRuleset>('segments.json', ({ segment, ...item }, { ruleset }) => {
    const filled = fill(ruleset, '$segment', segment)
    expect(holds(filled, { ...item, clause: null })).toBe(item.expected)
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
