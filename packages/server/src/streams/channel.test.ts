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
  const ruleset = { version, flags: Object.fromEntries(entries), segments: {} }
  return publish(ruleset as unknown as Ruleset, createDigester())
}

test('a heartbeat is prepared for the ruleset that was published meanwhile, too', () => {
  const channel = new Channel(rulesetOf(1, 10), streamEncoding(undefined), 0)
  const steps = channel.prepareHeartbeat()
  steps.next()

  channel.publish({ patch: undefined, published: rulesetOf(2, 1_000) })

  expect([...steps].length).toBeGreaterThan(1_000)
})
