import type { Flags, FlagsStatus } from '@flaghoist/client'
import {
  ClientProviderEvents,
  type ErrorCode,
  GeneralError,
  type OpenFeatureError,
  ProviderFatalError,
} from '@openfeature/core'

/** Options of a provider. */
export interface ProviderOptions {
  /**
   * Longest wait for the server, ms. After it, evaluations use the cache or the bootstrap.
   * @default 5000
   */
  readonly timeout?: number | undefined
}

const READY_TIMEOUT_MS = 5_000

/** Emits a provider event. Both OpenFeature SDKs use the same event names. */
export type Emit = (event: ClientProviderEvents, details?: CommonEventDetails) => void

/** Details that both SDKs accept. A mapped type, because only a type can be passed as a record. */
type CommonEventDetails = Partial<
  Readonly<
    Record<'message', string> & Record<'errorCode', ErrorCode> & Record<'flagsChanged', string[]>
  >
>

/** The events of a provider, from its initialization to its end. */
export interface Lifecycle {
  /**
   * Waits for the first response of the server.
   * @throws {OpenFeatureError} `PROVIDER_FATAL` if the key was refused, `GENERAL` if no ruleset was
   * received in time and none was cached
   */
  start(): Promise<void>
  /** Emits no further events. */
  stop(): void
}

/** Error codes that last until the key or the options are corrected. */
const FATAL = /^(KEY_|SCOPE_|PROJECT_KEY_|OPTION_)/

/**
 * Emits provider events as the state of flags changes. The OpenFeature SDK itself emits the first
 * `PROVIDER_READY`.
 */
export function followLifecycle(
  flags: Flags,
  { timeout = READY_TIMEOUT_MS }: ProviderOptions,
  emit: Emit,
): Lifecycle {
  type Announced = 'ready' | 'stale' | 'failed' | 'fatal'
  let announced: Announced | undefined
  let leave: (() => void)[] = []

  const announce = (now: Announced, status: FlagsStatus) => {
    if (announced === now) return
    announced = now
    const message = problemOf(status)
    if (now === 'ready') emit(ClientProviderEvents.Ready)
    else if (now === 'stale') emit(ClientProviderEvents.Stale, { message })
    else emit(ClientProviderEvents.Error, { message, errorCode: errorOf(status).code })
  }
  const follow = (status: FlagsStatus) => {
    if (announced === undefined || status.state === 'closed') return
    if (status.state === 'live') announce('ready', status)
    else if (status.state !== 'default') announce('stale', status)
    else announce(isFatal(status) ? 'fatal' : 'failed', status)
  }

  return {
    async start() {
      leave = [
        flags.on('status', follow),
        flags.on('change', ({ flags: changed }) => {
          if (announced !== undefined)
            emit(ClientProviderEvents.ConfigurationChanged, { flagsChanged: [...changed] })
        }),
      ]
      const { status } = await flags.ready({ timeout })
      if (status === 'default') {
        const reached = flags.status()
        announced = isFatal(reached) ? 'fatal' : 'failed'
        throw errorOf(reached)
      }
      announced = 'ready'
      // The SDK emits ready first; then this tells that the cached ruleset may be old.
      if (status === 'cached') setTimeout(() => follow(flags.status()))
    },
    stop() {
      for (const off of leave) off()
    },
  }
}

function errorOf(status: FlagsStatus): OpenFeatureError {
  return new (isFatal(status) ? ProviderFatalError : GeneralError)(problemOf(status))
}

function isFatal({ lastError }: FlagsStatus): boolean {
  return FATAL.test(lastError?.code ?? '')
}

function problemOf({ lastError }: FlagsStatus): string {
  if (lastError === undefined) return 'The server has not responded yet.'
  return `${lastError.code}: ${lastError.message} ${lastError.hint}`
}
