import type { Ruleset } from '@flaghoist/core'
import { expect, test } from 'vitest'
import { publish } from '../rulesets/published.ts'
import type { RulesetUpdate, RulesetWatcher } from '../rulesets/rulesets.ts'
import { createRelayedRulesets } from './relayed-rulesets.ts'
import type { Relayed } from './upstreams.ts'

const rulesetOf = (version: number): Ruleset => ({
  ...{ spec: 1, project: 'shop', scope: 'production', epoch: 'e', hash: `${version}` },
  ...{ version, flags: {}, segments: {} },
})

/** Connections that receive versions, and the versions that the watcher of each got. */
function givenRelay() {
  const newest = new Map<string, number>()
  const rulesets = createRelayedRulesets(
    (source) => {
      const published = publish(rulesetOf(newest.get(source!)!), () => 'digest')
      return { upstream: { published } } as unknown as Relayed // Nothing else is read.
    },
    (error) => {
      throw error
    },
  )
  const received: string[] = []
  const watch = (source: string, prepare?: RulesetWatcher['prepare']) => {
    const note = ({ published }: RulesetUpdate) =>
      received.push(`${source} ${published.ruleset.version}`)
    newest.set(source, 1)
    const target = { project: 'shop', scope: 'production', audience: 'server', source } as const
    const unwatch = rulesets.watch(target, { ...(prepare && { prepare }), publish: note })
    return { unwatch, current: (least: number) => rulesets.current(target, least) }
  }
  const receive = (source: string, version: number, isNext = true) => {
    const from = newest.get(source)!
    newest.set(source, version)
    const patch = { epoch: 'e', from, to: version, flags: {}, segments: {} }
    const published = publish(rulesetOf(version), () => 'digest')
    rulesets.publish(source, { published, patch: isNext ? patch : undefined })
  }
  return { received, watch, receive }
}

/** Returns a preparation that takes many turns of the event loop until it is opened. */
function slowPreparation() {
  let isOpen = false
  return {
    open: () => {
      isOpen = true
    },
    *prepare() {
      while (!isOpen) yield
    },
  }
}

test('a quick update of an upstream is published in the turn in which it was received', () => {
  const { received, watch, receive } = givenRelay()
  watch('a')

  receive('a', 2)

  expect(received).toEqual(['a 2'])
})

test('a long update is overtaken by those of other connections, but by no later one of its own', async () => {
  const { received, watch, receive } = givenRelay()
  const { prepare, open } = slowPreparation()
  watch('a', prepare)
  watch('b')

  receive('a', 2)
  receive('b', 2)
  receive('a', 3)
  await expect.poll(() => received).toEqual(['b 2'])
  open()

  await expect.poll(() => received).toEqual(['b 2', 'a 2', 'a 3'])
})

test('a client that holds the version of a long update is not sent back', () => {
  const { received, watch, receive } = givenRelay()
  const { current } = watch('a', slowPreparation().prepare)
  receive('a', 2)
  expect(received).toEqual([])

  current(1)
  expect(current(2).ruleset.version).toBe(2)

  expect(received).toEqual(['a 2'])
})

test('a ruleset of another lineage is published at once, after those before it', () => {
  const { received, watch, receive } = givenRelay()
  watch('a', slowPreparation().prepare)
  receive('a', 4)

  receive('a', 3, false)

  expect(received).toEqual(['a 4', 'a 3'])
})

test('an update whose last watcher has left is not published', async () => {
  const { received, watch, receive } = givenRelay()
  const { prepare, open } = slowPreparation()
  const { unwatch } = watch('a', prepare)
  receive('a', 2)

  unwatch()
  open()
  watch('a')
  receive('a', 3)

  await expect.poll(() => received).toEqual(['a 3'])
})
