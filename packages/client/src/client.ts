import {
  detailsOf,
  type EvaluationContext,
  isFlaghoistError,
  type JsonValue,
  type ResolutionDetails,
  resolutionOf,
} from '@flaghoist/core'
import { Connection } from './connection.ts'
import { Emitter } from './emitter.ts'
import type {
  Flags,
  FlagsEvents,
  FlagsState,
  FlagsStatus,
  ReadyOptions,
  ScopedFlags,
} from './flags.ts'
import { RulesetHolder } from './holder.ts'
import type { ClientOptions } from './options.ts'
import type { Platform } from './platform.ts'
import { Reporter, randomText } from './reporter.ts'
import { createRequests } from './requests.ts'
import { Saver } from './saver.ts'
import { scopedFlags } from './scoped.ts'
import { createWarner, type Warner } from './warner.ts'

const READY_TIMEOUT_MS = 5_000
const POLL_INTERVAL_MS = 5_000
/** How long somebody who closes, or a process that ends, waits for a last report. */
const CLOSE_TIMEOUT_MS = 5_000
const EXIT_TIMEOUT_MS = 500
/** Timers of every platform take no more. */
const MOST_TIMEOUT_MS = 2 ** 31 - 1

type Readiness = Awaited<ReturnType<Flags['ready']>>

/** Makes the flags of one key, over a platform. SDKs wrap this; options are checked already. */
export function createClient(options: ClientOptions, platform: Platform): Flags {
  return new Client(options, platform)
}

/** What is asked of it are members of the object, not of a prototype: they can be taken off it, and spread. */
class Client implements Flags {
  readonly #platform: Platform
  readonly #holder: RulesetHolder
  readonly #connection: Connection
  readonly #reporter: Reporter
  readonly #saver: Saver
  readonly #events: Emitter
  readonly #troubles: Warner
  readonly #failingFlags: Warner
  readonly #forgetExit: () => void
  readonly #waiting = new Set<() => void>()
  #hasBeenLive = false
  #closing: Promise<void> | undefined

  constructor(options: ClientOptions, platform: Platform) {
    this.#platform = platform
    this.#troubles = createWarner(platform)
    this.#failingFlags = createWarner(platform)
    const clientId = randomText(platform)
    const request = createRequests(options, platform.sdk, clientId)
    this.#events = new Emitter((error) => platform.warn(`A listener failed: ${String(error)}`))
    this.#saver = new Saver(platform, this.#troubles)
    this.#holder = new RulesetHolder({ now: () => platform.now() }, (keys) => this.#changed(keys))
    const countsExposures = options.exposures ?? true
    this.#reporter = new Reporter({ platform, request, clientId, countsExposures })
    this.#connection = new Connection({
      endpoint: { platform, holder: this.#holder, request },
      pollIntervalMs: options.pollIntervalMs ?? POLL_INTERVAL_MS,
      onHeard: () => this.#heard(),
      onState: () => this.#stateChanged(),
    })
    this.#preload(options)
    this.#reporter.start()
    this.#connection.start()
    this.#forgetExit =
      platform.beforeExit?.(() => void this.#deliver(EXIT_TIMEOUT_MS)) ?? (() => {})
  }

  readonly isEnabled = (key: string, context?: EvaluationContext, fallback = false): boolean => {
    const prepared = this.#holder.prepared
    if (prepared === undefined) return fallback
    const resolution = resolutionOf(prepared, key, context)
    const answer = resolution?.boolean
    if (answer === undefined) {
      if (!this.#failingFlags.isTold(key)) this.details(key, fallback, context)
      return fallback
    }
    this.#reporter.count(resolution!)
    return answer
  }

  readonly value = (key: string, fallback: JsonValue, context?: EvaluationContext): never =>
    this.details(key, fallback, context).value

  readonly details = (
    key: string,
    fallback: JsonValue,
    context?: EvaluationContext,
  ): ResolutionDetails<never> => {
    const prepared = this.#holder.prepared
    if (prepared === undefined) return notReady(fallback)
    const resolution = resolutionOf(prepared, key, context)
    const details = detailsOf(prepared, key, resolution, fallback)
    if (details.errorCode === undefined) this.#reporter.count(resolution!)
    else this.#failingFlags.warn(key, `${details.errorMessage} The fallback is served.`)
    return details as ResolutionDetails<never> // `Flags` has the types.
  }

  readonly for = (context: EvaluationContext): ScopedFlags => scopedFlags(this as Flags, context)

  readonly ready = (options?: ReadyOptions): Promise<Readiness> =>
    new Promise((resolve) => {
      let cancel = () => {}
      const settle = () => {
        cancel()
        this.#waiting.delete(settle)
        resolve({ status: this.#readiness() })
      }
      if (this.#hasBeenLive || this.#closing !== undefined) return settle()
      this.#waiting.add(settle)
      cancel = this.#platform.schedule(timeoutOf(options), settle, true)
    })

  readonly on = <E extends keyof FlagsEvents>(
    event: E,
    listener: (event: FlagsEvents[E]) => void,
  ): (() => void) => this.#events.on(event, listener)

  readonly status = (): FlagsStatus => {
    const { transport, heardAt, lastError } = this.#connection
    const ruleset = this.#holder.prepared?.ruleset
    return {
      state: this.#state(),
      transport,
      project: ruleset?.project,
      scope: ruleset?.scope,
      version: ruleset?.version,
      epoch: ruleset?.epoch,
      ageMs: heardAt === undefined ? undefined : this.#platform.elapsed() - heardAt,
      lastError: isFlaghoistError(lastError)
        ? { code: lastError.code, message: lastError.message, hint: lastError.hint }
        : undefined,
      droppedExposures: this.#reporter.dropped,
    }
  }

  readonly close = (): Promise<void> => {
    this.#closing ??= this.#close()
    return this.#closing
  }

  async #close(): Promise<void> {
    this.#connection.stop()
    this.#reporter.stop()
    this.#forgetExit()
    for (const settle of this.#waiting) settle()
    await this.#deliver(CLOSE_TIMEOUT_MS)
    this.#events.emit('status', this.status())
    this.#events.clear()
  }

  /** Reports and saves what is waiting. Keeps the process alive meanwhile, but not for longer than `mostMs`. */
  #deliver(mostMs: number): Promise<void> {
    this.#reporter.collect()
    return new Promise((resolve) => {
      const cancel = this.#platform.schedule(mostMs, resolve, true)
      void Promise.all([this.#reporter.flush(), this.#saver.flush()]).then(() => {
        cancel()
        resolve()
      })
    })
  }

  /** What there is before the server has said anything: what an earlier process kept, or the bootstrap if it is newer. */
  #preload({ bootstrap }: ClientOptions): void {
    const take = (origin: 'bootstrap' | 'cache', ruleset: ClientOptions['bootstrap']) => {
      try {
        if (ruleset !== undefined) this.#holder.put(ruleset, origin)
      } catch (error) {
        this.#troubles.warn(origin, `The ${origin} cannot be used: ${String(error)}`)
      }
    }
    take('bootstrap', bootstrap)
    take('cache', this.#saver.load())
  }

  #changed(flags: readonly string[]): void {
    this.#reporter.collect()
    const { prepared, origin } = this.#holder
    if (origin === 'server') {
      const { ruleset } = prepared!
      this.#saver.save(ruleset)
      this.#reporter.confirm({ epoch: ruleset.epoch, version: ruleset.version })
    }
    if (flags.length > 0) this.#events.emit('change', { flags })
  }

  #heard(): void {
    this.#hasBeenLive = true
    for (const settle of this.#waiting) settle()
  }

  #stateChanged(): void {
    const status = this.status()
    const { lastError } = status
    if (lastError) this.#troubles.warn(lastError.code, `${lastError.message} ${lastError.hint}`)
    this.#events.emit('status', status)
  }

  #state(): FlagsState {
    if (this.#closing !== undefined) return 'closed'
    if (this.#holder.prepared === undefined) return 'default'
    if (this.#connection.transport !== 'none') return 'live'
    return this.#hasBeenLive ? 'stale' : 'cached'
  }

  #readiness(): Readiness['status'] {
    if (this.#state() === 'live') return 'live'
    return this.#holder.prepared === undefined ? 'default' : 'cached'
  }
}

function timeoutOf(options: ReadyOptions | undefined): number {
  const timeout: unknown = options?.timeout
  const isUsable = typeof timeout === 'number' && timeout >= 0
  return isUsable ? Math.min(timeout, MOST_TIMEOUT_MS) : READY_TIMEOUT_MS
}

function notReady(fallback: JsonValue): ResolutionDetails<never> {
  return {
    value: fallback as never,
    reason: 'ERROR',
    errorCode: 'PROVIDER_NOT_READY',
    errorMessage: 'No ruleset has come yet.',
    flagMetadata: {},
  }
}
