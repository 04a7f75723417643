import type { Platform } from '@flaghoist/client'
import type { Ruleset, RulesetFlag } from '@flaghoist/core'
import { createDigester } from '@flaghoist/core/internal'
import { nodePlatform } from '../src/node-platform.ts'

/** Timers and clock run this much faster: what takes 20 s for a user takes 0.2 s here. */
export const SPEED = 100

export const flag = (on: boolean): RulesetFlag => ({
  type: 'boolean',
  variants: { on: true, off: false },
  on,
  off: 'off',
  fallthrough: { variant: 'on' },
  revision: 1,
})

/** A ruleset in which `new-checkout` is on or off. */
export const ruleset = (version: number, on: boolean, epoch = 'e1'): Ruleset => ({
  spec: 1,
  project: 'shop',
  scope: 'production/acme',
  epoch,
  version,
  flags: { 'new-checkout': flag(on) },
  segments: {},
})

export const digestOf = createDigester()

export const heartbeat = (of: Ruleset) => ({
  epoch: of.epoch,
  version: of.version,
  digest: digestOf(of),
})

/** Node's platform with fast time, and without chance: every wait is half of what it could be. */
export function fastPlatform(parts: Partial<Platform> = {}): Platform {
  const { beforeExit: _, ...real } = nodePlatform(undefined)
  return {
    ...real,
    elapsed: () => performance.now() * SPEED,
    schedule: (ms, run, isAwaited) => real.schedule(ms / SPEED, run, isAwaited),
    random: () => 0.5,
    warn: () => undefined,
    ...parts,
  }
}

/**
 * The real time, for tests in which none has to pass: a busy machine that is late by 0.2 s ends no
 * stream.
 */
export function realTime(): Pick<Platform, 'elapsed' | 'schedule'> {
  const { elapsed, schedule } = nodePlatform(undefined)
  return { elapsed, schedule }
}

/** Waits until something holds, but not for ever. */
export async function until(what: string, holds: () => boolean, withinMs = 15_000): Promise<void> {
  const giveUpAt = performance.now() + withinMs
  while (!holds()) {
    if (performance.now() > giveUpAt) throw new Error(`Waited in vain until ${what}.`)
    await new Promise((resolve) => setTimeout(resolve, 2))
  }
}
