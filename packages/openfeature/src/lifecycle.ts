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

/** The flags of a provider, and its events from each initialization to the next close. */
export interface Lifecycle<F extends Flags> {
  /** The flags in use. A provider that is set again after its close opens its own flags again. */
  readonly flags: F
  /**
   * Waits for the first response of the server.
   * @throws {OpenFeatureError} `PROVIDER_FATAL` if the key or an option is refused, `GENERAL` if no
   * ruleset was received in time and none was cached
   */
  start(): Promise<void>
  /**
   * Keeps the status true after a change of context, which the OpenFeature SDK takes for `READY`.
   * Returns a promise, like `start`, only if no ruleset has been received.
   */
  reconcile(): Promise<void> | undefined
  /** Emits that the provider is stale from now on, and closes its own flags. */
  close(): Promise<void>
}

type Announced = 'ready' | 'stale' | 'failed' | 'fatal'

/** Error codes that last until the key or the options are corrected. */
const FATAL = /^(KEY_|SCOPE_|PROJECT_KEY_|OPTION_)/

/**
 * Creates the lifecycle of a provider. The OpenFeature SDK itself sets the status after `start` and
 * `reconcile`; all other changes of the flags become events.
 *
 * @param source flags, which stay open, or options of flags that close with the provider
 * @param create creates flags from options
 */
export function createLifecycle<F extends Flags, O>(
  source: F | O,
  create: (options: O) => F,
  options: ProviderOptions | null,
  emit: Emit,
): Lifecycle<F> {
  const isOwn = !isFlags(source)
  const open = () => (isFlags(source) ? source : create(source))
  const { timeout = READY_TIMEOUT_MS } = options ?? {}
  let flags = open()
  let session = { end: () => {}, correct: (_shown: Announced) => {} }

  const wait = async (opened: F) => {
    const { status } = await opened.ready({ timeout })
    if (status === 'default' || status === 'closed') throw errorOf(opened.status())
  }

  return {
    get flags() {
      return flags
    },
    start() {
      session.end()
      if (isOwn && flags.status().state === 'closed') flags = open()
      session = followFlags(flags, emit)
      const started = wait(flags)
      const { correct } = session
      afterSdk(
        started,
        () => correct('ready'),
        (error) => correct(error instanceof ProviderFatalError ? 'fatal' : 'failed'),
      )
      return started
    },
    reconcile() {
      const { correct } = session
      if (flags.status().version !== undefined) {
        queueMicrotask(() => correct('ready'))
        return undefined
      }
      const waited = wait(flags)
      // The SDK knows no fatal errors here.
      afterSdk(
        waited,
        () => correct('ready'),
        () => correct('failed'),
      )
      return waited
    },
    async close() {
      session.end()
      if (isOwn) await flags.close()
    },
  }
}

/** Checks that flags were given, not options. Code without types may give anything. */
function isFlags<F extends Flags, O>(source: F | O): source is F {
  return 'isEnabled' in Object(source)
}

/**
 * Emits provider events as the state of flags changes. `correct` starts the events: it compares the
 * state with the status that the OpenFeature SDK has set itself, and emits the difference.
 */
function followFlags(flags: Flags, emit: Emit) {
  let announced: Announced | undefined
  let isOver = false

  const announce = (now: Announced, status: FlagsStatus) => {
    if (announced === now) return
    announced = now
    const message = isOver ? 'The provider is closed.' : problemOf(status)
    if (now === 'ready') emit(ClientProviderEvents.Ready)
    else if (now === 'stale') emit(ClientProviderEvents.Stale, { message })
    else emit(ClientProviderEvents.Error, { message, errorCode: errorOf(status).code })
  }
  const follow = (status: FlagsStatus) => {
    if (announced === undefined) return
    if (status.version === undefined) announce(isFatal(status) ? 'fatal' : 'failed', status)
    else announce(status.state === 'live' && !isOver ? 'ready' : 'stale', status)
  }
  const leave = [
    flags.on('status', follow),
    flags.on('change', ({ flags: changed }) => {
      if (announced !== undefined)
        emit(ClientProviderEvents.ConfigurationChanged, { flagsChanged: [...changed] })
    }),
  ]
  return {
    end() {
      if (isOver) return
      isOver = true
      for (const off of leave) off()
      follow(flags.status())
    },
    correct(shown: Announced) {
      // A provider that was closed while it started announces nothing.
      if (isOver && announced === undefined) return
      announced = shown
      follow(flags.status())
    },
  }
}

/**
 * Calls back in the moment after the OpenFeature SDK has set the status for a promise of ours. The
 * SDK adds its handlers to the promise before this function does.
 */
function afterSdk(
  promise: Promise<void>,
  onReady: () => void,
  onError: (error: unknown) => void,
): void {
  queueMicrotask(() => promise.then(onReady, onError))
}

function errorOf(status: FlagsStatus): OpenFeatureError {
  return new (isFatal(status) ? ProviderFatalError : GeneralError)(problemOf(status))
}

function isFatal({ lastError }: FlagsStatus): boolean {
  return FATAL.test(lastError?.code ?? '')
}

function problemOf({ state, lastError }: FlagsStatus): string {
  if (state === 'closed') return 'The flags are closed.'
  if (lastError === undefined) return 'The server has not responded yet.'
  return `${lastError.code}: ${lastError.message} ${lastError.hint}`
}
