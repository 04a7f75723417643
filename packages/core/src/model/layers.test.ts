import { describe, expect, test } from 'vitest'
import type { Flag, Layer } from '../schema/index.ts'
import { resolveLayers } from './layers.ts'

const killed = { at: '2026-11-20T08:00:00Z', by: 'ada', reason: 'errors' }
const rollout = { by: 'targetingKey', salt: 's', share: 10, serve: { variant: 'on' } }
const rules = [
  {
    id: 'r',
    when: [[{ attribute: 'plan', op: 'in' as const, values: ['pro'] }]],
    serve: { variant: 'on' },
  },
]
const base: Layer = { on: true, off: 'off', fallthrough: { variant: 'on' }, rollout, rules }

const flag = (layers: Record<string, Layer>): Flag => ({
  key: 'f',
  type: 'boolean',
  kind: 'release',
  variants: [
    { key: 'on', value: true },
    { key: 'off', value: false },
  ],
  description: '',
  owner: '',
  tags: {},
  clientVisible: false,
  permanent: false,
  prerequisites: [],
  layers,
})

describe('resolveLayers', () => {
  test('uses the most specific layer that sets each member', () => {
    const layers = {
      '*': base,
      production: { on: false, fallthrough: { variant: 'off' } },
      'production/acme': { on: true, off: 'on' },
      'production/globex': { off: 'gone' },
      staging: { rules: [] },
    }

    expect(resolveLayers(flag(layers), 'production/acme')).toEqual({
      configuration: { on: true, off: 'on', rules, rollout, fallthrough: { variant: 'off' } },
      provenance: {
        on: 'production/acme',
        off: 'production/acme',
        rules: '*',
        rollout: '*',
        fallthrough: 'production',
      },
    })
  })

  test.for([
    ['for everybody', { '*': { ...base, killed }, 'production/acme': { on: true } }, '*'],
    [
      'for the environment',
      { '*': base, production: { killed }, 'production/acme': {} },
      'production',
    ],
    ['for the instance', { '*': base, 'production/acme': { killed } }, 'production/acme'],
    ['twice, and names the widest', { '*': { ...base, killed }, production: { killed } }, '*'],
  ] as const)('applies a kill %s', ([, layers, scope]) => {
    const { configuration, provenance } = resolveLayers(flag(layers), 'production/acme')

    expect(configuration.killed).toBe(true)
    expect(provenance.killed).toBe(scope)
  })

  test.for([
    ['another instance', { '*': base, 'production/globex': { killed } }],
    ['another environment', { '*': base, staging: { killed } }],
    ['an environment whose name starts alike', { '*': base, prod: { killed } }],
  ] as const)('ignores a kill in %s', ([, layers]) => {
    expect(resolveLayers(flag(layers), 'production/acme').configuration).not.toHaveProperty(
      'killed',
    )
  })

  test("does not apply an instance's kill to its environment", () => {
    const layers = { '*': base, 'production/acme': { killed } }

    expect(resolveLayers(flag(layers), 'production').configuration).not.toHaveProperty('killed')
  })

  test('treats a null rollout as removed, and names the layer that removed it', () => {
    const { configuration, provenance } = resolveLayers(
      flag({ '*': base, production: { rollout: null } }),
      'production/acme',
    )

    expect(configuration).not.toHaveProperty('rollout')
    expect(provenance.rollout).toBe('production')
  })

  test('treats an empty list of rules as no rules', () => {
    const { configuration } = resolveLayers(
      flag({ '*': base, production: { rules: [] } }),
      'production',
    )

    expect(configuration).not.toHaveProperty('rules')
  })

  test('names the default as the provenance of an unset fallthrough', () => {
    expect(resolveLayers(flag({ '*': { on: true, off: 'off' } }), 'production')).toEqual({
      configuration: { on: true, off: 'off', fallthrough: { variant: 'on' } },
      provenance: { on: '*', off: '*', fallthrough: 'default' },
    })
  })

  test.for([
    ['the on variant without rules and rollout', {}, 'on'],
    ['the off variant with a rollout', { rollout }, 'off'],
    ['the off variant with a rollout of 0 %', { rollout: { ...rollout, share: 0 } }, 'off'],
    ['the off variant with rules', { rules }, 'off'],
    ['the on variant where the rollout is removed', { rollout: null, rules: [] }, 'on'],
    [
      'the variant that a layer sets, whatever the rollout',
      { rollout, fallthrough: { variant: 'on' } },
      'on',
    ],
  ] as const)('lets a boolean flag fall through to %s', ([, layer, variant]) => {
    const layers = { '*': { on: true, off: 'off' }, 'production/acme': layer as Layer }

    expect(resolveLayers(flag(layers), 'production/acme').configuration.fallthrough).toEqual({
      variant,
    })
  })

  test('counts the rollout of a more general scope', () => {
    const layers = { '*': { on: false, off: 'off', rollout }, production: { on: true } }

    expect(resolveLayers(flag(layers), 'production').configuration.fallthrough).toEqual({
      variant: 'off',
    })
  })

  test.for([
    ["the caller's default", {}, ''],
    ['its off variant', { off: 'plain' }, 'plain'],
  ] as const)('lets a flag of another type fall through to %s', ([, layer, variant]) => {
    const theme: Flag = {
      ...flag({ '*': { on: true, rollout, ...layer } }),
      type: 'string',
      variants: [{ key: 'on', value: 'new' }],
    }

    expect(resolveLayers(theme, 'production').configuration).toMatchObject({
      off: variant,
      fallthrough: { variant },
    })
  })

  test('does not treat inherited object members as layers', () => {
    expect(resolveLayers(flag({ '*': base }), 'constructor').provenance.on).toBe('*')
  })

  test('writes members in a fixed order', () => {
    const turned = Object.fromEntries(Object.entries(base).reverse())

    expect(JSON.stringify(resolveLayers(flag({ '*': turned }), 'production').configuration)).toBe(
      JSON.stringify(resolveLayers(flag({ '*': base }), 'production').configuration),
    )
  })
})
