/** The Flaghoist provider for OpenFeature's web SDK. */
import { type BrowserFlags, type BrowserOptions, createFlags } from '@flaghoist/browser'
import type { EvaluationContext as FlagContext, JsonValue as FlagJson } from '@flaghoist/client'
import {
  type EvaluationContext,
  type JsonValue,
  OpenFeatureEventEmitter,
  type Provider,
  type ResolutionDetails,
  type TrackingEventDetails,
} from '@openfeature/web-sdk'
import { createLifecycle, type Lifecycle, type ProviderOptions } from './lifecycle.ts'
import { trackEvent } from './metric.ts'
import { toResolution } from './resolution.ts'

export type { ProviderOptions } from './lifecycle.ts'
export { createTelemetryHook, type Telemetry, type TelemetryHook } from './telemetry-hook.ts'

/**
 * A provider for OpenFeature's web SDK. Evaluation is local, and uses a new context at once. The
 * SDK reports that it reconciles only while no ruleset has been received.
 *
 * @example
 * await OpenFeature.setProviderAndWait(new FlaghoistProvider({ url: 'https://flags.example.com', key: 'fh_client_…' }))
 */
export class FlaghoistProvider implements Provider {
  readonly metadata = { name: 'flaghoist' } as const
  readonly runsOn = 'client'
  readonly events = new OpenFeatureEventEmitter()
  readonly #lifecycle: Lifecycle<BrowserFlags>

  /**
   * @param source options of `createFlags`, for flags that close with the provider; or existing
   * flags, which stay open
   */
  constructor(source: BrowserFlags | BrowserOptions, options: ProviderOptions = {}) {
    this.#lifecycle = createLifecycle(source, createFlags, options, (event, details) =>
      this.events.emit(event as never, details),
    )
  }

  initialize(context: EvaluationContext = {}): Promise<void> {
    const started = this.#lifecycle.start()
    // An app without an OpenFeature context may have given one to the flags.
    if (Object.keys(context).length > 0) this.#identify(context)
    return started
  }

  onContextChange(_before: EvaluationContext, context: EvaluationContext): Promise<void> | void {
    this.#identify(context)
    return this.#lifecycle.reconcile()
  }

  onClose(): Promise<void> {
    return this.#lifecycle.close()
  }

  resolveBooleanEvaluation(key: string, fallback: boolean) {
    return this.#resolve<boolean>(key, fallback)
  }

  resolveStringEvaluation(key: string, fallback: string) {
    return this.#resolve<string>(key, fallback)
  }

  resolveNumberEvaluation(key: string, fallback: number) {
    return this.#resolve<number>(key, fallback)
  }

  resolveObjectEvaluation<T extends JsonValue>(key: string, fallback: T) {
    return this.#resolve<T>(key, fallback)
  }

  track(name: string, _context: EvaluationContext, details?: TrackingEventDetails): void {
    trackEvent(this.#lifecycle.flags, name, details)
  }

  #identify(context: EvaluationContext): void {
    this.#lifecycle.flags.identify(context as FlagContext)
  }

  #resolve<T>(key: string, fallback: unknown): ResolutionDetails<T> {
    return toResolution(this.#lifecycle.flags.details(key, fallback as FlagJson))
  }
}
