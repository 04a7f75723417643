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

  test('is off with the last variant where nothing is set', () => {
    expect(resolveLayers(flag({}), 'production')).toEqual({
      configuration: { on: false, off: 'off', fallthrough: { variant: 'off' } },
      provenance: {},
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
