import type { Issue } from '../../errors.ts'
import type { Metric } from '../../schema/index.ts'

/** Returns the issues of a metric: members that contradict its kind. */
export function validateMetric({ key, kind, direction, limit }: Metric): readonly Issue[] {
  if (kind === 'absence' && key !== 'alive') {
    const message =
      'Only "alive" is an absence, because SDKs report it for every unit. Use "conversion".'
    return [{ path: 'kind', message }]
  }
  const isMeasured = kind === 'measurement'
  // More units with a sign of life are better.
  const natural = kind === 'conversion' || kind === 'absence' ? 'higher' : 'lower'
  if (!isMeasured && direction !== undefined && direction !== natural) {
    const message = `A ${kind} is better ${natural}. Remove "direction", or change the kind.`
    return [{ path: 'direction', message }]
  }
  if (limit !== undefined && isMeasured !== (limit.above !== undefined)) {
    const message = isMeasured
      ? 'The limit of a measurement needs "above", the value that few units may exceed.'
      : `The limit of a ${kind} has no "above". Remove it.`
    return [{ path: 'limit.above', message }]
  }
  return []
}
