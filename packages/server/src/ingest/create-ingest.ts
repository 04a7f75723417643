import type { Ruleset } from '@flaghoist/core'
import { allocationOf } from '@flaghoist/core/model'
import type { Config } from '../config.ts'
import type { EventRecord } from '../delivery/sinks/event-sink.ts'
import { problem } from '../errors.ts'
import type { Principal } from '../http/principal.ts'
import type { RulesetTarget } from '../rulesets/rulesets.ts'
import type { Services } from '../services.ts'
import { sizeText } from '../size-text.ts'
import { MAX_METRICS } from '../stores/event-store.ts'
import type { ReportedBatch } from './schemas.ts'
import { selectEvents } from './select-events.ts'

/** A batch that an SDK sent, with the ruleset that it is judged by. */
export interface BatchReport {
  readonly sdk: EventRecord['sdk']
  readonly batch: ReportedBatch
  /** Time of the report by the SDK's clock, epoch ms; undefined without a clock. */
  readonly sentAt: number | undefined
  readonly target: RulesetTarget
  /** Address of the client. */
  readonly address: string
  readonly ruleset: Ruleset
}

/** Numbers of exposures and outcomes that a batch added. */
export interface IngestResult {
  readonly accepted: number
  readonly dropped: number
  /** Set for a batch whose id was known: it added nothing. */
  readonly duplicate?: true
}

/** Records a reported batch. Rejects if it cannot be stored; the SDK may then send it again. */
export type Ingest = (
  principal: Pick<Principal, 'keyId'>,
  report: BatchReport,
) => Promise<IngestResult>

/** Metrics that client keys may add to a revision: they leave room for those of servers. */
const MAX_CLIENT_METRICS = MAX_METRICS / 2

/** The services and settings that ingestion uses. */
export interface IngestParts
  extends Pick<
    Services,
    'quota' | 'unitBudget' | 'unitSamples' | 'freeSpace' | 'projects' | 'sinks' | 'stores' | 'now'
  > {
  readonly config: Pick<Config, 'minFreeBytes'>
}

/** Creates the path of a batch: select its valid events, store them, publish them to the sinks. */
export function createIngest(services: IngestParts): Ingest {
  const { quota, unitBudget, unitSamples, freeSpace, projects, config, sinks, stores, now } =
    services

  return async ({ keyId }, { sdk, batch, sentAt, target, address, ruleset }) => {
    const { project, audience } = target
    if (!(await freeSpace.check()).isEnough)
      throw problem('EVENTS_PAUSED', { space: sizeText(config.minFreeBytes) })
    const at = now()
    const reporter = { keyId, address: audience === 'client' ? address : undefined }
    const reservation = quota.open(reporter)
    const { state } = projects.get(project)
    const { exposures, outcomes, accepted, dropped } = selectEvents(batch, {
      ruleset,
      instances: state.instances,
      allocationOf: (reported) => allocationOf(state, reported),
      sampleOf: (attempt) => unitSamples.of({ project, ...attempt }),
      now: at,
      sentAt,
      reserve: reservation.reserve,
      hasUnits: unitBudget.hasRoom(reporter),
    })
    const maxMetrics = audience === 'client' ? MAX_CLIENT_METRICS : MAX_METRICS
    const stored = { id: batch.id, at, exposures, outcomes, maxMetrics }
    const added = await stores.events.add(project, stored).catch((error: unknown) => {
      reservation.release()
      throw error
    })
    if (!added.isNew) {
      reservation.release()
      return { accepted: 0, dropped: 0, duplicate: true }
    }
    reservation.commit()
    for (const [attempt, units] of added.newUnits) {
      unitBudget.spend(reporter, units)
      unitSamples.record(attempt, units, audience)
    }
    const receivedAt = new Date(at).toISOString()
    // Receivers could not tell which units of the others were exposed.
    const exposed = outcomes.filter(({ ofKnown }) => !ofKnown)
    const record = { project, at: receivedAt, audience, sdk, batch: batch.id, exposures }
    sinks.publish({ ...record, outcomes: exposed })
    return { accepted: accepted - added.dropped, dropped: dropped + added.dropped }
  }
}
