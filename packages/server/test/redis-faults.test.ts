import { expect, test, vi } from 'vitest'
import { measureSeveralServers } from '../../../test-support/faults/several-servers.ts'

const SEED = Number(process.env.TEST_SEED)

/** A short form. `npm run bench -- servers` runs 300 SDKs, 2,000 changes and 20 kills. */
test.for(['Redis', 'Redis Cluster'] as const)(
  `no change is lost and every SDK ends right, whichever server and %s is killed (seed ${SEED})`,
  { timeout: 180_000 },
  async (redis, { annotate }) => {
    // Each SDK warns of each fault.
    vi.spyOn(process, 'emitWarning').mockImplementation(() => undefined)

    const form = { redis, sdks: 30, changes: 120, kills: 4, seed: SEED }
    const { lost, repeated, different, backwards, ...shown } = await measureSeveralServers(form)

    await annotate(JSON.stringify(shown))
    expect({ lost, repeated, different, backwards }, `seed ${SEED}`).toEqual({
      lost: [],
      repeated: [],
      different: [],
      backwards: [],
    })
    expect(shown.acknowledged).toBeGreaterThan(form.changes / 2)
  },
)
