import type { Ruleset } from '@flaghoist/core'
import { createDigester } from '@flaghoist/core/internal'
import { expect, test } from 'vitest'
import { publish } from '../rulesets/published.ts'
import { Channel } from './channel.ts'
import { streamEncoding } from './stream-encoding.ts'

/** A ruleset with flags of its own, so that none is hashed yet. */
function rulesetOf(version: number, flags: number) {
  const entries = Array.from({ length: flags }, (_, i) => [
    `flag-${i}`,
    { type: 'boolean', version },
  ])
  const ruleset = { epoch: 'e', version, flags: Object.fromEntries(entries), segments: {} }
  return publish(ruleset as unknown as Ruleset, createDigester())
}

test('a heartbeat is prepared for the ruleset that was published meanwhile, too', () => {
  const channel = new Channel(rulesetOf(1, 10), streamEncoding(undefined), 0)
  const steps = channel.prepareHeartbeat()
  steps.next()

  channel.publish({ patch: undefined, published: rulesetOf(2, 1_000) })

  expect([...steps].length).toBeGreaterThan(1_000)
})

test('a stream that resumes after a large patch is prepared in small steps', () => {
  const channel = new Channel(rulesetOf(1, 1_000), streamEncoding(undefined), 0)
  const published = rulesetOf(2, 1_000)
  const patch = { epoch: 'e', from: 1, to: 2, flags: published.ruleset.flags, segments: {} }
  channel.publish({ patch, published })
  const since = { epoch: 'e', version: 1 }

  expect([...channel.prepareCatchUp(since)!].length).toBeGreaterThan(900)
  expect(channel.prepareCatchUp(since)).toBeUndefined()
  expect(channel.catchUp(since)).toHaveLength(2)
})
