import { bucketMiddle } from '@flaghoist/core/internal'
import { type Attributes, metrics } from '@opentelemetry/api'
import type { EventRecord, EventSink } from './event-sink.ts'

/**
 * A sink that counts events in OpenTelemetry. The operator registers the process's meter provider
 * (`node --import ./telemetry.js`). Attributes follow OpenTelemetry's conventions where they exist.
 *
 * @see https://opentelemetry.io/docs/specs/semconv/registry/attributes/feature-flag/
 */
export function createOtelSink(): EventSink {
  const meter = metrics.getMeter('@flaghoist/server')
  const exposureCounter = meter.createCounter('flaghoist.exposures', {
    unit: '{exposure}',
    description: 'Number of exposures',
  })
  const outcomeCounter = meter.createCounter('flaghoist.outcomes', {
    unit: '{unit}',
    description: 'Number of units with an outcome',
  })
  const measurements = meter.createHistogram('flaghoist.measurements', {
    description: 'Measured values, accurate to 5 %',
  })

  return {
    publish(record) {
      for (const exposure of record.exposures)
        exposureCounter.add(exposure.count, {
          ...attributesOf(record, exposure),
          'feature_flag.result.reason': exposure.reason.toLowerCase(),
        })
      for (const outcome of record.outcomes) {
        const attributes = { ...attributesOf(record, outcome), 'flaghoist.metric': outcome.metric }
        outcomeCounter.add(outcome.units.length, attributes)
        for (const bucket of outcome.buckets ?? [])
          measurements.record(bucketMiddle(bucket), attributes)
      }
    },
    close: async () => undefined,
  }
}

function attributesOf(
  { project, audience }: EventRecord,
  { flag, variant, scope, revision, arm, split }: EventRecord['exposures' | 'outcomes'][number],
): Attributes {
  return {
    'feature_flag.key': flag,
    ...(variant !== '' && { 'feature_flag.result.variant': variant }),
    'feature_flag.set.id': `${project}/${scope}`,
    'feature_flag.provider.name': 'flaghoist',
    'flaghoist.revision': revision,
    'flaghoist.audience': audience,
    ...(arm !== '' && { 'flaghoist.arm': arm }),
    ...(split !== '' && { 'flaghoist.split': split }),
  }
}
