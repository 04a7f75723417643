import { describe, expect, test } from 'vitest'
import { definition } from '../../../../test-support/project.ts'
import type { Flag, Layer } from '../schema/index.ts'
import { servesNothing, stepWithoutEffect } from './effect.ts'

const OFF: Layer = { on: false, off: 'off' }
const TEXTS = [
  { key: 'new', value: 'new' },
  { key: 'old', value: 'old' },
]
const on = { variant: 'on' }
const off = { variant: 'off' }
const half = {
  split: {
    by: 'targetingKey',
    salt: 'split',
    ranges: [
      [0, 50_000, 'on'],
      [50_000, 100_000, 'off'],
    ] as [number, number, string][],
  },
}
const rollout = (share = 1_000, serve: Layer['fallthrough'] = on) => ({
  by: 'targetingKey',
  salt: 's',
  share,
  serve,
})
const rule = (id: string, serve: NonNullable<Layer['fallthrough']>) => ({
  id,
  when: [[{ attribute: 'plan', op: 'in' as const, values: ['pro'] }]],
  serve,
})

function flagOf(layers: Record<string, Layer>, parts: Parameters<typeof definition>[1] = {}): Flag {
  return { ...definition('f', parts), layers: { '*': OFF, ...layers } }
}

describe('servesNothing', () => {
  const theme = (layers: Record<string, Layer>) =>
    flagOf({ '*': { on: false }, ...layers }, { type: 'string', variants: TEXTS })

  test.for([
    ['with "on" alone', { production: { on: true } }, true],
    ['that is off', { production: { off: 'old' } }, false],
    ['with a rollout', { production: { on: true, rollout: rollout() } }, false],
    ['with rules', { production: { on: true, rules: [rule('r', off)] } }, false],
    ['with a fallthrough', { production: { on: true, fallthrough: { variant: 'new' } } }, false],
    [
      'with an inherited fallthrough',
      { '*': { on: true, fallthrough: { variant: 'new' } }, production: { on: true } },
      false,
    ],
    [
      'that removes its inherited rollout',
      { '*': { on: true, rollout: rollout() }, production: { rollout: null } },
      true,
    ],
  ] as const)('of a text flag %s: %s', ([, layers, expected]) => {
    expect(servesNothing(theme(layers as Record<string, Layer>), 'production')).toBe(expected)
  })

  test('does not mistake an environment named "default" for a default', () => {
    const flag = theme({ default: { on: true, fallthrough: { variant: 'new' } } })

    expect(servesNothing(flag, 'default')).toBe(false)
  })

  test('is false for a boolean flag, which has an on variant', () => {
    expect(servesNothing(flagOf({ production: { on: true } }), 'production')).toBe(false)
  })
})

describe('stepWithoutEffect', () => {
  const useless = (layer: Layer, before: Layer | undefined = {}) =>
    stepWithoutEffect(flagOf({ production: before }), flagOf({ production: layer }), 'production')

  test.for([
    [
      'a rollout of the fallthrough',
      { rollout: rollout(), fallthrough: on },
      { step: 'rollout', variant: 'on' },
    ],
    [
      'a rollout of the fallthrough behind a rule that differs',
      { rules: [rule('r', off)], rollout: rollout(), fallthrough: on },
      { step: 'rollout', variant: 'on' },
    ],
    [
      'a last rule that serves the fallthrough',
      { rules: [rule('r', on)], fallthrough: on },
      { step: 'last rule', variant: 'on' },
    ],
    [
      'a last rule that serves the off variant, the default',
      { rules: [rule('r', off)] },
      { step: 'last rule', variant: 'off' },
    ],
  ] as const)('finds %s', ([, layer, expected]) => {
    expect(useless(layer as unknown as Layer)).toEqual(expected)
  })

  test.for([
    ['a rollout with the default fallthrough', { rollout: rollout() }],
    ['a rule with the default fallthrough', { rules: [rule('r', on)] }],
    ['an exception ahead of a rule', { rules: [rule('a', off), rule('b', on)] }],
    ['a rule ahead of a rollout', { rules: [rule('a', off)], rollout: rollout() }],
    ['an exception to the fallthrough', { rules: [rule('a', off)], fallthrough: on }],
    ['a rollout of a split', { rollout: rollout(1_000, half), fallthrough: on }],
    ['a fallthrough that splits', { rollout: rollout(), fallthrough: half }],
    ['no step at all', { on: true, fallthrough: on }],
  ] as const)('accepts %s', ([, layer]) => {
    expect(useless(layer as unknown as Layer)).toBeUndefined()
  })

  describe('given a flag that an earlier version left in this state', () => {
    const legacy: Layer = { on: false, rules: [rule('r', on)], fallthrough: on }

    test.for([
      ['a note', { note: { reason: 'x' } }],
      ['an off variant', { off: 'on' }],
      ['the name of a rule', { rules: [{ ...rule('r', on), name: 'Paying' }] }],
    ] as const)('accepts %s', ([, edit]) => {
      expect(useless({ ...legacy, ...edit } as Layer, legacy)).toBeUndefined()
    })

    test('accepts that it is turned off', () => {
      expect(useless({ ...legacy, on: false }, { ...legacy, on: true })).toBeUndefined()
    })

    test('finds a step without effect where the flag is turned on', () => {
      expect(useless({ ...legacy, on: true }, legacy)).toBeDefined()
    })

    test('finds a step without effect where the rollout changes', () => {
      expect(useless({ ...legacy, rollout: rollout() }, legacy)).toBeDefined()
    })
  })
})
