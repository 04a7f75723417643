import { type ApiRequests, createReportSender } from '@flaghoist/client/internal'
import { getOrSet } from '../get-or-set.ts'
import { RELAY_KEY_HEADER } from '../ingest/relay-vouchers.ts'
import type { RulesetTarget } from '../rulesets/rulesets.ts'
import type { RelayedSdks } from '../streams/relayed-sdks.ts'
import type { Relayed } from './upstreams.ts'

/** Confirms to the upstream the versions that the SDKs behind the relay hold. */
export interface Confirmer {
  /** Plans a confirmation of a connection, because its SDKs or its version have changed. */
  wake(source: string): void
  /** Confirms again to an upstream that may have restarted. */
  renew(source: string): void
}

/** Time in which the first confirmations of a change arrive, ms. */
const COLLECT_MS = 10
/** Least time between two confirmations of a connection, ms. */
const PACE_MS = 100

/** The confirmations of one connection: one request or one timer at a time. */
interface Lane {
  isBusy: boolean
  /** Something has changed since the last confirmation. */
  isDue: boolean
  /** Monotonic ms. */
  sentAt: number
  /** Sums that the upstream knows, as text. */
  known: string
}

export interface ConfirmerParts {
  readonly find: (source: string) => Relayed | undefined
  /** Sums up the SDKs of a target. */
  readonly summaryOf: (target: RulesetTarget) => RelayedSdks
  /** Returns the secret of a server key that a confirmation with a client key needs to count. */
  readonly voucherOf: (relayed: Relayed) => string | undefined
}

export function createConfirmer({ find, summaryOf, voucherOf }: ConfirmerParts): Confirmer {
  const lanes = new Map<string, Lane>()

  const plan = (source: string, lane: Lane, ms: number) => {
    lane.isBusy = true
    setTimeout(() => {
      lane.isBusy = false
      if (lane.isDue) send(source, lane)
    }, ms).unref()
  }
  const send = (source: string, lane: Lane) => {
    const relayed = find(source)
    if (relayed?.target === undefined) return
    const { upstream, target } = relayed
    const voucher = voucherOf(relayed)
    const { epoch, version, hash } = upstream.published!.ruleset
    lane.isDue = false
    const report = { held: { epoch, version, hash }, relayed: summaryOf(target) }
    const text = JSON.stringify([report.held, sumsOf(report.relayed), voucher])
    if (text === lane.known) return
    lane.isBusy = true
    lane.sentAt = performance.now()
    const request = vouchedRequests(upstream.request, voucher)
    const sendReport = createReportSender(upstream.platform, request, upstream.id)
    sendReport(report, ({ kind, waitMs }) => {
      const isDeferred = kind === 'deferred'
      if (!isDeferred) lane.known = text
      lane.isDue ||= isDeferred
      plan(source, lane, isDeferred ? waitMs : PACE_MS)
    })
  }

  const laneOf = (source: string) => getOrSet(lanes, source, newLane)
  const wake = (source: string) => {
    const lane = laneOf(source)
    lane.isDue = true
    const paceMs = lane.sentAt + PACE_MS - performance.now()
    if (!lane.isBusy) plan(source, lane, Math.max(COLLECT_MS, paceMs))
  }
  return {
    wake,
    renew(source) {
      laneOf(source).known = ''
      wake(source)
    },
  }
}

function newLane(): Lane {
  return { isBusy: false, isDue: false, sentAt: -PACE_MS, known: '' }
}

/** Adds the secret of a server key to requests. */
function vouchedRequests(request: ApiRequests, voucher: string | undefined): ApiRequests {
  if (voucher === undefined) return request
  return (path, query) => {
    const { headers, ...rest } = request(path, query)
    return { ...rest, headers: { ...headers, [RELAY_KEY_HEADER]: voucher } }
  }
}

/** Returns the sums without the ages, which change all the time. */
function sumsOf({ connected, held }: RelayedSdks) {
  return [connected, held.map(({ version, sdks }) => [version, sdks])]
}
