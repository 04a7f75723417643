import type { ProjectState } from '@flaghoist/core/model'
import { expect, test } from 'vitest'
import { BASE, flag, givenShop, NOW, on, outcomeOf, writeOf } from '../../test/shop.ts'
import { revertChange } from '../changes/revert.ts'
import { planInSteps } from '../projects/plan-in-steps.ts'
import type { PlannedEdit, Write } from '../projects/projects.ts'
import { type BatchedEdit, editProject } from './plan.ts'

const FLAGS = 50
const KEYS = Array.from({ length: FLAGS }, (_, i) => `flag-${i}`)

/** Plans a write in steps. Returns their number and the edits. */
function stepsOf(write: Write, state: ProjectState) {
  const steps = planInSteps(write, state)
  let count = 0
  let step = steps.next()
  for (; !step.done; step = steps.next()) count += 1
  return { count, edits: step.value }
}

async function givenChange() {
  const { projects } = await givenShop()
  const edits = KEYS.flatMap((key): PlannedEdit[] => [flag(key), on(key, '*', BASE)])
  const { change, state } = outcomeOf(await projects.commit(...writeOf(edits)))
  return { change: change!, state }
}

test('a revert of many edits is planned in many steps', async () => {
  const { change, state } = await givenChange()
  const revert = revertChange('shop', change, { at: NOW })

  const { count, edits } = stepsOf(revert, state)

  expect(count).toBeGreaterThanOrEqual(2 * FLAGS)
  expect(edits.map(({ key }) => key)).toEqual(KEYS)
})

test('edits after a revert of many edits are planned in many steps, too', async () => {
  const { change, state } = await givenChange()
  const layers = Array.from(
    { length: 10 },
    (_, i): BatchedEdit => ({ flag: 'theme', scope: 'production', layer: { on: i % 2 === 0 } }),
  )
  const write = editProject('shop', [{ revert: change }, ...layers], NOW)

  const { count, edits } = stepsOf(write, state)

  // The steps of the revert, of its values before, of the state after it, and of each edit.
  expect(count).toBeGreaterThanOrEqual(5 * FLAGS + layers.length)
  expect(edits.map(({ key }) => key)).toEqual([...KEYS, ...layers.map(() => 'theme@production')])
})
