import type { OutcomeReporter } from '@flaghoist/client'
import type { TrackingEventDetails } from '@openfeature/core'

/**
 * Records a tracking event as an outcome: `Checkout Completed` becomes the metric
 * `checkout-completed`.
 */
export function trackEvent(
  flags: OutcomeReporter,
  name: string,
  { value }: TrackingEventDetails = {},
): void {
  const metric = name
    .toLowerCase()
    .replace(/[^a-z0-9._-]+/g, '-')
    .replace(/^[._-]+/, '')
    .slice(0, 100)
  flags.track(metric, value)
}
