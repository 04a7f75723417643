import type { Flags, FlagsStatus } from '@flaghoist/client'
import { GeneralError, type OpenFeatureError, ProviderFatalError } from '@openfeature/core'

/** How long a provider waits for its server. */
export interface ProviderOptions {
  /**
   * ms; what was kept before, or a bootstrap, is answered from after that.
   * @default 5000
   */
  readonly timeout?: number | undefined
}

export const READY_TIMEOUT_MS = 5_000

/** What a provider tells of its life; each SDK has names of its own for them. */
export interface LifecycleEvents {
  ready(): void
  stale(message: string): void
  failed(error: OpenFeatureError): void
  changed(flags: string[]): void
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
 *
 * @param timeout how long to wait for the server, ms
 */
export function followLifecycle(flags: Flags, timeout: number, events: LifecycleEvents): Lifecycle {
  type Told = 'ready' | 'stale' | 'failed'
  let told: Told | undefined
  let leave: (() => void)[] = []

  const tell = (now: Told, status: FlagsStatus) => {
    if (told === now) return
    told = now
    if (now === 'ready') events.ready()
    else if (now === 'stale') events.stale(problemOf(status))
    else events.failed(errorOf(status))
  }
  const follow = (status: FlagsStatus) => {
    if (told === undefined || status.state === 'closed') return
    if (status.state === 'live') tell('ready', status)
    else tell(status.state === 'default' ? 'failed' : 'stale', status)
  }

  return {
    async start() {
      leave = [
        flags.on('status', follow),
        flags.on('change', ({ flags: changed }) => {
          if (told !== undefined) events.changed([...changed])
        }),
      ]
      const { status } = await flags.ready({ timeout })
      if (status === 'default') {
        told = 'failed'
        throw errorOf(flags.status())
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
  const isFatal = FATAL.test(status.lastError?.code ?? '')
  return new (isFatal ? ProviderFatalError : GeneralError)(problemOf(status))
}

function problemOf({ lastError }: FlagsStatus): string {
  if (lastError === undefined) return 'The server has not answered yet.'
  return `${lastError.code}: ${lastError.message} ${lastError.hint}`
}
