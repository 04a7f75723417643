import { type EvidenceProcess, logMixture, pooled, without } from './evidence-process.ts'
import type { Metric } from './metric.ts'
import { weightsOf } from './tally.ts'
import type { Evidence } from './verdict.ts'

/** Own evidence that a scope must have to count as one of the two that are broken: about 3 to 1. */
const OWN_EVIDENCE_LOG = Math.log(10) / 2

/** The evidence of one metric in one scope: `process` of its verdict. */
export interface ScopeEvidence {
  readonly scope: string
  readonly process: EvidenceProcess
}

/** A verdict on one metric in all scopes together. */
export interface SystemicVerdict {
  readonly metric: string
  readonly isRegressed: boolean
  /** The least evidence of all scopes without one of them. */
  readonly comparison: Evidence
  /** Scopes with evidence of their own, the strongest first. */
  readonly scopes: readonly string[]
}

/**
 * Judges whether a metric regressed in more than one scope. The evidence of all scopes but one must
 * pass the threshold, whichever is left out, so that a single broken instance never rolls back all.
 *
 * Source: partial conjunction, Y. Benjamini and R. Heller, Biometrics 2008. Two scopes must also
 * have evidence of their own, substantial by H. Jeffreys' scale (10^½).
 *
 * @param alpha budget of this metric for verdicts on all scopes, from `systemicAlpha`
 */
export function judgeTogether(
  metric: Metric,
  evidence: readonly ScopeEvidence[],
  { alpha, restartsAhead }: { readonly alpha: number; readonly restartsAhead?: number },
): SystemicVerdict {
  const weights = weightsOf(metric)
  const logOf = (process: EvidenceProcess) => logMixture(process, weights, restartsAhead)
  const own = evidence
    .map(({ scope, process }) => ({ scope, log: logOf(process) }))
    .filter(({ log }) => log >= OWN_EVIDENCE_LOG)
    .sort((a, b) => b.log - a.log)
  const all = pooled(evidence.map(({ process }) => process))
  const logs = evidence.map(({ process }) => logOf(without(all, process)))
  const log10 = evidence.length < 2 ? 0 : Math.min(...logs) / Math.LN10
  const threshold = -Math.log10(alpha)
  return {
    metric: metric.key,
    isRegressed: own.length >= 2 && log10 >= threshold,
    comparison: { log10, threshold },
    scopes: own.map(({ scope }) => scope),
  }
}
