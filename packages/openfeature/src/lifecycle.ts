import type { Flags, FlagsStatus } from '@flaghoist/client'
import {
  ClientProviderEvents,
  type ErrorCode,
  GeneralError,
  type OpenFeatureError,
  ProviderFatalError,
} from '@openfeature/core'

/** How long a provider waits for its server. */
export interface ProviderOptions {
  /**
   * ms; what was kept before, or a bootstrap, is answered from after that.
   * @default 5000
   */
  readonly timeout?: number | undefined
}

const READY_TIMEOUT_MS = 5_000

/** Tells of an event; both SDKs have the same names for them. */
export type Emit = (event: ClientProviderEvents, details?: CommonEventDetails) => void

// A type, not an interface: only a type is a record of anything.
// biome-ignore lint/style/useConsistentTypeDefinitions: see above.
type CommonEventDetails = {
  readonly message?: string
  readonly errorCode?: ErrorCode
  readonly flagsChanged?: string[]
}

export interface Lifecycle {
  /**
   * Waits for the first answer of the server.
   * @throws {OpenFeatureError} `PROVIDER_FATAL` where the key is refused, `GENERAL` where nothing came, and nothing was kept, in time
   */
  start(): Promise<void>
  stop(): void
}

/** Codes that last until somebody mends the key or the options. */
const FATAL = /^(KEY_|SCOPE_|PROJECT_KEY_)/

/**
 * Follows the state of flags from the moment when the first answer was waited for. The SDK itself tells of the first readiness.
 */
export function followLifecycle(
  flags: Flags,
  { timeout = READY_TIMEOUT_MS }: ProviderOptions,
  emit: Emit,
): Lifecycle {
  type Told = 'ready' | 'stale' | 'failed' | 'fatal'
  let told: Told | undefined
  let leave: (() => void)[] = []

  const tell = (now: Told, status: FlagsStatus) => {
    if (told === now) return
    told = now
    const message = problemOf(status)
    if (now === 'ready') emit(ClientProviderEvents.Ready)
    else if (now === 'stale') emit(ClientProviderEvents.Stale, { message })
    else emit(ClientProviderEvents.Error, { message, errorCode: errorOf(status).code })
  }
  const follow = (status: FlagsStatus) => {
    if (told === undefined || status.state === 'closed') return
    if (status.state === 'live') tell('ready', status)
    else if (status.state !== 'default') tell('stale', status)
    else tell(isFatal(status) ? 'fatal' : 'failed', status)
  }

  return {
    async start() {
      leave = [
        flags.on('status', follow),
        flags.on('change', ({ flags: changed }) => {
          if (told !== undefined)
            emit(ClientProviderEvents.ConfigurationChanged, { flagsChanged: [...changed] })
        }),
      ]
      const { status } = await flags.ready({ timeout })
      if (status === 'default') {
        const reached = flags.status()
        told = isFatal(reached) ? 'fatal' : 'failed'
        throw errorOf(reached)
      }
      told = 'ready'
      // After the SDK has told that it is ready: there are answers, but they may be old.
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
  if (lastError === undefined) return 'The server has not answered yet.'
  return `${lastError.code}: ${lastError.message} ${lastError.hint}`
}
