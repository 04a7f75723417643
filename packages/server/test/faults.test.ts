import { expect, test } from 'vitest'
import { measureFaults } from '../../../test-support/faults/measure.ts'
import { SCENARIOS } from '../../../test-support/faults/scenarios.ts'

/** Short forms of the faults that cost the most. `npm run bench -- faults` runs all of them. */
const QUICK = [
  'server killed (`kill -9`) and started again',
  'server stopped (`SIGSTOP`)',
  'network cut: connections are reset and refused',
  'network silent: packets vanish, and connections stay open',
  '300 ms latency',
]
/** Other tests run at the same time. */
const TOLERANCE = 5

test('faults lose no write, serve nothing wrong, and are over soon', {
  timeout: 90_000,
}, async () => {
  const scenarios = SCENARIOS.filter(({ name }) => QUICK.includes(name))
  expect(scenarios).toHaveLength(QUICK.length)

  const rows = await measureFaults(scenarios, {
    sdks: 5,
    seed: 1,
    lengthMs: 800,
    tolerance: TOLERANCE,
  })

  expect(rows.flatMap(({ broken }) => broken)).toEqual([])
})
