import { assembleHub, assemblePropagation } from './assemble-streams.ts'
import type { Config } from './config.ts'
import { createClientAddress } from './http/client-address.ts'
import { createRequestLimits } from './http/limits.ts'
import { createReportQuota, quotaLimits } from './ingest/report-quota.ts'
import { createConfirmer } from './relay/confirmer.ts'
import { openCopies } from './relay/copies.ts'
import { createForwarder, type Forwarder } from './relay/forwarder.ts'
import { observeRelay } from './relay/observe-relay.ts'
import { observeSdks } from './relay/observe-sdks.ts'
import { createRelayKeys, type RelayKeys } from './relay/relay-keys.ts'
import { createRelayedIntake } from './relay/relayed-intake.ts'
import { createRelayedOverrides } from './relay/relayed-overrides.ts'
import { createRelayedRulesets } from './relay/relayed-rulesets.ts'
import { createRelayedTargets } from './relay/relayed-targets.ts'
import { openReportQueue, type ReportQueue } from './relay/report-queue.ts'
import { createUpstreams, keyIdOf, type Upstreams } from './relay/upstreams.ts'
import type { SdkServices } from './services.ts'
import { createFreeSpace, type FreeSpace, freeBytesOf } from './stores/free-space.ts'
import { createLog } from './telemetry/log.ts'
import { observeIngest } from './telemetry/observe-ingest.ts'
import { createTelemetry } from './telemetry/telemetry.ts'
import type { Clocks } from './time.ts'
import { reportTo, warnOfExcess } from './warnings.ts'

/** The settings of a relay. */
export type RelayConfig = Config & { readonly upstream: string }

/** The services behind the routes of a relay. */
export interface RelayServices extends SdkServices {
  readonly config: RelayConfig
  readonly upstreams: Upstreams
  readonly queue: ReportQueue
  readonly forwarder: Forwarder
  readonly freeSpace: FreeSpace
}

const EXCESS_HINT = 'Raise FLAGHOIST_CLIENT_EVENTS or FLAGHOIST_SERVER_EVENTS of the relay.'

/**
 * Assembles the services of a relay, and opens a connection for each key.
 * @throws {FlaghoistError} if the data folder cannot be used
 */
export function assembleRelay(config: RelayConfig): RelayServices {
  const clocks = { now: Date.now, elapsed: () => performance.now() }
  const { elapsed } = clocks
  const telemetry = createTelemetry()
  const log = createLog(config.logLevel)
  const warn = (message: string) => log.warn(message)
  const propagation = observeSdks(assemblePropagation(clocks, telemetry), (source) =>
    confirmer.wake(source),
  )
  const onListenerError = reportTo(log, 'A listener of keys failed.')
  const queue = openReportQueue(config.dataDir, { maxBytes: config.upstreamQueueBytes })
  const refusalOf = (keyId: string) => upstreams.refusalOf(keyId)
  const keys = createRelayKeys(config.upstreamKeys, refusalOf, onListenerError)
  const onUpdateError = reportTo(log, 'A ruleset could not be published.')
  const rulesets = createRelayedRulesets((source) => upstreams.find(source), onUpdateError)
  const upstreams = createUpstreams({
    url: config.upstream,
    keys,
    copies: openCopies(config.dataDir, config.upstream, keys.all),
    isWatched: rulesets.isWatched,
    warn,
    onUpdate(source, update) {
      const { project, version } = update.published.ruleset
      const target = upstreams.find(source)?.target
      if (target !== undefined && update.patch === undefined) propagation.forgetVersions(target)
      // Before the streams: a confirmation must not arrive before the version that it confirms.
      propagation.committed(project, version)
      rulesets.publish(source, update)
      confirmer.wake(source)
    },
    onLive(source) {
      confirmer.renew(source)
      // A key may vouch for the others from now on.
      if (upstreams.find(source)?.isOfKey)
        for (const other of upstreams.list()) confirmer.wake(other.source)
    },
    onRefused: keys.revoke,
  })
  const confirmer = createConfirmer({
    find: upstreams.find,
    summaryOf: propagation.summary,
    voucherOf: upstreams.voucherOf,
  })
  const targets = createRelayedTargets(upstreams, keys)
  const hub = assembleHub({ config, rulesets, targets, keys, propagation, elapsed })
  const addressOf = createClientAddress({ header: config.clientAddressHeader, warn })
  const limits = createRequestLimits({ limit: config.rateLimit, addressOf, elapsed })
  const reporting = assembleReporting({ config, queue, upstreams, log, telemetry, ...clocks })
  const { forwarder } = reporting
  const overrides = createRelayedOverrides(upstreams, targets)
  observeRelay({ telemetry, upstreams, queue, forwarder })
  for (const key of keys.all) upstreams.open(key, {})
  discardUnsendable({ queue, keys, log })
  for (const source of queue.sources()) forwarder.wake(source)
  const ofSdks = { targets, keys, rulesets, propagation, hub, overrides }
  const ofRequests = { limits, addressOf, telemetry, log }
  return { config, upstreams, queue, ...reporting, ...ofSdks, ...ofRequests, ...clocks }
}

/** Assembles the parts that receive the reports of clients and forward them. */
function assembleReporting(
  parts: Pick<RelayServices, 'config' | 'queue' | 'upstreams' | 'log' | 'telemetry' | keyof Clocks>,
) {
  const { config, queue, upstreams, log, telemetry, ...clocks } = parts
  const freeSpace = createFreeSpace({
    freeBytes: () => freeBytesOf(config.dataDir),
    minBytes: config.minFreeBytes,
    elapsed: clocks.elapsed,
    warn: (message) => log.warn(message),
  })
  const forwarder = createForwarder(
    queue,
    upstreams.reopen,
    reportTo(log, 'Reports could not be forwarded; the relay retries them.'),
  )
  const quota = createReportQuota({
    limits: quotaLimits(config),
    clocks,
    onExceeded: (excess) => warnOfExcess(log, excess, EXCESS_HINT),
  })
  const intake = createRelayedIntake({ config, queue, forwarder, quota, freeSpace, ...clocks })
  const add = observeIngest(intake.add, telemetry, clocks.elapsed)
  return { freeSpace, forwarder, intake: { ...intake, add } }
}

/** Drops the reports of keys that are not in the settings any more: nothing could send them. */
function discardUnsendable({
  queue,
  keys,
  log,
}: Pick<RelayServices, 'queue' | 'log'> & { readonly keys: RelayKeys }): void {
  for (const source of queue.sources()) {
    const keyId = keyIdOf(source)
    if (keys.byId(keyId) !== undefined) continue
    const events = queue.discard(source)
    log.warn(
      { key: keyId, events },
      `${events} exposures and outcomes were dropped, because FLAGHOIST_UPSTREAM_KEYS lacks their key ${keyId}.`,
    )
  }
}
