import type { Platform } from './platform.ts'
import type { HeldVersion } from './report-sender.ts'

/** The held version, until the server knows it. */
export interface Confirmations {
  /** Plans the confirmation of a version within some ms. It replaces one that still waits. */
  plan(version: HeldVersion, withinMs: number): void
  /** Returns the held version and its age; undefined without one. */
  held(): HeldVersion | undefined
  /** Returns the version that the server does not know yet. */
  pending(): HeldVersion | undefined
  /** Records that the server knows a version. */
  done(version: HeldVersion | undefined): void
}

/** @param onDue sends a report with the held version */
export function createConfirmations(
  { elapsed, random, schedule }: Platform,
  onDue: () => void,
): Confirmations {
  let held: HeldVersion | undefined
  let heldAt = 0
  let pending: HeldVersion | undefined
  let isPlanned = false

  return {
    plan(version, withinMs) {
      held = version
      pending = version
      heldAt = elapsed()
      if (withinMs === 0) return onDue()
      if (isPlanned) return
      isPlanned = true
      schedule(random() * withinMs, () => {
        isPlanned = false
        onDue()
      })
    },
    held() {
      const ageMs = elapsed() - heldAt
      return held?.hash && ageMs > 0 ? { ...held, ageMs } : held
    },
    pending: () => pending,
    done(version) {
      if (version === pending) pending = undefined
    },
  }
}
