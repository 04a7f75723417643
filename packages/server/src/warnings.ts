import type { QuotaExcess } from './ingest/quota-excesses.ts'
import type { Log } from './telemetry/log.ts'

/**
 * Logs that a key exceeded its quota.
 * @param hint sentence that names the next step
 */
export function warnOfExcess(log: Log, { keyId, flag }: QuotaExcess, hint: string): void {
  log.warn(
    { key: keyId, flag },
    `Key ${keyId} exceeded its reporting limit (first for flag "${flag}"); excess events are dropped. ${hint}`,
  )
}

/** Returns a function that logs errors of work that no request waits for. */
export function reportTo(log: Log, message: string): (error: unknown) => void {
  return (error) => log.error({ err: error }, message)
}
