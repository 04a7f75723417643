import { metricsOf } from '@flaghoist/core/model'
import { Metric } from '@flaghoist/core/schema'
import type { Resource } from '../resources/resource.ts'

/** Metrics: the outcomes that judge rollouts. */
export const metrics: Resource = {
  kind: 'metric',
  plural: 'metrics',
  article: 'a metric',
  tag: 'Metrics',
  description:
    'A metric is an outcome that judges rollouts. `error`, `alive` and `latency` exist in every project: change them with PATCH.',
  schema: Metric,
  examples: {
    create: { key: 'checkout-ms', kind: 'measurement', unit: 'ms', margin: 5 },
    update: { margin: 10 },
  },
  entities: metricsOf,
  defaults: (key) => ({ name: key, kind: 'failure', margin: 0, role: 'guardrail' }),
}
