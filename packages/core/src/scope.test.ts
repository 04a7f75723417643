import { describe, expect, test } from 'vitest'
import { fc } from '../../../test-support/fast-check.ts'
import {
  buildScope,
  environmentOf,
  instanceOf,
  isWithin,
  KEY_PATTERN,
  layerKey,
  parseLayerKey,
  parseScope,
  SCOPE_PATTERN,
  scopeChain,
} from './scope.ts'

const keys = fc.stringMatching(KEY_PATTERN)
const environments = keys.map((environment) => buildScope(environment))
const instances = fc.tuple(keys, keys).map(([environment, key]) => buildScope(environment, key))
const scopes = fc.oneof(fc.constant('*'), environments, instances)

describe('parseScope', () => {
  test.for([
    ['*', undefined, undefined],
    ['production', 'production', undefined],
    ['production/acme', 'production', 'acme'],
  ] as const)('splits %s', ([scope, environment, instance]) => {
    expect(parseScope(scope)).toEqual({ environment, instance })
    expect(environmentOf(scope)).toBe(environment)
    expect(instanceOf(scope)).toBe(instance)
    expect(buildScope(environment, instance)).toBe(scope)
  })

  test('reverses buildScope for every pair of keys', () => {
    fc.assert(
      fc.property(keys, fc.option(keys, { nil: undefined }), (environment, instance) => {
        expect(parseScope(buildScope(environment, instance))).toEqual({ environment, instance })
      }),
    )
  })
})

describe('SCOPE_PATTERN', () => {
  test('accepts every scope that buildScope returns for keys', () => {
    fc.assert(fc.property(scopes, (scope) => SCOPE_PATTERN.test(scope)))
  })

  test('accepts only the scopes that buildScope returns for keys', () => {
    const texts = fc.oneof(fc.string(), fc.stringMatching(SCOPE_PATTERN))
    fc.assert(
      fc.property(texts, (text) => {
        const { environment, instance } = parseScope(text)
        const parts = [environment, instance].filter((part) => part !== undefined)
        const isBuilt = buildScope(environment, instance) === text
        expect(SCOPE_PATTERN.test(text)).toBe(
          isBuilt && parts.every((part) => KEY_PATTERN.test(part)),
        )
      }),
    )
  })

  test.for([
    '',
    '/',
    'production/',
    '/acme',
    '*/acme',
    'production/*',
    'a/b/c',
    'Production',
    'production\n',
  ])('refuses %j', (text) => {
    expect(SCOPE_PATTERN.test(text)).toBe(false)
  })
})

describe('scopeChain', () => {
  test.for([
    ['*', ['*']],
    ['production', ['*', 'production']],
    ['production/acme', ['*', 'production', 'production/acme']],
  ] as const)('returns the scopes that apply in %s, from general to specific', ([scope, chain]) => {
    expect(scopeChain(scope)).toEqual(chain)
  })

  test('extends the chain of the next more general scope', () => {
    fc.assert(
      fc.property(scopes, (scope) => {
        const outer = scopeChain(scope).slice(0, -1)
        expect(scopeChain(outer.at(-1) ?? '*')).toEqual(outer.length === 0 ? ['*'] : outer)
        expect(scopeChain(scope).at(-1)).toBe(scope)
      }),
    )
  })
})

describe('isWithin', () => {
  test.for([
    ['production/acme', 'production', true],
    ['production/acme', 'production/acme', true],
    ['production', '*', true],
    ['*', '*', true],
    ['*', 'production', false],
    ['production', 'production/acme', false],
    ['production-eu', 'production', false],
    ['production/acme', 'prod', false],
    ['production/acme', 'production/ac', false],
    ['production', undefined, true],
  ] as const)('%s within %s: %s', ([scope, outer, expected]) => {
    expect(isWithin(scope, outer)).toBe(expected)
  })

  test('orders scopes: reflexive, transitive, and antisymmetric', () => {
    const key = fc.constantFrom('a', 'b')
    const few = fc
      .tuple(fc.option(key, { nil: undefined }), fc.option(key, { nil: undefined }))
      .map(([environment, instance]) => buildScope(environment, instance))
    fc.assert(
      fc.property(few, few, few, (a, b, c) => {
        expect(isWithin(a, a)).toBe(true)
        expect(isWithin(a, b) && isWithin(b, c) && !isWithin(a, c)).toBe(false)
        expect(isWithin(a, b) && isWithin(b, a)).toBe(a === b)
      }),
    )
  })
})

describe('layerKey', () => {
  test('is read by parseLayerKey', () => {
    expect(parseLayerKey(layerKey('a.b-c', 'production/acme'))).toEqual({
      flag: 'a.b-c',
      scope: 'production/acme',
    })
  })

  test('is read by parseLayerKey for every key and scope', () => {
    fc.assert(
      fc.property(keys, scopes, (flag, scope) => {
        expect(parseLayerKey(layerKey(flag, scope))).toEqual({ flag, scope })
      }),
    )
  })

  test('has an empty flag where the key has no "@"', () => {
    expect(parseLayerKey('production')).toEqual({ flag: '', scope: 'production' })
  })
})
