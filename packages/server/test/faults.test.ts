import { expect, test } from 'vitest'
import { type MeasureOptions, measureFaults } from '../../../test-support/faults/measure.ts'
import { REDIS_SCENARIOS, SCENARIOS } from '../../../test-support/faults/scenarios.ts'
import { measureStorm } from '../../../test-support/faults/storm.ts'

/**
 * Faults whose short form needs no root and takes seconds. `npm run bench -- faults` runs all of
 * them, and for as long as a watchdog needs.
 */
const QUICK = [
  'server killed (`kill -9`) and started again',
  'server stopped (`SIGSTOP`)',
  'CPU starved: the server runs for a tenth of the time',
  'network cut: connections are reset and refused',
  'network silent: packets vanish, and connections stay open',
  '300 ms latency',
  '20 % of packets lost',
  '1 KB/s',
  '200 consumers that stop reading their streams',
  'clock of the SDKs a day ahead, then a day behind',
  'clock of the server a day ahead',
  'clock of the server a day behind',
  // Only Linux changes the limit of a running process.
  ...(process.platform === 'linux'
    ? ['all connections reset, and no file handles left for new ones']
    : []),
]
const QUICK_FORM: MeasureOptions = {
  sdks: 5,
  seed: 1,
  lengthMs: 500,
  tolerance: 5, // Other tests run at the same time.
}

test('faults lose no write, serve nothing wrong, and are over soon', {
  timeout: 240_000,
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
