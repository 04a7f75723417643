/** The Flaghoist provider for OpenFeature's server SDK. */
import type {
  EvaluationContext as FlagContext,
  JsonValue as FlagJson,
  ScopedFlags,
} from '@flaghoist/client'
import { createFlags, type Flags, type NodeOptions } from '@flaghoist/node'
import {
  type EvaluationContext,
  type JsonValue,
  OpenFeatureEventEmitter,
  type Provider,
  type ResolutionDetails,
  type TrackingEventDetails,
} from '@openfeature/server-sdk'
import { createLifecycle, type Lifecycle, type ProviderOptions } from './lifecycle.ts'
import { trackEvent } from './metric.ts'
import { toResolution } from './resolution.ts'

export type { ProviderOptions } from './lifecycle.ts'
export { createTelemetryHook, type Telemetry, type TelemetryHook } from './telemetry-hook.ts'

/** Number of users whose exposures are remembered for later tracking events. */
const MAX_USERS = 10_000

/**
 * A provider for OpenFeature's server SDK. Evaluation is local, exposures are recorded, and `track`
 * is attributed to the variants that its targeting key was exposed to.
 *
 * @example
 * await OpenFeature.setProviderAndWait(new FlaghoistProvider({ url: 'https://flags.example.com', key: 'fh_server_…' }))
 */
export class FlaghoistProvider implements Provider {
  readonly metadata = { name: 'flaghoist' } as const
  readonly runsOn = 'server'
  readonly events = new OpenFeatureEventEmitter()
  readonly #lifecycle: Lifecycle<Flags>
  readonly #users = new Map<string, ScopedFlags>()

  /**
   * @param source options of `createFlags`, for flags that close with the provider; or existing
   * flags, which stay open
   */
  constructor(source: Flags | NodeOptions, options: ProviderOptions = {}) {
    this.#lifecycle = createLifecycle<Flags, NodeOptions>(
      source,
      createFlags,
      options,
      (event, details) => this.events.emit(event as never, details),
    )
  }

  initialize(): Promise<void> {
    this.#users.clear() // They belong to flags that may have been closed.
    return this.#lifecycle.start()
  }

  onClose(): Promise<void> {
    return this.#lifecycle.close()
  }

  async resolveBooleanEvaluation(key: string, fallback: boolean, context: EvaluationContext) {
    return this.#resolve<boolean>(key, fallback, context)
  }

  async resolveStringEvaluation(key: string, fallback: string, context: EvaluationContext) {
    return this.#resolve<string>(key, fallback, context)
  }

  async resolveNumberEvaluation(key: string, fallback: number, context: EvaluationContext) {
    return this.#resolve<number>(key, fallback, context)
  }

  async resolveObjectEvaluation<T extends JsonValue>(
    key: string,
    fallback: T,
    context: EvaluationContext,
  ) {
    return this.#resolve<T>(key, fallback, context)
  }

  track(name: string, { targetingKey }: EvaluationContext, details?: TrackingEventDetails): void {
    // A user without evaluations was exposed to nothing.
    const user = targetingKey === undefined ? undefined : this.#users.get(targetingKey)
    if (user) trackEvent(user, name, details)
  }

  #resolve<T>(key: string, fallback: unknown, context: EvaluationContext): ResolutionDetails<T> {
    const { targetingKey } = context
    const reader = targetingKey === undefined ? this.#lifecycle.flags : this.#userOf(targetingKey)
    return toResolution(reader.details(key, fallback as FlagJson, context as FlagContext))
  }

  #userOf(targetingKey: string): ScopedFlags {
    const known = this.#users.get(targetingKey)
    if (known) return known
    if (this.#users.size >= MAX_USERS) this.#users.delete(this.#users.keys().next().value!)
    const made = this.#lifecycle.flags.for({ targetingKey })
    this.#users.set(targetingKey, made)
    return made
  }
}
