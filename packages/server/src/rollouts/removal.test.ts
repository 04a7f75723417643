import { expect, test } from 'vitest'
import { instance, NOW, on, writeOf } from '../../test/shop.ts'
import type { ExposureSum } from '../stores/event-store.ts'
import { proposeRemoval } from './removal.ts'
import { advanceAll, givenRolloutShop, healthy } from './rollouts-fixture.ts'

const row = (variant: string, count: number): ExposureSum => ({
  flag: 'search',
  scope: 'production/acme',
  revision: 1,
  attempt: 1,
  variant,
  arm: '',
  split: '',
  reason: 'DEFAULT',
  start: 0,
  count,
  units: 0,
})

/** A rollout that may be complete, and its proposal with some evaluations since its end. */
async function given(rows: readonly ExposureSum[] = []) {
  const shop = await givenRolloutShop([instance('hooli')])
  await shop.start()
  const propose = () => {
    const project = shop.projects.get('shop')
    const events = { exposures: async () => rows }
    return proposeRemoval(events, project, project.state.rollouts.get('r1')!, Date.parse(NOW))
  }
  return { ...shop, propose }
}

test('a complete rollout proposes the removal of its flag, with literal steps', async () => {
  const { projects, propose } = await given([row('on', 90), row('off', 10)])
  expect(await propose()).toBeUndefined()
  await advanceAll(projects, healthy())

  expect(await propose()).toEqual({
    variant: 'on',
    evaluations: 100,
    otherEvaluations: 10,
    text: expect.stringMatching(
      /^All users of production get "on" since 20.*Z\. 10 of 100 evaluations since then served another variant\.$/,
    ),
    steps: [
      'Check that users of staging may get "on": other variants are served there.',
      'Keep the code of "on". Delete the other path and flags.isEnabled("search"), and deploy.',
      'Wait until no deployment evaluates the flag: GET /api/v1/projects/shop/flags/search/usage',
      'Archive it, since callers would get their own default: DELETE /api/v1/projects/shop/flags/search',
      'Run "npx flaghoist-codegen" if you use typed flags: a forgotten key no longer compiles.',
    ],
  })
})

test('names no scope once all serve the new variant, and says if nothing was counted', async () => {
  const { projects, propose, commit } = await given()
  await advanceAll(projects, healthy())
  await commit(writeOf([on('search', 'staging', { on: true, fallthrough: { variant: 'on' } })])[0])

  const proposal = await propose()
  expect(proposal?.text).toContain('No evaluation has been counted since then.')
  expect(proposal?.steps).toHaveLength(4)
})

test('a permanent flag is not proposed', async () => {
  const { projects, propose, commit } = await given()
  await advanceAll(projects, healthy())
  const { layers: _, ...flag } = projects.get('shop').state.flags.get('search')!
  await commit(writeOf([{ kind: 'flag', key: 'search', after: { ...flag, permanent: true } }])[0])

  expect(await propose()).toBeUndefined()
})
