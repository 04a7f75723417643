import { hashIdentifier } from '@flaghoist/core'
import { isSampled } from '@flaghoist/core/internal'
import { describe, expect, test } from 'vitest'
import { batches, openReports, type Report, rollingOut } from './reporting.ts'
import type { Sent } from './world.ts'

type Batch = NonNullable<Report['batch']>
type Given = ReturnType<typeof rollingOut>

const ada = { targetingKey: 'ada' }
const users = Array.from({ length: 64 }, (_, i) => `user-${i}`)

/** Reports an exposure of another flag, which the server answers. */
async function answered({ world, flags }: Given, answer: (report: Sent) => void): Promise<void> {
  flags.isEnabled('half', { targetingKey: `visitor ${world.sent.length}` })
  await world.pass(1_000)
  answer(openReports(world)[0]!)
}

const wanting = (samples: unknown) => (report: Sent) => report.reply(202, { samples })

/** The reported units of the flag `all`. */
function exposedIn(sent: readonly Batch[]) {
  return unitsOf(sent.flatMap(({ exposures }) => exposures))
}

function withOutcome(sent: readonly Batch[], ...metrics: string[]) {
  const outcomes = sent.flatMap((batch) => batch.outcomes)
  return unitsOf(outcomes.filter(({ metric }) => metrics.includes(String(metric))))
}

function unitsOf(items: Batch['exposures']) {
  return items.filter(({ flag }) => flag === 'all').flatMap(({ units }) => units)
}

describe('the sample that a server wants', () => {
  test('is all that is reported: exposures and every outcome', async () => {
    const client = rollingOut()
    const { world, flags } = client
    await answered(client, wanting({ all: 4 }))
    const before = batches(world).length

    for (const targetingKey of users) {
      const mine = flags.for({ targetingKey })
      mine.guard<unknown>(
        'all',
        () => {
          throw new Error('broken')
        },
        () => 'old',
      )
      mine.isEnabled('half')
    }
    for (let i = 0; i < 18; i += 1) {
      await world.pass(1_000)
      for (const report of openReports(world)) report.reply(202, { samples: { all: 4 } })
    }

    const sent = batches(world).slice(before)
    const sampled = users
      .map((user) => hashIdentifier('s', user))
      .filter((hash) => isSampled(hash, 4))
    expect(sampled.length).toBeGreaterThan(8)
    expect(exposedIn(sent)).toEqual(sampled)
    expect(withOutcome(sent, 'latency')).toEqual(sampled)
    expect(withOutcome(sent, 'error', 'kept-off')).toEqual(sampled)
    expect(withOutcome(sent, 'alive')).toEqual(sampled)
    const others = sent.flatMap(({ exposures }) => exposures.filter(({ flag }) => flag === 'half'))
    expect(others.flatMap(({ units }) => units)).toHaveLength(users.length)
    expect(flags.status().openCircuits).toEqual(['all'])
  })

  test.for([
    ['of its scope', { all: 1_024 }, 'acme', 0],
    ['of its instance', { 'all@acme': 1_024 }, 'acme', 0],
    ['of contexts without an instance', { 'all@': 1_024 }, undefined, 0],
    ['of another instance', { 'all@acme': 1_024 }, 'globex', 1],
    ['of another flag', { half: 1_024 }, 'acme', 1],
    ['no more', {}, 'acme', 1],
    ['in an unknown form', { all: 'few' }, 'acme', 1],
  ] as const)('concerns a unit if it is that %s', async ([, samples, instance, count]) => {
    const client = rollingOut()
    await answered(client, wanting({ all: 1_024 }))
    await answered(client, wanting(samples))

    client.flags.isEnabled('all', { ...ada, instance })

    await client.world.pass(1_000)
    expect(exposedIn(batches(client.world))).toHaveLength(count)
  })

  test.for(['{"samples": {', '<html>', 'null', ''])(
    'stays the same after the response %j',
    async (text) => {
      const client = rollingOut()
      await answered(client, wanting({ all: 1_024 }))
      await answered(client, (report) => {
        report.head(202)
        report.text(text)
        report.end()
      })

      client.flags.isEnabled('all', ada)

      await client.world.pass(1_000)
      expect(exposedIn(batches(client.world))).toEqual([])
    },
  )
})
