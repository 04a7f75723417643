import type { RulesetFlag } from '@flaghoist/core'
import { createClient } from '../src/client.ts'
import {
  createWorld,
  flag,
  frame,
  options,
  put,
  ruleset,
  type Sent,
  START,
  type World,
} from './world.ts'

/** What a client tells its server. */
export interface Report {
  readonly held?: { readonly epoch: string; readonly version: number }
  readonly batch?: {
    readonly id: string
    readonly exposures: readonly Record<string, unknown>[]
    readonly outcomes: readonly Record<string, unknown>[]
  }
}

export const reportOf = ({ body }: Sent): Report => JSON.parse(body!)
export const reports = (world: World) => world.to('/events').map(reportOf)
export const batches = (world: World) => reports(world).flatMap(({ batch }) => batch ?? [])
export const openReports = (world: World) => world.to('/events').filter(({ isOpen }) => isOpen)
export const take = (world: World, status = 202) => world.last('/events').reply(status, {})
/** Start of the minute in which a world begins. */
export const MINUTE = START - (START % 60_000)

type Options = Partial<Parameters<typeof createClient>[0]>

/** A client that streams, whose first confirmation was taken. */
export function streaming(parts: Options = {}, first = put(1)) {
  const world = createWorld()
  const flags = createClient({ ...options, ...parts }, world.platform)
  world.stream(first)
  take(world)
  return { world, flags }
}

/** A percentage rollout that has put everybody, or half of all, into its treatment. */
export const rollout = (share = 50_000, revision = 7): RulesetFlag => ({
  ...flag(true, revision),
  rollout: { by: 'targetingKey', salt: 's', share, serve: { variant: 'on' } },
  fallthrough: { variant: 'off' },
})

/** A client that is rolling flags out: `half`, `all` and `none`; `new-checkout` is just on. */
export function rollingOut(parts: Options = {}) {
  const flags = {
    half: rollout(),
    all: rollout(100_000),
    none: rollout(0),
    'new-checkout': flag(true),
  }
  return streaming(parts, frame('put', ruleset(1, true, { flags })))
}
