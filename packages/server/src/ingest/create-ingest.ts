import type { Ruleset } from '@flaghoist/core'
import type { EventRecord } from '../delivery/sinks/event-sink.ts'
import type { Principal } from '../http/principal.ts'
import type { RulesetTarget } from '../rulesets/rulesets.ts'
import type { Services } from '../services.ts'
import { MAX_METRICS } from '../stores/event-store.ts'
import type { ReportedBatch } from './schemas.ts'
import { tally } from './select-events.ts'

/** A batch, and where it comes from. */
export interface Arrival {
  readonly sdk: EventRecord['sdk']
  readonly batch: ReportedBatch
  /** By the reporter's clock, epoch ms. */
  readonly sentAt: number | undefined
  readonly address: RulesetTarget
  readonly ruleset: Ruleset
}

export interface Taken {
  readonly accepted: number
  readonly dropped: number
  readonly duplicate?: true
}

/** Different things that a key in browsers may report of a flag and scope in a minute: a few revisions, variants and metrics. */
const CLIENT_CELLS = 200
/** Browsers may not use up the metrics that servers report. */
const MOST_CLIENT_METRICS = MAX_METRICS / 2

/** The way of a batch: what fits is counted, stored, and handed on. */
export function createIntake({ quota: caps, projects, config, sinks, stores, now }: Services) {
  const limits = {
    client: { eventsPerMinute: config.clientEvents, cellsPerMinute: CLIENT_CELLS },
    server: { eventsPerMinute: config.serverEvents, cellsPerMinute: undefined },
  }

  return async (
    { keyId }: Principal,
    { sdk, batch, sentAt, address: { project, audience }, ruleset }: Arrival,
  ): Promise<Taken> => {
    const at = now()
    const allowance = caps.allowance(keyId, limits[audience])
    const { exposures, outcomes, accepted, dropped } = tally(batch, {
      ruleset,
      instances: projects.get(project).state.instances,
      now: at,
      sentAt,
      admits: allowance.admits,
    })
    const maxMetrics = audience === 'client' ? MOST_CLIENT_METRICS : MAX_METRICS
    const added = await stores.events
      .add(project, { id: batch.id, at, exposures, outcomes, maxMetrics })
      .catch((error: unknown) => {
        allowance.giveBack() // It will be tried again.
        throw error
      })
    if (!added.isNew) {
      allowance.giveBack()
      return { accepted: 0, dropped: 0, duplicate: true }
    }
    allowance.keep()
    sinks.publish({
      project,
      at: new Date(at).toISOString(),
      audience,
      sdk,
      batch: batch.id,
      exposures,
      outcomes,
    })
    return { accepted: accepted - added.dropped, dropped: dropped + added.dropped }
  }
}
