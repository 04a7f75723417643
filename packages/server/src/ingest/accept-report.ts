import type { z } from 'zod'
import type { Client } from '../http/client-address.ts'
import type { Principal } from '../http/principal.ts'
import type { RulesetTarget } from '../rulesets/rulesets.ts'
import type { SdkServices } from '../services.ts'
import type { RelayedSdks } from '../streams/relayed-sdks.ts'
import type { IngestResult } from './create-ingest.ts'
import { mayCountSdks } from './relay-vouchers.ts'
import type { EventsRequest, EventsResponse } from './schemas.ts'

/** The sender of a report, and its target. */
export interface Reporter {
  readonly principal: Principal
  readonly target: RulesetTarget
  readonly client: Client
}

/** Records the ruleset that an SDK holds, and its batch. Rejects if that cannot be stored. */
export type AcceptReport = (
  reporter: Reporter,
  report: z.infer<typeof EventsRequest>,
) => Promise<z.infer<typeof EventsResponse>>

/** The result of a report without a batch. */
const NOTHING: IngestResult = { accepted: 0, dropped: 0 }

/** Creates what the direct route and the route of reports share. */
export function createAcceptReport(services: SdkServices): AcceptReport {
  const { targets, propagation, rulesets, addressOf, intake } = services
  /** Keeps the versions that are in the log. */
  const confirmAll = async (target: RulesetTarget, epoch: string, relayed: RelayedSdks) => {
    const confirmed = await Promise.all(
      relayed.held.map(({ version, hash }) => targets.confirm(target, { epoch, version, hash })),
    )
    return { ...relayed, held: relayed.held.filter((_, i) => confirmed[i] !== undefined) }
  }

  return async ({ principal, target, client }, { sdk, held, relayed, sentAt, batch }) => {
    const confirmed = await targets.confirm(target, held)
    if (confirmed !== undefined) propagation.held({ ...sdk, ...target }, confirmed, held?.ageMs)
    const { headers } = client
    const isRelay = held && relayed && mayCountSdks(services, principal, { target, headers })
    if (isRelay)
      propagation.relayed({ ...sdk, ...target }, await confirmAll(target, held.epoch, relayed))
    await rulesets.prepare(target)
    const { ruleset } = rulesets.current(target)
    const report = { sdk, sentAt, target, address: addressOf(client), ruleset }
    const result = batch === undefined ? NOTHING : await intake.add(principal, { ...report, batch })
    const { duplicate, ...numbers } = result
    const samples = intake.samplesOf(target, ruleset)
    return { ...numbers, samples, ...(duplicate && { duplicate }) }
  }
}
