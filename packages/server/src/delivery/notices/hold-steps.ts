import type { Severity } from '@flaghoist/core/schema'

/** The next step of a person, by the reason of a hold. */
const STEPS: Readonly<Record<string, string>> = {
  'by-person': 'Use "resume" once the reason for the hold is gone.',
  watch: 'Look at the metrics. The hold ends by itself when they recover.',
  'no-data': 'Check that the SDKs report. The hold ends by itself when they do.',
  'changed-by-hand': 'Use "adopt" to keep the changed settings, or "resume" to replace them.',
  'fail-budget': 'Use "resume" to accept the failures, or "abort" to end the rollout.',
}

/** Returns the next step of a person after a hold. @param code reason of the hold */
export function stepAfterHold(code: string): string {
  return STEPS[code] ?? 'Use "rollback" to end it there, or "resume" to continue.'
}

/** Returns the severity of a hold. @param code its reason */
export function severityOfHold(code: string): Severity {
  if (code === 'by-person') return 'info'
  return code === 'regressed' ? 'critical' : 'warning'
}

/** Returns the severity of a rollback. @param code its reason */
export function severityOfRollback(code: string): Severity {
  return code === 'by-person' ? 'warning' : 'critical'
}
