import type { OutcomeReporter } from '@flaghoist/client'
import type { TrackingEventDetails } from '@openfeature/core'

/** Reports a tracking event as an outcome: `Checkout Completed` is the metric `checkout-completed`. */
export function reportEvent(
  reporter: OutcomeReporter,
  name: string,
  { value }: TrackingEventDetails = {},
): void {
  const metric = name
    .toLowerCase()
    .replace(/[^a-z0-9._-]+/g, '-')
    .replace(/^[._-]+/, '')
    .slice(0, 100)
  reporter.track(metric, value)
}
