import type { Requests } from '../requests.ts'
import { FLAGS } from '../targets.ts'
import { BACKEND, FRONTEND, JSON_TYPE } from './tokens.ts'

/** The requests of SDKs to Unleash, or to an Edge of it. */
export function sdkRequests(url: string): Requests {
  const toggles = Object.fromEntries(FLAGS.map((flag) => [flag, { yes: 1, no: 0 }]))
  const bucket = { start: '2026-11-26T08:00:00Z', stop: '2026-11-26T08:01:00Z', toggles }
  return {
    evaluateAll: [
      {
        method: 'GET',
        url: `${url}/api/frontend?userId=user-1&properties%5Bplan%5D=pro`,
        headers: FRONTEND,
        status: 200,
      },
    ],
    ruleset: [{ method: 'GET', url: `${url}/api/client/features`, headers: BACKEND, status: 200 }],
    report: [
      {
        method: 'POST',
        url: `${url}/api/client/metrics`,
        headers: { ...BACKEND, ...JSON_TYPE },
        body: JSON.stringify({ appName: 'k6', instanceId: 'k6', bucket }),
        status: 202,
      },
    ],
  }
}
