import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { expect, onTestFinished, test } from 'vitest'
import { verifyDatabase } from '../src/backup/verify-database.ts'
import { startFuzz } from './fuzz/run-fuzz.ts'
import { startTestServer } from './http-server.ts'
import { startNoticeReceiver } from './notice-receiver.ts'

/**
 * A run is repeated by its seed, which a failure names:
 * `TEST_SEED=1 FUZZ_REQUESTS=1000000 npm test -- packages/server/test/fuzz.test.ts`
 */
const { TEST_SEED, FUZZ_REQUESTS = '50000' } = process.env
const seed = Number(TEST_SEED)
const requests = Number(FUZZ_REQUESTS)
/** Caches and code are warm after these. */
const WARM_UP = 4_000
const MAX_GROWTH = 16 * 2 ** 20

test(`keeps its promises for every request, seed ${seed}`, { timeout: 0 }, async () => {
  const dataDir = mkdtempSync(join(tmpdir(), 'flaghoist-fuzz-'))
  onTestFinished(() => rmSync(dataDir, { recursive: true }))
  const warnings: Error[] = []
  const onWarning = (warning: Error) => void warnings.push(warning)
  process.on('warning', onWarning)
  onTestFinished(() => void process.off('warning', onWarning))
  await using receiver = await startNoticeReceiver()
  const server = await startTestServer({
    FLAGHOIST_DATA_DIR: dataDir,
    FLAGHOIST_RATE_LIMIT: '0',
    FLAGHOIST_PRIVATE_WEBHOOK_HOSTS: '127.0.0.1',
  })
  const fuzz = await startFuzz(server, { seed, receiver: receiver.url })

  await fuzz.send(WARM_UP)
  await fuzz.clear()
  const before = usedHeap()
  await fuzz.send(requests - WARM_UP)
  await fuzz.clear()
  const growth = usedHeap() - before
  await server.server.close()

  expect(fuzz.faults.join('\n\n')).toBe('')
  // Requests of every kind have come through: the promises were put to the test.
  for (const status of [200, 201, 202, 400, 401, 403, 404, 405, 409, 415, 422])
    expect({ status, count: fuzz.statuses.get(status) }).toMatchObject({
      count: expect.any(Number),
    })
  expect(growth).toBeLessThan(MAX_GROWTH)
  // The server warns its operator of proxies and quotas; an error is a listener that has failed.
  expect(warnings.filter(({ name }) => name !== 'FlaghoistWarning')).toEqual([])
  expect(await verifyDatabase(join(dataDir, 'flaghoist.db'), [])).toMatchObject({ isIntact: true })
})

setFlagsFromString('--expose-gc')
const collectGarbage = runInNewContext('gc') as () => void

function usedHeap(): number {
  collectGarbage()
  return process.memoryUsage().heapUsed
}
