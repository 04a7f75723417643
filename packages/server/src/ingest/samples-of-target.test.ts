import { type Audience, allocationOf, compile } from '@flaghoist/core/model'
import type { Layer } from '@flaghoist/core/schema'
import { expect, test } from 'vitest'
import { BASE, flag, givenShop, on, writeOf } from '../../test/shop.ts'
import { samplesOfTarget } from './samples-of-target.ts'
import { createUnitSamples } from './unit-samples.ts'

const rollout = (salt: string): Layer => ({
  ...BASE,
  rollout: { by: 'targetingKey', salt, share: 50_000, serve: { variant: 'on' } },
})

/** A shop with a rollout in an environment and another one in acme, both with too many users. */
async function givenSamples(clientVisible = false) {
  let at = 0
  const { projects } = await givenShop()
  const samples = createUnitSamples({
    unitsPerHour: { server: 60, client: 60 },
    elapsed: () => at,
  })
  const write = (scope: string, layer: Layer) =>
    projects.commit(...writeOf([on('theme', scope, layer)]))
  const flood = (scope: string, times: number) => {
    const { state } = projects.get('shop')
    const units = { flag: 'theme', scope, arm: 'treatment' } as const
    const { attempt } = allocationOf(state, { ...units, revision: state.version })!
    const key = { project: 'shop', flag: 'theme', scope, attempt }
    for (let i = 0; i < times; i += 1) samples.record(key, 2, 'server')
  }
  await projects.commit(...writeOf([flag('theme', { clientVisible })]))
  await write('production', rollout('s'))
  await write('production/acme', rollout('t'))
  flood('production', 4)
  flood('production/acme', 3)
  const of = (scope: string, audience: Audience = 'server') => {
    const { state, epoch } = projects.get('shop')
    const target = { project: 'shop', scope, audience }
    const ruleset = compile(state, { ...target, epoch })
    return samplesOfTarget({ target, ruleset, state, samples })
  }
  return {
    of,
    write,
    pass(ms: number) {
      at += ms
    },
  }
}

test('samples are announced once no outcome of a wider one is expected', async () => {
  const { of, pass } = await givenSamples()
  expect(of('production/acme')).toEqual({})
  pass(10 * 60_000)
  expect(of('production/acme')).toEqual({ theme: 8 })
})

test('an environment has those of its instances, and nobody those of others', async () => {
  const { of, pass } = await givenSamples()
  pass(10 * 60_000)
  expect(of('production')).toEqual({ 'theme@': 16, 'theme@acme': 8 })
  expect(of('production/globex')).toEqual({})
  expect(of('staging')).toEqual({})
})

test('a client key learns of no flag that it cannot see, and of no other instance', async () => {
  const [hidden, visible] = [await givenSamples(), await givenSamples(true)]
  for (const { pass } of [hidden, visible]) pass(10 * 60_000)
  expect(hidden.of('production/acme', 'client')).toEqual({})
  expect(visible.of('production/acme', 'client')).toEqual({ theme: 8 })
  expect(visible.of('production', 'client')).toEqual({ 'theme@': 16 })
})

test('users that chance places anew are not sampled', async () => {
  const { of, write, pass } = await givenSamples()
  pass(10 * 60_000)
  await write('production/acme', rollout('u'))
  expect(of('production')).toEqual({ 'theme@': 16 })
})
