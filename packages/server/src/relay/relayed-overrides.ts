import { problemIn } from '@flaghoist/client/internal'
import { parseJson } from '@flaghoist/core/internal'
import { problem } from '../errors.ts'
import { GrantedOverride, type Overrides } from '../keys/overrides.ts'
import type { Targets } from '../rulesets/targets.ts'
import type { Relayed, Upstreams } from './upstreams.ts'

/** Limit of a response of the upstream. */
const TIMEOUT_MS = 10_000

/** The overrides of a relay: its upstream checks them. */
export function createRelayedOverrides(upstreams: Upstreams, targets: Targets): Overrides {
  return {
    async check({ principal, query, secret }) {
      const { source } = await targets.find(principal, query)
      const relayed = upstreams.find(source)!
      const { status, text } = await post(relayed, '/sdk/v1/override', { secret })
      const granted = GrantedOverride.safeParse(parseJson(text))
      if (status === 200 && granted.success) return granted.data
      // The problem is the upstream's, in its own words.
      throw (
        problemIn(text) ??
        problem('UPSTREAM_UNREACHABLE', { problem: `it responded with status ${status}` })
      )
    },
  }
}

/** Sends a request to the upstream, and reads the whole response. */
function post({ upstream }: Relayed, path: string, body: object) {
  const { platform, request } = upstream
  const { headers, ...rest } = request(path)
  const json = { ...headers, 'content-type': 'application/json' }
  return new Promise<{ status: number; text: string }>((resolve, reject) => {
    let status = 0
    let text = ''
    let abort = () => {}
    const fail = (reason: string) => reject(problem('UPSTREAM_UNREACHABLE', { problem: reason }))
    const cancel = platform.schedule(TIMEOUT_MS, () => {
      abort()
      fail(`it did not respond within ${TIMEOUT_MS / 1_000} s`)
    })
    abort = platform.request(
      { ...rest, method: 'POST', headers: json, body: JSON.stringify(body) },
      {
        onHead(code) {
          status = code
        },
        onText(piece) {
          text += piece
        },
        onEnd(error) {
          cancel()
          if (error === undefined) resolve({ status, text })
          else fail(error.message)
        },
      },
    )
  })
}
