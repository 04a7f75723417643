import {
  DEV,
  detailsOf,
  type EvaluationContext,
  type FlaghoistError,
  isFlaghoistError,
  type JsonValue,
  type Prepared,
  type ResolutionDetails,
  type Ruleset,
  resolutionOf,
} from '@flaghoist/core'
import { createCircuits } from './circuits.ts'
import { createConnection } from './connection.ts'
import { createEmitter } from './emitter.ts'
import type { Exposed } from './exposures.ts'
import type { Flags, FlagsState, FlagsStatus, ScopedFlags } from './flags.ts'
import type { ClientOptions } from './options.ts'
import type { HttpRequest, Platform } from './platform.ts'
import { createReporter, randomText } from './reporter.ts'
import { createRulesetCache } from './ruleset-cache.ts'
import type { Endpoint } from './ruleset-request.ts'
import { createRulesetStore, type Origin } from './ruleset-store.ts'
import { type Reader, scopedFlags } from './scoped.ts'
import { createWarnOnce, errorText } from './warn-once.ts'

const READY_TIMEOUT_MS = 5_000
const POLL_INTERVAL_MS = 5_000
/** How long somebody who closes, or a process that ends, waits for a last report. */
const CLOSE_TIMEOUT_MS = 5_000
const EXIT_TIMEOUT_MS = 500
/** Timers of every platform take no more. */
const MAX_TIMEOUT_MS = 2 ** 31 - 1

/** The flags of one key, and what only an SDK needs of them. */
export interface Client extends Flags {
  /** The ruleset that answers, ready to be asked. */
  prepared(): Prepared | undefined
  /** Tells listeners which flags answer another context differently. */
  tellMoved(from: EvaluationContext, to: EvaluationContext): void
  /** Answers from another ruleset until the server is heard. */
  bootstrap(ruleset: Ruleset): void
  /** @param exposed what the context was exposed to already; it is kept up */
  for(context: EvaluationContext, exposed?: Exposed): ScopedFlags
}

/**
 * Makes the flags of one key, over a platform. SDKs wrap this; options are checked already. What is asked of them are members
 * of the object, not of a prototype: they can be taken off it, and spread.
 */
// biome-ignore lint/complexity/noExcessiveLinesPerFunction: a factory; each of its functions is short.
export function createClient(options: ClientOptions, platform: Platform): Client {
  const warnings = createWarnOnce(platform)
  const failingFlags = createWarnOnce(platform)
  const { on, emit, clear } = createEmitter((error) =>
    platform.warn(`A listener failed${errorText(error)}`),
  )
  const clientId = randomText(platform)
  const request = requestsOf(options, platform.sdk, clientId)
  const rulesetCache = createRulesetCache(platform, warnings)
  const reporter = createReporter({ platform, request, clientId })
  const { recordExposure, recordOutcome } = reporter.exposures
  const circuits = createCircuits(() => platform.elapsed(), options.circuit)
  const waiting = new Set<() => void>()
  let reports = options.exposures ?? true
  let hasBeenLive = false
  /** The server has said no, and will for a while. */
  let isRefused = false
  let closing: Promise<void> | undefined

  const store = createRulesetStore({ now: () => platform.now() }, (flags, origin) => {
    if (origin === 'server') {
      const { ruleset } = store.prepared!
      rulesetCache.save(ruleset)
      reporter.confirm({ epoch: ruleset.epoch, version: ruleset.version })
    }
    if (flags.length > 0) emit('change', { flags })
  })
  const endpoint: Endpoint = { platform, store, request }
  const connection = createConnection({
    endpoint,
    pollIntervalMs: options.pollIntervalMs ?? POLL_INTERVAL_MS,
    onHeard() {
      hasBeenLive = true
      isRefused = false
      for (const settle of waiting) settle()
    },
    onRefused() {
      isRefused = true
      for (const settle of waiting) settle()
    },
    onState() {
      const now = status()
      const { lastError } = now
      if (lastError) warnings.warn(lastError.code, `${lastError.message} ${lastError.hint}`)
      emit('status', now)
    },
  })

  const reader: Reader = {
    isEnabled(key, context, fallback = false, exposed) {
      const { prepared } = store
      if (prepared === undefined) return fallback
      const resolution = resolutionOf(prepared, key, context)
      const answer = resolution?.boolean
      if (answer === undefined) {
        if (DEV && !failingFlags.hasWarned(key)) reader.details(key, fallback, context)
        return fallback
      }
      if (reports) recordExposure(resolution!, context, exposed)
      return answer
    },
    details(key, fallback, context, exposed) {
      const { prepared } = store
      if (prepared === undefined) return notReady(fallback)
      const resolution = resolutionOf(prepared, key, context)
      const details = detailsOf(prepared, key, resolution, fallback)
      if (details.errorCode === undefined) {
        if (reports) recordExposure(resolution!, context, exposed)
      } else if (DEV) {
        const isHidden =
          details.errorCode === 'FLAG_NOT_FOUND' && options.key.startsWith('fh_client_')
        const hint = isHidden ? ' Client keys see flags that are clientVisible.' : ''
        failingFlags.warn(key, `${details.errorMessage} The fallback is served.${hint}`)
      }
      return details as ResolutionDetails<never, never> // `Flags` has the types.
    },
  }
  const parts = { reader, recordOutcome, circuits, warnings }

  const state = (): FlagsState => {
    if (closing !== undefined) return 'closed'
    if (store.prepared === undefined) return 'default'
    if (connection.transport !== 'none') return 'live'
    return hasBeenLive ? 'stale' : 'cached'
  }
  /** Where texts are left out, a hint is a page of the server. */
  const hintOf = ({ hint }: FlaghoistError) => (DEV ? hint : options.url + hint)
  const status = (): FlagsStatus => {
    const { transport, heardAt, lastError } = connection
    const ruleset = store.prepared?.ruleset
    return {
      state: state(),
      transport,
      project: ruleset?.project,
      scope: ruleset?.scope,
      version: ruleset?.version,
      epoch: ruleset?.epoch,
      ageMs: heardAt === undefined ? undefined : platform.elapsed() - heardAt,
      lastError: isFlaghoistError(lastError)
        ? { code: lastError.code, message: lastError.message, hint: hintOf(lastError) }
        : undefined,
      droppedExposures: reporter.dropped,
      openCircuits: circuits.open(),
    }
  }

  /** Reports and saves what is waiting. Keeps the process alive meanwhile, but not for longer than `maxMs`. */
  const deliver = (maxMs: number, isLast?: boolean) =>
    new Promise<void>((resolve) => {
      const cancel = platform.schedule(maxMs, resolve, true)
      void Promise.all([reporter.flush(isLast), rulesetCache.flush()]).then(() => {
        cancel()
        resolve()
      })
    })
  const close = async () => {
    connection.stop()
    forgetActivity?.()
    forgetExit?.()
    for (const settle of waiting) settle()
    reports = false
    reporter.stop()
    await deliver(CLOSE_TIMEOUT_MS)
    emit('status', status())
    clear()
  }

  // What there is before the server has said anything: what an earlier process kept, or the bootstrap if it is newer.
  const preload = (origin: Origin, ruleset: ClientOptions['bootstrap']) => {
    try {
      if (ruleset) store.put(ruleset, origin)
    } catch (error) {
      warnings.warn(origin, `The ${origin} cannot be used`, error)
    }
  }
  if (options.bootstrap !== null) preload('cache', rulesetCache.load())
  preload('bootstrap', options.bootstrap)
  let isActive = true
  const follow = () => (isActive ? connection.start() : connection.stop())
  const forgetActivity = platform.onActivity?.((now) => {
    isActive = now
    follow()
  })
  follow()
  let toldOnExit: number | undefined
  const forgetExit = platform.beforeExit?.((isLast) => {
    const total = reporter.exposures.total()
    // A process that is about to end again, and has nothing new to tell, ends.
    if (isLast || total !== toldOnExit) void deliver(EXIT_TIMEOUT_MS, isLast)
    toldOnExit = total
  })

  return {
    isEnabled: reader.isEnabled,
    value: (key, fallback, context) => reader.details(key, fallback as JsonValue, context).value,
    details: (key, fallback, context) => reader.details(key, fallback as JsonValue, context),
    for: (context, exposed) => scopedFlags(parts, context, exposed),
    ready: (ready) =>
      new Promise((resolve) => {
        let cancel = () => {}
        const settle = () => {
          cancel()
          waiting.delete(settle)
          const now = state()
          resolve({ status: now === 'live' ? now : store.prepared ? 'cached' : 'default' })
        }
        if (hasBeenLive || isRefused || closing !== undefined) return settle()
        waiting.add(settle)
        cancel = platform.schedule(timeoutOf(ready?.timeout), settle, true)
      }),
    on,
    status,
    close: () => (closing ??= close()),
    prepared: () => store.prepared,
    bootstrap(ruleset) {
      if (!hasBeenLive) preload('bootstrap', ruleset)
    },
    tellMoved(from, to) {
      const { prepared } = store
      if (prepared === undefined) return
      const flags = [...prepared.flags.keys()].filter(
        (key) =>
          resolutionOf(prepared, key, from)?.variant !== resolutionOf(prepared, key, to)?.variant,
      )
      if (flags.length > 0) emit('change', { flags })
    },
  }
}

/** Makes the requests of one client: to its server, with its key and scope. */
function requestsOf(
  { url, key, environment, instance }: ClientOptions,
  sdk: string,
  clientId: string,
): (path: string, query?: string) => HttpRequest {
  const headers = {
    authorization: `Bearer ${key}`,
    'flaghoist-sdk': sdk,
    'flaghoist-sdk-id': clientId,
  }
  const scope = [environment && `scope=${environment}`, instance && `instance=${instance}`]
  return (path, query) => {
    const search = [...scope, query].filter(Boolean).join('&')
    return {
      method: 'GET',
      url: url.replace(/\/+$/, '') + path + (search && `?${search}`),
      headers,
    }
  }
}

function timeoutOf(timeout: unknown): number {
  const isUsable = typeof timeout === 'number' && timeout >= 0
  return isUsable ? Math.min(timeout, MAX_TIMEOUT_MS) : READY_TIMEOUT_MS
}

function notReady(fallback: JsonValue): ResolutionDetails<never, never> {
  return {
    value: fallback as never,
    reason: 'ERROR',
    errorCode: 'PROVIDER_NOT_READY',
    errorMessage: 'No ruleset has come yet.',
    flagMetadata: {},
  }
}
