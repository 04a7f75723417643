import { check } from 'k6'
import exec from 'k6/execution'
import http from 'k6/http'
import type { Kind, Request, Requests } from '../requests.ts'

const REQUESTS = JSON.parse(__ENV.REQUESTS ?? '{}') as Requests

/** Duration of a scenario, s. */
export const SECONDS = Number(__ENV.SECONDS ?? 10)

/** A failed check fails the run. */
export const THRESHOLDS = { checks: ['rate==1'] }

/** Options of a script whose users send one request after the other. */
export const STEADY = {
  scenarios: {
    steady: { exec: 'run', executor: 'constant-vus', vus: 16, duration: `${SECONDS}s` },
  },
  thresholds: THRESHOLDS,
}

/** Returns the duration of a part of the scenario. */
export function partOf(share: number): string {
  return `${Math.round(SECONDS * share * 1_000)}ms`
}

/** The ETag that this virtual user has received last. */
let held: string | undefined

/** Fetches the ruleset as SDKs do: nine of ten requests have the ETag of the held ruleset. */
export function fetchRuleset(): void {
  const i = exec.scenario.iterationInTest
  const request = nextOf('ruleset')
  const condition = held === undefined || i % 10 === 0 ? {} : { 'if-none-match': held }
  const response = deliver(request, { ...request.headers, ...condition })
  held = response.headers.Etag ?? held
  check(response, { ruleset: ({ status }) => status === 200 || status === 304 })
}

/** Sends the next request of a kind, and checks its status. */
export function send(kind: Kind): void {
  const request = nextOf(kind)
  const response = deliver(request, request.headers)
  check(response, { [kind]: ({ status }) => status === request.status })
}

function nextOf(kind: Kind): Request {
  const all = REQUESTS[kind]!
  return all[exec.scenario.iterationInTest % all.length]!
}

function deliver({ method, url, body }: Request, headers: Request['headers']) {
  // Each report has an id of its own, because a server counts a repetition once.
  const id = `${Date.now()}-${exec.scenario.iterationInTest}`
  const text = body?.replace('{id}', id) ?? null
  return http.request(method, url, text, { headers, responseType: 'none' })
}
