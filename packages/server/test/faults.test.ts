import { expect, test } from 'vitest'
import { type MeasureOptions, measureFaults } from '../../../test-support/faults/measure.ts'
import { REDIS_SCENARIOS, SCENARIOS } from '../../../test-support/faults/scenarios.ts'
import { measureStorm } from '../../../test-support/faults/storm.ts'

/** Short forms of the faults that cost the most. `npm run bench -- faults` runs all of them. */
const QUICK = [
  'server killed (`kill -9`) and started again',
  'server stopped (`SIGSTOP`)',
  'network cut: connections are reset and refused',
  'network silent: packets vanish, and connections stay open',
  '300 ms latency',
]
const QUICK_FORM: MeasureOptions = {
  sdks: 5,
  seed: 1,
  lengthMs: 800,
  tolerance: 5, // Other tests run at the same time.
}

test('faults lose no write, serve nothing wrong, and are over soon', {
  timeout: 90_000,
}, async () => {
  const scenarios = SCENARIOS.filter(({ name }) => QUICK.includes(name))
  expect(scenarios).toHaveLength(QUICK.length)

  const rows = await measureFaults(scenarios, QUICK_FORM)

  expect(rows.flatMap(({ broken }) => broken)).toEqual([])
})

test('a killed Redis loses no write, alone or with its server', { timeout: 90_000 }, async () => {
  const rows = await measureFaults(REDIS_SCENARIOS, { ...QUICK_FORM, store: 'Redis' })

  expect(rows.flatMap(({ broken }) => broken)).toEqual([])
})

test('all clients return after they were cut at once, and a kill reaches them meanwhile', {
  timeout: 90_000,
}, async () => {
  const { broken } = await measureStorm({ clients: 200, tolerance: QUICK_FORM.tolerance })

  expect(broken).toEqual([])
})
