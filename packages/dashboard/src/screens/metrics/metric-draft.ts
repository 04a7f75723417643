import { numberOf } from '../../forms/decimal.ts'
import type { Metric } from './metric-requests.ts'

/** A metric as people type it. */
export interface MetricDraft {
  key: string
  name: string
  kind: Metric['kind']
  role: Metric['role']
  /** Better direction; of measurements only. */
  direction: 'lower' | 'higher'
  unit: string
  margin: string
  /** Percentage of the hard limit; empty for none. */
  limit: string
  /** Value that few users may exceed; of measurements only. */
  above: string
}

export const NEW_METRIC: MetricDraft = {
  key: '',
  name: '',
  kind: 'failure',
  role: 'guardrail',
  direction: 'lower',
  unit: '',
  margin: '0',
  limit: '',
  above: '',
}

export function draftOf({ limit, direction, unit, margin, ...metric }: Metric): MetricDraft {
  return {
    ...metric,
    direction: direction ?? 'lower',
    unit: unit ?? '',
    margin: String(margin),
    limit: limit === undefined ? '' : String(limit.percent),
    above: limit?.above === undefined ? '' : String(limit.above),
  }
}

/** Returns the metric of a draft, without the members that its kind has not. */
export function metricOf({ key, name, kind, role, ...draft }: MetricDraft): Metric {
  const { direction, unit, margin, limit, above } = draft
  const isMeasured = kind === 'measurement'
  return {
    key: key.trim(),
    name: name.trim() || key.trim(),
    kind,
    role,
    margin: numberOf(margin),
    ...(isMeasured && { direction }),
    ...(isMeasured && unit.trim() && { unit: unit.trim() }),
    ...(limit && {
      limit: { percent: numberOf(limit), ...(isMeasured && above && { above: numberOf(above) }) },
    }),
  }
}
