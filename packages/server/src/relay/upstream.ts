import type { Platform } from '@flaghoist/client'
import {
  type ApiRequests,
  type ConnectionState,
  createApiRequests,
  createConnection,
  createSleepClock,
  type Endpoint,
  errorOf,
  randomId,
  requestRuleset,
  transportOf,
  watchSleep,
} from '@flaghoist/client/internal'
import { type FlaghoistError, prepare, type Ruleset } from '@flaghoist/core'
import { type FileCache, nodePlatform } from '@flaghoist/node/internal'
import { getOrSet } from '../get-or-set.ts'
import type { PublishedRuleset, RulesetUpdate } from '../rulesets/rulesets.ts'
import { VERSION } from '../version.ts'
import type { Lineage } from './lineage.ts'
import { parsingInTurns } from './parsing-in-turns.ts'
import { createReceivedRulesets, type ReceivedRulesets } from './received-rulesets.ts'
import { createRefusals, failureOf, type Refusals } from './refusals.ts'
import { createRulesetCopy } from './ruleset-copy.ts'

export interface UpstreamOptions {
  readonly url: string
  readonly key: string
  /** `scope` and `instance` of the query; undefined for the scope of the key. */
  readonly scope?: string | undefined
  readonly instance?: string | undefined
  /** File of the copy of the last valid ruleset. */
  readonly file: FileCache | undefined
  /** Refusal before the start, which holds if the upstream cannot be reached. */
  readonly lastRefusal: FlaghoistError | undefined
  /** Logs a warning. */
  readonly warn: (message: string) => void
  /** Called for each version, in order. */
  readonly onUpdate: (update: RulesetUpdate) => void
  /** Called when the upstream refuses the key or the scope. */
  readonly onRefused: (refusal: FlaghoistError) => void
  /**
   * Called when the upstream serves both again.
   * @param save writes the copy on the disk again, after it was removed
   */
  readonly onAdmitted: (save: () => Promise<void>) => void
  /** Called when the upstream is heard again. */
  readonly onLive: () => void
}

/** The state of a connection. */
export interface UpstreamStatus {
  readonly state: 'live' | 'stale' | 'refused'
  /** Time since the upstream was heard, ms; undefined before the first time. */
  readonly ageMs: number | undefined
  /** Reason why nothing is received. */
  readonly problem: string | undefined
}

/** The connection of a relay to its upstream, for one key and one scope. */
export interface Upstream {
  readonly platform: Platform
  /** Random id by which the upstream knows this connection. */
  readonly id: string
  /** Builds the requests of this connection. */
  readonly request: ApiRequests
  /** The newest ruleset, from the upstream or the disk. */
  readonly published: PublishedRuleset | undefined
  readonly lineage: Lineage
  /** The upstream's refusal of the key or the scope, until it serves both again. */
  readonly refusal: FlaghoistError | undefined
  status(): UpstreamStatus
  /**
   * Resolves once a ruleset is held, or an attempt to receive one has failed.
   * @param limitMs time after which it resolves in any case, ms
   */
  settled(limitMs: number): Promise<void>
  /**
   * Requests a ruleset that is not older than a cursor. Resolves with false without a response, and
   * while too many others are requested. A ruleset that is still older after a response shows that
   * the upstream lacks the cursor.
   */
  catchUp(cursor: string): Promise<boolean>
  /** Asks the upstream at once whether it still serves the key and the scope. */
  check(): void
  /** Resolves once the copy on the disk is written. */
  flush(): Promise<void>
  /** Closes the connection. Resolves once the copy on the disk is written. */
  close(): Promise<void>
}

/** Limit of the response that a client which is ahead waits for. */
const CATCH_UP_MS = 2_000
/** Polls of clients that are ahead: a stranger can name any number of cursors. */
const MAX_CATCH_UPS = 3
const POLL_INTERVAL_MS = 5_000

/** Opens a connection with the machinery of the SDKs. It starts from the copy on the disk. */
export function openUpstream(options: UpstreamOptions): Upstream {
  const platform = relayPlatform(options)
  const id = randomId(platform)
  const { url, key, scope: environment, instance } = options
  const request = createApiRequests({ url, key, environment, instance }, platform.sdk, id)
  let isClosed = false
  const copy = createRulesetCopy(options.file, options.warn)
  const received = createReceivedRulesets(copy, (update) => {
    // Another connection may have the name of a closed one.
    if (!isClosed) options.onUpdate(update)
  })
  const { store, compare } = received
  const endpoint = { platform: parsingInTurns(platform, compare), store, request }
  const refusals = followRefusals(options, received)
  const settling = createSettling(platform, () => isSettled(received.published, connection.state()))
  const statusNow = () => statusOf(connection.state(), refusals.current(), platform.elapsed())
  const connection = createConnection({
    endpoint,
    pollIntervalMs: POLL_INTERVAL_MS,
    onAnswer() {
      refusals.follow(connection.state())
      settling.check()
    },
    onStatus() {
      refusals.follow(connection.state())
      const { state, problem } = statusNow()
      if (state === 'live') options.onLive()
      if (problem) options.warn(`The connection to the upstream is ${state}: ${problem}`)
      settling.check()
    },
  })
  const loaded = received.load().then(settling.check)
  // The copy precedes, because a request names its version.
  const start = () => void loaded.then(connection.start)
  start()
  const endWatch = watchSleep(platform, connection.wake)

  return {
    platform,
    id,
    request,
    lineage: received.lineage,
    get published() {
      return received.published
    },
    get refusal() {
      return refusals.current()
    },
    status: statusNow,
    settled: settling.settled,
    catchUp: createCatchUp(endpoint),
    check: start,
    flush: copy.flush,
    async close() {
      isClosed = true
      connection.close()
      endWatch()
      await copy.flush()
    },
  }
}

function followRefusals(
  { lastRefusal, onRefused, onAdmitted }: UpstreamOptions,
  { save }: ReceivedRulesets,
): Refusals {
  return createRefusals({ last: lastRefusal, onRefused, onAdmitted: () => onAdmitted(save) })
}

function relayPlatform({ warn }: UpstreamOptions): Platform {
  const platform = nodePlatform(undefined)
  const elapsed = createSleepClock(platform)
  return { ...platform, elapsed, warn, sdk: `@flaghoist/relay/${VERSION}` }
}

/** Returns whether a ruleset is held, or an attempt to receive one has failed. */
function isSettled(published: PublishedRuleset | undefined, state: ConnectionState): boolean {
  return published !== undefined || state.phase === 'refused' || failureOf(state) !== undefined
}

function statusOf(
  connection: ConnectionState,
  refusal: FlaghoistError | undefined,
  now: number,
): UpstreamStatus {
  const isLive = transportOf(connection, now) !== 'none'
  const { heardAt } = connection
  return {
    state: refusal ? 'refused' : isLive ? 'live' : 'stale',
    ageMs: heardAt === undefined ? undefined : now - heardAt,
    problem: refusal?.message ?? (isLive ? undefined : errorOf(connection)?.message),
  }
}

/** Callers that wait for something, but not for long. */
function createSettling({ schedule }: Platform, isOver: () => boolean) {
  let waiting: (() => void)[] = []
  const check = () => {
    if (!isOver()) return
    for (const resolve of waiting) resolve()
    waiting = []
  }
  const settled = async (limitMs: number) => {
    if (isOver()) return
    await new Promise<void>((resolve) => {
      waiting.push(resolve)
      schedule(limitMs, resolve)
    })
  }
  return { check, settled }
}

function createCatchUp(endpoint: Endpoint): Upstream['catchUp'] {
  const catchingUp = new Map<string, ReturnType<typeof pollOnce>>()
  return async (cursor) => {
    if (!catchingUp.has(cursor) && catchingUp.size >= MAX_CATCH_UPS) return false
    // Clients that move from another relay come in crowds.
    return getOrSet(catchingUp, cursor, () =>
      pollOnce(endpoint, cursor).finally(() => catchingUp.delete(cursor)),
    )
  }
}

/**
 * Polls once for a ruleset that is not older than a cursor, and puts it if it is later than the
 * held one. Resolves with false if none has arrived in time.
 */
function pollOnce({ platform, request, store }: Endpoint, since: string): Promise<boolean> {
  let hasResponse = false
  const put = (ruleset: Ruleset) => {
    prepare(ruleset) // Throws for a value that is not a ruleset.
    hasResponse = true
    const held = store.prepared?.ruleset
    const isLater = held?.epoch === ruleset.epoch && held.version < ruleset.version
    return !isLater || store.put(ruleset)
  }
  return new Promise((resolve) => {
    const end = () => {
      cancelTimer()
      cancelRequest()
      resolve(hasResponse)
    }
    const cancelTimer = platform.schedule(CATCH_UP_MS, end)
    const cancelRequest = requestRuleset(
      { platform, request, store: { ...store, put } },
      'poll',
      { since },
      { onHeard: () => undefined, onEnd: end },
    )
  })
}
