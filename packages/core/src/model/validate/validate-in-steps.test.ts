import { expect, test } from 'vitest'
import type { Edit } from '../../schema/index.ts'
import { EMPTY_STATE } from '../state.ts'
import { validateInSteps } from './index.ts'

test('compares the layers of many edits in many steps, before it validates them', () => {
  const edits = Array.from(
    { length: 100 },
    (_, i): Edit => ({ kind: 'layer', key: `flag-${i}@*`, before: null, after: { on: true } }),
  )

  const steps = [...validateInSteps(EMPTY_STATE, EMPTY_STATE, edits)]

  expect(steps.length).toBeGreaterThanOrEqual(2 * edits.length)
})
