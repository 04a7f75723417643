import {
  type EvaluationContext,
  evaluate,
  isFlaghoistError,
  type JsonValue,
  outcomeOf,
  type Prepared,
  type ResolutionDetails,
} from '@flaghoist/core'
import type { Timeouts } from './attempt.ts'
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
import type { HttpRequest, Platform } from './platform.ts'
import { Reporter } from './reporter.ts'
import { Saver } from './saver.ts'
import { scopedFlags } from './scoped.ts'

const TIMEOUTS: Timeouts = { firstFrameMs: 5_000, silenceMs: 20_000 }
const READY_TIMEOUT_MS = 5_000
const POLL_INTERVAL_MS = 5_000
/** A process that awaits `close` stays for as long as a last report can take. */
const CLOSE_TIMEOUT_MS = 15_000
/** So many causes are warned of once each; a program that asks for made-up flags must not fill a log. */
const MOST_WARNINGS = 100

/**
 * Makes the flags of one key, over a platform. SDKs wrap this; options are checked already.
 */
export function createClient(options: ClientOptions, platform: Platform): Flags {
  return new Client(options, platform)
}

class Client implements Flags {
  readonly #platform: Platform
  readonly #holder: RulesetHolder
  readonly #connection: Connection
  readonly #reporter: Reporter
  readonly #saver: Saver
  readonly #events: Emitter
  readonly #warned = new Set<string>()
  #isClosed = false
  #hasBeenLive = false
  #waiting: (() => void)[] = []

  constructor(options: ClientOptions, platform: Platform) {
    this.#platform = platform
    const clientId = randomId(platform)
    const request = (path: string) => requestOf(options, platform.sdk, clientId, path)
    this.#events = new Emitter((error) => platform.warn(`A listener threw: ${String(error)}`))
    this.#saver = new Saver(platform)
    this.#holder = new RulesetHolder({ now: () => platform.now() }, (keys, before) =>
      this.#changed(keys, before),
    )
    const countsExposures = options.exposures ?? true
    this.#reporter = new Reporter({ platform, request, clientId, countsExposures })
    this.#connection = new Connection({
      endpoint: { platform, holder: this.#holder, request, timeouts: TIMEOUTS },
      pollIntervalMs: options.pollIntervalMs ?? POLL_INTERVAL_MS,
      onHeard: () => this.#heard(),
      onState: () => this.#events.emit('status', this.status()),
    })
    this.#preload(options)
    this.#reporter.start(() => this.#holder.prepared)
    this.#connection.start()
  }

  isEnabled(key: string, context?: EvaluationContext, fallback = false): boolean {
    const prepared = this.#holder.prepared
    if (prepared === undefined) return fallback
    const outcome = outcomeOf(prepared, key, context)
    if (outcome?.boolean === undefined) {
      this.#explain(prepared, key, context, fallback)
      return fallback
    }
    outcome.count += 1
    return outcome.boolean
  }

  value(key: string, fallback: JsonValue, context?: EvaluationContext): never {
    return this.details(key, fallback, context).value as never // `Flags` has the types.
  }

  details(key: string, fallback: JsonValue, context?: EvaluationContext): ResolutionDetails<never> {
    const prepared = this.#holder.prepared
    if (prepared === undefined) return notReady(fallback)
    const details = evaluate(prepared, key, context, fallback)
    if (details.errorCode === undefined) outcomeOf(prepared, key, context)!.count += 1
    else this.#warnOnce(details)
    return details as ResolutionDetails<never>
  }

  for(context: EvaluationContext): ScopedFlags {
    return scopedFlags(this as Flags, context)
  }

  ready({
    timeout = READY_TIMEOUT_MS,
  }: ReadyOptions = {}): Promise<{ status: 'live' | 'cached' | 'default' }> {
    return new Promise((resolve) => {
      const settle = () => {
        cancel()
        const { state } = this.status()
        const isKnown = this.#holder.prepared !== undefined
        resolve({ status: state === 'live' ? 'live' : isKnown ? 'cached' : 'default' })
      }
      let cancel = () => {}
      if (this.#hasBeenLive || this.#isClosed) {
        settle()
        return
      }
      cancel = this.#platform.schedule(timeout, settle, true)
      this.#waiting.push(settle)
    })
  }

  on<E extends keyof FlagsEvents>(event: E, listener: (event: FlagsEvents[E]) => void): () => void {
    return this.#events.on(event, listener)
  }

  status(): FlagsStatus {
    const { transport, heardAt, lastError } = this.#connection
    const ruleset = this.#holder.prepared?.ruleset
    return {
      state: this.#state(),
      transport,
      version: ruleset?.version,
      epoch: ruleset?.epoch,
      ageMs: heardAt === undefined ? undefined : this.#platform.elapsed() - heardAt,
      lastError: isFlaghoistError(lastError)
        ? { code: lastError.code, message: lastError.message, hint: lastError.hint }
        : undefined,
      droppedExposures: this.#reporter.dropped,
    }
  }

  async close(): Promise<void> {
    if (this.#isClosed) return
    this.#isClosed = true
    this.#connection.stop()
    this.#reporter.stop()
    for (const settle of this.#waiting.splice(0)) settle()
    this.#reporter.collect(this.#holder.prepared)
    const release = this.#platform.schedule(CLOSE_TIMEOUT_MS, () => {}, true)
    await Promise.all([this.#reporter.flush(), this.#saver.flush()])
    release()
    this.#events.emit('status', this.status())
    this.#events.clear()
  }

  /** What there is before the server has said anything: what an earlier process kept, or the bootstrap if it is newer. */
  #preload({ bootstrap }: ClientOptions): void {
    const cached = this.#saver.load()
    for (const [origin, ruleset] of [
      ['bootstrap', bootstrap],
      ['cache', cached],
    ] as const)
      try {
        if (ruleset !== undefined) this.#holder.put(ruleset, origin)
      } catch (error) {
        this.#platform.warn(`The ${origin} cannot be used: ${String(error)}`)
      }
  }

  #changed(flags: readonly string[], before: Prepared | undefined): void {
    this.#reporter.collect(before)
    const { prepared, origin } = this.#holder
    if (origin === 'server') {
      this.#saver.save(prepared!.ruleset)
      this.#reporter.confirm({ epoch: prepared!.ruleset.epoch, version: prepared!.ruleset.version })
    }
    if (flags.length > 0) this.#events.emit('change', { flags })
  }

  #heard(): void {
    this.#hasBeenLive = true
    for (const settle of this.#waiting.splice(0)) settle()
  }

  #state(): FlagsState {
    if (this.#isClosed) return 'closed'
    if (this.#holder.prepared === undefined) return 'default'
    if (this.#connection.transport !== 'none') return 'live'
    return this.#hasBeenLive ? 'stale' : 'cached'
  }

  #explain(
    prepared: Prepared,
    key: string,
    context: EvaluationContext | undefined,
    fallback: boolean,
  ): void {
    if (this.#warned.size < MOST_WARNINGS)
      this.#warnOnce(evaluate(prepared, key, context, fallback))
  }

  #warnOnce({ errorMessage }: { readonly errorMessage?: string }): void {
    if (errorMessage === undefined || this.#warned.has(errorMessage)) return
    if (this.#warned.size >= MOST_WARNINGS) return
    this.#warned.add(errorMessage)
    this.#platform.warn(`${errorMessage} The fallback is served.`)
  }
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

function requestOf(
  { url, key, environment, instance }: ClientOptions,
  sdk: string,
  clientId: string,
  path: string,
): HttpRequest {
  const scope = [
    environment === undefined ? '' : `scope=${environment}`,
    instance === undefined ? '' : `instance=${instance}`,
  ]
  const [route, query = ''] = path.split('?')
  const search = [...scope, query].filter(Boolean).join('&')
  return {
    method: 'GET',
    url: url.replace(/\/+$/, '') + route + (search === '' ? '' : `?${search}`),
    headers: { authorization: `Bearer ${key}`, 'flaghoist-sdk': sdk, 'flaghoist-sdk-id': clientId },
  }
}

function randomId({ random }: Platform): string {
  return Array.from({ length: 4 }, () =>
    Math.floor(random() * 2 ** 32)
      .toString(16)
      .padStart(8, '0'),
  ).join('')
}
