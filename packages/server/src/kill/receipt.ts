import { parseLayerKey } from '@flaghoist/core/model'
import type { Kill } from '@flaghoist/core/schema'
import type { Principal } from '../http/principal.ts'
import type { Outcome } from '../projects/projects.ts'
import type { KillReceipt, KillWarning } from './schemas.ts'

/** The tags and the configuration that the routes of the kill switch share. */
export const killOptions = {
  tags: ['Kill switch'],
  // The kill switch never waits for a rate limit.
  config: { rateLimit: false },
}

/** The kill that a key makes now. */
export function killOf({ name: by }: Principal, reason: string, now: number): Kill {
  return { at: new Date(now).toISOString(), by, reason }
}

/** The response to a kill or a restore. */
export function receiptOf(
  project: string,
  { version, change }: Outcome,
  warnings: readonly KillWarning[] = [],
): KillReceipt {
  const changed = (change?.edits ?? []).map(({ key }) => parseLayerKey(key))
  const propagation = `/api/v1/projects/${project}/propagation?seq=${version}`
  const named = warnings.length === 0 ? {} : { warnings: [...warnings] }
  return { version, changed, ...named, propagation }
}
