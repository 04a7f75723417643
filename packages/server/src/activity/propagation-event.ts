import { isWithin } from '@flaghoist/core/model'
import type { z } from 'zod'
import { type SdkStatus, summarise } from '../streams/propagation-report.ts'
import type { ActivityPropagation } from './schemas.ts'

const MAX_LAGGARDS = 20

/** Returns the propagation of a version to the SDKs within a scope. */
export function propagationEvent(
  version: number,
  all: readonly SdkStatus[],
  within: string | undefined,
): z.infer<typeof ActivityPropagation> {
  const sdks = all.filter(({ scope }) => isWithin(scope, within))
  const { connected, confirmed, maxMs } = summarise(version, sdks)
  const laggards = sdks.filter(({ counts }) => counts.confirmed < counts.connected)
  return {
    version,
    connected,
    confirmed,
    ...(maxMs !== undefined && { maxMs }),
    laggards: laggards.slice(0, MAX_LAGGARDS).map(({ id, name, scope, version: held }) => ({
      id,
      name,
      scope,
      ...(held !== undefined && { version: held }),
    })),
    isComplete: confirmed === connected,
  }
}
