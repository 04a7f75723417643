import { bucketMiddle } from '@flaghoist/core'
import { type Attributes, metrics } from '@opentelemetry/api'
import type { EventRecord, EventSink } from './event-sink.ts'

/**
 * Counts into the process's meter provider of OpenTelemetry, which whoever runs the server
 * registers (`node --import ./telemetry.js`). Attributes are those of OpenTelemetry's conventions
 * where there are any.
 *
 * @see https://opentelemetry.io/docs/specs/semconv/registry/attributes/feature-flag/
 */
export function createOtelSink(): EventSink {
  const meter = metrics.getMeter('@flaghoist/server')
  const exposures = meter.createCounter('flaghoist.exposures', {
    unit: '{exposure}',
    description: 'How often variants were served',
  })
  const outcomes = meter.createCounter('flaghoist.outcomes', {
    unit: '{unit}',
    description: 'How many were reported to have had an outcome',
  })
  const measurements = meter.createHistogram('flaghoist.measurements', {
    description: 'What was measured, to 5 %',
  })

  return {
    publish({ project, audience, exposures: seen, outcomes: happened }: EventRecord) {
      const attributesOf = (item: (typeof seen | typeof happened)[number]): Attributes => ({
        'feature_flag.key': item.flag,
        'feature_flag.result.variant': item.variant,
        'feature_flag.set.id': `${project}/${item.scope}`,
        'feature_flag.provider.name': 'flaghoist',
        'flaghoist.revision': item.revision,
        'flaghoist.audience': audience,
        ...(item.arm !== '' && { 'flaghoist.arm': item.arm }),
      })
      for (const item of seen) {
        const reason = item.reason.toLowerCase()
        exposures.add(item.count, { ...attributesOf(item), 'feature_flag.result.reason': reason })
      }
      for (const item of happened) {
        const attributes = { ...attributesOf(item), 'flaghoist.metric': item.metric }
        outcomes.add(item.units.length, attributes)
        for (const bucket of item.buckets ?? [])
          measurements.record(bucketMiddle(bucket), attributes)
      }
    },
    close: async () => undefined,
  }
}
