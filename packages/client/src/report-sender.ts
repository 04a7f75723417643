import { parseJson } from '@flaghoist/core/internal'
import type { HttpRequest, Platform } from './platform.ts'
import type { Samples } from './recorder.ts'
import { atLeast, retryAfterMs } from './retry.ts'

/** The version that a client holds. */
export interface HeldVersion {
  readonly epoch: string
  readonly version: number
  /** Absent without one in the ruleset. */
  readonly hash?: string | undefined
  /** Time for which the client has held it, ms; only for servers that send a hash. */
  readonly ageMs?: number | undefined
}

/** The body of one request to `/sdk/v1/events`: a confirmation, a batch, or both. */
export interface Report {
  readonly held?: HeldVersion | undefined
  readonly batch?: SentBatch | undefined
  /** The SDKs behind a relay, which count in its place. */
  readonly relayed?: object | undefined
}

/** A batch of items. The batch of a relay has the items of many clients. */
export interface SentBatch {
  readonly id: string
  readonly exposures: readonly object[]
  readonly outcomes: readonly object[]
}

/** The server's response to a report, or the lack of one. */
export interface ReportResult {
  /** `deferred`: a later try may work. */
  readonly kind: 'accepted' | 'rejected' | 'deferred'
  /** Time until a deferred report may be sent again, ms. */
  readonly waitMs: number
  /** The server wants no other report before then. */
  readonly isUnwanted: boolean
}

/** Sends one report; calls back once, with the samples that the server wants if it names any. */
export type SendReport = (
  report: Report,
  onResult: (result: ReportResult, samples: Samples | undefined) => void,
) => void

const REQUEST_TIMEOUT_MS = 10_000
const RETRY_MS = 10_000
/** Mean wait after a refused key, which only a person can replace. */
const KEY_REFUSED_WAIT_MS = 60_000

export function createReportSender(
  platform: Platform,
  request: (path: string) => HttpRequest,
  clientId: string,
): SendReport {
  const sdk = { id: clientId, name: platform.sdk }
  return (report, onResult) => {
    const { headers, url } = request('/sdk/v1/events')
    let status = 0
    let retryMs = 0
    let body = ''
    let abort = () => {}
    const end = () => {
      cancel()
      abort()
      onResult(resultOf(status, retryMs, platform), samplesIn(body))
    }
    const cancel = platform.schedule(REQUEST_TIMEOUT_MS, end)
    abort = platform.request(
      {
        method: 'POST',
        url,
        headers: { ...headers, 'content-type': 'application/json' },
        body: JSON.stringify({ sdk, sentAt: platform.now(), ...report }),
      },
      {
        onHead(code, header) {
          status = code
          retryMs = retryAfterMs(header, platform.now())
        },
        onText(text) {
          body += text
        },
        onEnd: end,
      },
    )
  }
}

/** @param status 0 if there was no response */
function resultOf(status: number, retryMs: number, { random }: Platform): ReportResult {
  const isRefused = [401, 403, 404].includes(status)
  const isUnwanted = isRefused || status === 429
  const isRejected = status >= 400 && status < 500 && !isUnwanted && status !== 408
  const isAccepted = status >= 200 && status < 300
  const ms = (isRefused ? KEY_REFUSED_WAIT_MS : RETRY_MS) * (0.5 + random())
  return {
    kind: isAccepted ? 'accepted' : isRejected ? 'rejected' : 'deferred',
    waitMs: atLeast(retryMs, ms),
    isUnwanted,
  }
}

/** Returns the samples in a response, which may be cut off or come from a proxy. */
function samplesIn(body: string): Samples | undefined {
  return (parseJson(body) as { readonly samples?: Samples } | null | undefined)?.samples
}
