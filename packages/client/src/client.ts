import type {
  EvaluationContext,
  FlagOverride,
  JsonValue,
  Prepared,
  PrepareOptions,
  Ruleset,
} from '@flaghoist/core'
import { DEV, resolutionOf, SNAPSHOT_EPOCH } from '@flaghoist/core/internal'
import { createApiRequests } from './api-requests.ts'
import { createCircuits } from './circuits.ts'
import { startClient } from './client-lifecycle.ts'
import { sourceOf, sourceStatus } from './client-status.ts'
import { createConnection } from './connection.ts'
import { createEmitter } from './emitter.ts'
import { createFlagWarnings } from './flag-warnings.ts'
import type { Flags, FlagsStatus, ScopedFlags } from './flags.ts'
import type { ClientOptions, OptionErrors } from './options.ts'
import type { Platform } from './platform.ts'
import { createReader } from './reader.ts'
import { createReadiness } from './readiness.ts'
import { randomId } from './report-queue.ts'
import type { HeldVersion } from './report-sender.ts'
import { createReporter } from './reporter.ts'
import { createRulesetCache } from './ruleset-cache.ts'
import { createRulesetStore, type Origin } from './ruleset-store.ts'
import { type Binding, scopedFlags } from './scoped.ts'
import { createSleepClock } from './sleep.ts'
import { createWarnOnce, errorText } from './warn-once.ts'

const POLL_INTERVAL_MS = 5_000
const REPORTS_DROPPED =
  'Exposures or outcomes were dropped, because the server did not accept them. Evaluations are unaffected. Compare droppedExposures and droppedOutcomes in status().'

/** The flags of one key, with the operations that only SDKs need. */
export interface Client extends Flags {
  /** Returns the ruleset that evaluations use; undefined while there is none. */
  prepared(): Prepared | undefined
  /** Binds a context that the SDK replaces later, by assigning to the members of the binding. */
  bind(binding: Binding): ScopedFlags
  /** Emits `change` for the flags whose variants differ between two contexts. */
  compareContexts(before: EvaluationContext, after: EvaluationContext): void
  /** Evaluates from another ruleset until the server is heard. */
  bootstrap(ruleset: Ruleset): void
  /** Sets the only override of this client, or ends it. Meanwhile nothing is recorded. */
  override(next: FlagOverride | undefined): void
}

/**
 * Creates the flags of one key, over a platform. SDKs wrap it, and check the options before. All
 * operations are members of the object itself, so that they can be detached and spread.
 *
 * @param optionErrors the errors that `checkOptions` has found
 * @example
 * const flags = createClient({ url: 'https://flags.example.com', key: 'fh_server_…' }, platform)
 */
export function createClient(
  options: ClientOptions,
  given: Platform,
  { errors, problem }: OptionErrors = { errors: [] },
): Client {
  const platform = { ...given, elapsed: createSleepClock(given) }
  const warnings = createWarnOnce(platform)
  const { on, emit, clear } = createEmitter(warnOfListener(platform))
  const clientId = randomId(platform)
  const request = createApiRequests(options, platform.sdk, clientId)
  const rulesetCache = createRulesetCache(platform, warnings)
  const reporter = createReporter({
    platform,
    request,
    clientId,
    onDropped: () => warnings.warn('REPORTS_DROPPED', DEV && REPORTS_DROPPED),
    countsSplits: () => countsSplits(store.prepared?.ruleset),
  })
  const { recordExposure, recordOutcome } = reporter.recorder
  const circuits = createCircuits(platform, options.circuit)
  const readiness = createReadiness(platform)

  const emitChange = (flags: readonly string[]) => flags.length > 0 && emit('change', { flags })
  const prepareOptions: PrepareOptions = { now: () => platform.now() }
  const store = createRulesetStore(prepareOptions, (changedKeys, origin) => {
    if (origin === 'server') {
      const { ruleset } = store.prepared!
      rulesetCache.save(ruleset)
      reporter.confirm(versionOf(ruleset), store.confirmWithinMs)
    }
    emitChange(changedKeys())
  })
  /** Evaluates from a cached or given ruleset, unless a better one is held. */
  const preload = (origin: Origin, ruleset: ClientOptions['bootstrap']) => {
    try {
      if (ruleset) store.put(ruleset, origin)
    } catch (error) {
      warnings.warn(origin, DEV && `The ${origin} cannot be used`, error)
    }
  }
  const connection = createConnection({
    endpoint: { platform, store, request },
    pollIntervalMs: options.pollIntervalMs ?? POLL_INTERVAL_MS,
    problem,
    onAnswer: readiness.settle,
    onStatus() {
      const current = status()
      const { lastError } = current
      if (lastError) warnings.warn(lastError.code, `${lastError.message} ${lastError.hint}`)
      emit('status', current)
    },
  })
  const status = (): FlagsStatus => ({
    ...sourceStatus(connection.state(), store.prepared?.ruleset, options.url, platform.elapsed()),
    droppedExposures: reporter.dropped().exposures,
    droppedOutcomes: reporter.dropped().outcomes,
    openCircuits: circuits.open(),
    override: prepareOptions.override,
  })
  if (options.bootstrap !== null) preload('cache', rulesetCache.load())
  preload('bootstrap', options.bootstrap)
  const { flush, stop } = startClient({ platform, connection, reporter, rulesetCache })
  const close = async () => {
    const stopped = stop()
    readiness.settle()
    await stopped
    emit('status', status())
    clear()
  }

  for (const { message, hint } of errors) warnings.warn(message, `${message} ${hint}`)
  if (options.exposures === false || problem) reporter.recorder.stop()
  let closing: Promise<void> | undefined
  const flagWarnings = DEV ? createFlagWarnings(platform, options.key) : undefined
  const reader = createReader({ store, record: recordExposure, warnings: flagWarnings })
  const bind = (binding: Binding) =>
    scopedFlags({ reader, recordOutcome, circuits, warnings, elapsed: platform.elapsed }, binding)

  return {
    isEnabled: reader.isEnabled,
    value: (key, fallback, context) => reader.details(key, fallback as JsonValue, context).value,
    details: reader.details,
    for: (context) => bind({ context, lastExposed: new Map() }),
    bind,
    async ready(ready) {
      await readiness.wait(ready?.timeout, connection.state().hasAnswered || !!closing)
      const state = sourceOf(connection.state(), !!store.prepared, platform.elapsed())
      return { status: state === 'stale' ? 'cached' : state }
    },
    on,
    status,
    flush,
    close: () => (closing ??= close()),
    prepared: () => store.prepared,
    bootstrap(ruleset) {
      if (connection.state().heardAt === undefined) preload('bootstrap', ruleset)
    },
    override(next) {
      store.override(next)
      reporter.recorder.pause(!!next)
    },
    compareContexts: (before, after) => emitChange(differences(store.prepared, before, after)),
  }
}

function warnOfListener(platform: Platform) {
  return (error: unknown) =>
    platform.warn((DEV ? 'A listener failed' : 'LISTENER_FAILED') + errorText(error))
}

function versionOf({ epoch, version, hash }: Ruleset): HeldVersion {
  return { epoch, version, hash }
}

/** Servers that count outcomes of splits name the hash of their log. A snapshot has no log. */
function countsSplits({ hash, epoch }: Partial<Ruleset> = {}): boolean {
  return hash !== undefined || epoch === SNAPSHOT_EPOCH
}

/** Returns the keys of the flags whose variants differ between two contexts. */
function differences(
  prepared: Prepared | undefined,
  before: EvaluationContext,
  after: EvaluationContext,
): string[] {
  if (!prepared) return []
  const variantOf = (key: string, context: EvaluationContext) =>
    resolutionOf(prepared, key, context)?.variant
  return Object.keys(prepared.ruleset.flags).filter(
    (key) => variantOf(key, before) !== variantOf(key, after),
  )
}
