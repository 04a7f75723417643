import { histogramBucket } from '@flaghoist/core/internal'
import { metricsOf, type ProjectState } from '@flaghoist/core/model'
import type { Metric } from '@flaghoist/core/schema'
import type { Metric as JudgedMetric } from '@flaghoist/health'

/** Units that an open circuit of `guard` keeps from the new path. They hold a rollout. */
const KEPT_OFF: JudgedMetric = { key: 'kept-off', kind: 'kept-off', role: 'guardrail' }

/**
 * Returns the metrics that judge a rollout: the named ones, or else all guardrails and goals. A
 * built-in measurement counts once it has arrived, because a project may not measure it.
 *
 * @param keys of the metrics that a plan names
 * @param reported metrics that have arrived in the scope
 */
export function judgedMetrics(
  state: ProjectState,
  keys: readonly string[] | undefined,
  reported: ReadonlySet<string>,
): readonly JudgedMetric[] {
  const metrics = metricsOf(state)
  const named = keys?.flatMap((key) => metrics.get(key) ?? [])
  const chosen =
    named ??
    [...metrics.values()].filter(
      ({ key, kind, role }) =>
        role !== 'shown' && (kind !== 'measurement' || state.metrics.has(key) || reported.has(key)),
    )
  return [...chosen.map(judgedMetric), KEPT_OFF]
}

/** Returns a metric of a project as the statistics know it. */
export function judgedMetric({ key, kind, role, direction, margin, limit }: Metric): JudgedMetric {
  return {
    key,
    kind,
    role,
    margin: margin / 100,
    ...(kind === 'measurement' && { direction: direction === 'higher' ? 'less' : 'more' }),
    ...(limit && { limit: hardLimit(kind, limit) }),
  }
}

function hardLimit(
  kind: Metric['kind'],
  { percent, above }: NonNullable<Metric['limit']>,
): NonNullable<JudgedMetric['limit']> {
  // At least so many must convert, so at most the others may not.
  const share = kind === 'conversion' ? 1 - percent / 100 : percent / 100
  return { share, ...(above !== undefined && { bucket: histogramBucket(above) }) }
}
